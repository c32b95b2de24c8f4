"""rbonn compile: the target or share that is asked for, and exit code 1 where it is not met."""

import json
from pathlib import Path

import pytest

from rbonn_hw.cli import main
from tests.networks import binary_mlp


def test_a_target_that_is_not_met_is_exit_code_1_with_a_complete_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network, out = binary_mlp(tmp_path / "m.onnx", inputs=40, hidden=3), tmp_path / "out"
    folding = tmp_path / "folding.json"
    folding.write_text('{"fc0_mvau": {"PE": 1, "SIMD": 4}}')
    command = ["compile", str(network), "--out", str(out), "--folding", str(folding), "--target-cycles", "29"]

    for _ in range(2):  # also when nothing has changed
        assert main(command) == 1
        captured = capsys.readouterr()
        assert "target of 29 cycles per frame is not met: fc0_mvau takes 30" in captured.err
        assert "30 cycles per frame, target 29" in " ".join(captured.out.split())
        assert (out / "rtl").is_dir()
    assert main([*command, "--allow-misfit"]) == 0
    assert "allowed: 30 cycles per frame where 29 were asked for" in capsys.readouterr().out
    assert main([*command[:-1], "30"]) == 0


def test_a_network_larger_than_its_part_is_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = binary_mlp(tmp_path / "m.onnx", inputs=512, hidden=256)
    command = ["compile", str(network), "--out", str(tmp_path / "out"), "--part", "xc7z010clg400-1"]

    assert main([*command, "--target-cycles", "1"]) == 1

    captured = capsys.readouterr()
    assert "estimated to be larger than xc7z010clg400-1: LUT" in captured.err
    assert "of the part" in captured.out
    assert main(command) == 0


def test_fit_is_as_quick_as_the_share_allows(tmp_path: Path) -> None:
    network = binary_mlp(tmp_path / "m.onnx", inputs=64, hidden=48)
    cycles = {}
    for share in ("0.045", "0.2"):
        out = tmp_path / share
        assert main(["compile", str(network), "--out", str(out), "--fit", share]) == 0
        document = json.loads((out / "compile.json").read_text())
        assert max(document["summary"]["share"].values()) <= float(share)
        assert document["summary"]["allowed_share"] == float(share)
        solver = document["solver"]
        assert (solver["wish"], solver["share"]) == ("quickest within a share", float(share))
        assert solver["wall_seconds"] > 0
        spent = document["processor_seconds"]
        assert list(spent) == ["loading FINN", "lowering", "inference and folding", "RTL"]
        assert all(spent[step] > 0 for step in ("lowering", "inference and folding", "RTL"))
        assert document["origin"]["solver.wall_seconds"] == "measured"
        cycles[share] = document["estimated_ii_cycles"]
    assert cycles["0.2"] < cycles["0.045"]


def test_fit_that_nothing_fits_into_is_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network, out = binary_mlp(tmp_path / "m.onnx"), tmp_path / "out"
    assert main(["compile", str(network), "--out", str(out), "--fit", "0.02"]) == 1
    said = capsys.readouterr().err
    assert "larger than 2% of xc7z020clg400-1: LUT" in said
    assert "most LUT: fc" in said
    assert "no folding is smaller" in said


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--fit", "1.5"], "fit=1.5 must be above 0 and at most 1"),
        (["--fit", "0"], "fit=0.0 must be above 0"),
        (["--fit", "most"], "'most' is no share of the part"),
        (["--fit", "0.5", "--target-cycles", "9"], "not allowed with argument --fit"),
    ],
)
def test_shares_that_are_none(
    options: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compile", str(binary_mlp(tmp_path / "m.onnx")), "--out", str(tmp_path / "out"), *options]
    try:
        code = main(command)
    except SystemExit as end:
        code = int(str(end.code))
    assert code == 2
    assert expected in capsys.readouterr().err
