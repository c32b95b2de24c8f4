"""rbonn export: what it writes and says, and exit code 2 without anything half-written."""

from pathlib import Path

import numpy as np
import pytest
import torch

from rbonn_hw import results
from rbonn_hw.cli import main
from rbonn_hw.export import qonnx_file
from rbonn_hw.models import storage
from rbonn_hw.models.network import build
from rbonn_hw.models.zoo import DIGITS


def test_export_and_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = build(DIGITS, seed=0)
    net(torch.zeros(2, *DIGITS.frame))
    storage.save_network(tmp_path / "train", net)
    frames = np.zeros((3, *DIGITS.frame), dtype=np.uint8)
    results.write_arrays(tmp_path / "train" / storage.TEST_FILE, frames=frames, labels=np.arange(3))
    command = ["export", str(tmp_path / "train"), "--out", str(tmp_path / "out")]

    assert main(command) == 0
    first = capsys.readouterr().out
    assert main(command) == 0
    second = capsys.readouterr().out

    assert "in PyTorch on 3 test frames" in first
    assert all(name in first for name in qonnx_file.FILES)
    assert "already exported" in second


def test_unfinished_training_is_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["export", str(tmp_path / "none"), "--out", str(tmp_path / "out")])

    assert code == 2
    assert "does not exist; run `rbonn train" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["export", "--help"])

    assert stop.value.code == 0
    assert "rbonn export build/demo/train --out build/demo/export" in capsys.readouterr().out
