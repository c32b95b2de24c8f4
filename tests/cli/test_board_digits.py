"""The digits network of the demo, briefly trained, on the virtual PYNQ-Z2."""

from pathlib import Path

import pytest

from rbonn_hw.api.virtual_board import run_virtual
from rbonn_hw.cli import main
from rbonn_hw.host import Package

RECIPE = Path(__file__).resolve().parents[2] / "build_flows" / "demo_digits.json"
FRAMES = 24


@pytest.mark.slow
@pytest.mark.verilator
def test_self_test_of_the_digits_network_passes(tmp_path: Path) -> None:
    train, export, build = tmp_path / "train", tmp_path / "export", tmp_path / "build"
    for arguments in (
        ["train", "--recipe", str(RECIPE), "--epochs", "2", "--out", str(train)],
        ["export", str(train), "--out", str(export)],
        ["compile", str(export / "model.qonnx.onnx"), "--out", str(build), "--target-cycles", "1200"],
        [
            "package",
            str(build),
            "--data",
            str(export / "golden.npz"),
            "--frames",
            str(FRAMES),
            "--out",
            str(tmp_path / "digits.zip"),
        ],
    ):
        assert main(arguments) == 0

    report = run_virtual(Package.open(tmp_path / "digits.zip"))

    assert report["frames"] == FRAMES
    assert report["cycles"] == report["expected_cycles"]
