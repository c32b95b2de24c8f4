"""rbonn export: what it writes and says, and exit code 2 without anything half-written."""

from pathlib import Path

import numpy as np
import pytest
import torch

from rbonn_hw import results
from rbonn_hw.cli import main
from rbonn_hw.export import qonnx_file
from rbonn_hw.models import storage, stored_frames
from rbonn_hw.models.network import build
from rbonn_hw.models.zoo import DIGITS
from rbonn_hw.train import data


def test_export_and_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = build(DIGITS, seed=0)
    net(torch.zeros(2, *DIGITS.frame))
    storage.save_network(tmp_path / "train", net)
    frames = np.zeros((3, *DIGITS.frame), dtype=np.uint8)
    results.write_arrays(tmp_path / "train" / stored_frames.FILE, frames=frames, labels=np.arange(3))
    command = ["export", str(tmp_path / "train"), "--out", str(tmp_path / "out")]

    assert main(command) == 0
    first = capsys.readouterr().out
    assert main(command) == 0
    second = capsys.readouterr().out

    assert "in PyTorch on 3 test frames" in first
    assert all(name in first for name in qonnx_file.FILES)
    assert "already exported" in second


def test_packed_file_is_exported_with_the_data_set_it_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storage.save_network(tmp_path / "train", build(DIGITS, seed=0), dataset="digits")
    file = tmp_path / "digits.safetensors"

    assert main(["pack", str(tmp_path / "train"), "--out", str(file)]) == 0
    packed = capsys.readouterr().out
    assert main(["export", str(file), "--out", str(tmp_path / "some"), "--frames", "20"]) == 0
    some = capsys.readouterr().out
    assert main(["export", str(file), "--out", str(tmp_path / "none"), "--frames", "none"]) == 0
    none = capsys.readouterr().out

    assert f"digits.safetensors: {file.stat().st_size:,} bytes, of " in packed.replace("\n", "")
    assert file.stat().st_size < (tmp_path / "train" / storage.MODEL_FILE).stat().st_size / 8
    assert "in PyTorch on 20 test frames" in some
    expected = data.load("digits").test
    golden = np.load(tmp_path / "some" / qonnx_file.GOLDEN_FILE)
    np.testing.assert_array_equal(golden["labels"], expected.labels[:20])
    assert "no golden vectors" in none


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "--frames", "many"], "--frames 'many' must be all, none or a positive number"),
        (["export", "--frames", "0"], "--frames '0' must be all, none or a positive number"),
        (["export"], "names no data set; add --frames none"),
        (["pack"], "must end in .safetensors; try"),
    ],
)
def test_bad_options_are_exit_code_2(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storage.save_network(tmp_path / "train", build(DIGITS, seed=0))
    verb, *options = arguments

    assert main([verb, str(tmp_path / "train"), "--out", str(tmp_path / "out"), *options]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


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
