"""rbonn compile: what it writes, and how it refuses."""

import json
from pathlib import Path

import onnx
import pytest

from rbonn_hw.cli import main
from tests.networks import binary_mlp, float_mlp, with_activation


def refuse(network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """Compile, expect exit code 2 and no build folder content; return the message."""
    out = tmp_path / "out"
    code = main(["compile", str(network), "--out", str(out), *options])
    captured = capsys.readouterr()
    assert code == 2
    assert "Traceback" not in captured.err
    assert not (out / "compile.json").exists()
    assert not (out / "rtl").exists()
    return captured.err


def test_writes_a_whole_build_folder_and_a_rerun_is_idle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network, out = binary_mlp(tmp_path / "mlp.onnx"), tmp_path / "out"

    assert main(["compile", str(network), "--out", str(out), "--target-cycles", "40"]) == 0

    names = {path.name for path in out.iterdir()}
    assert {
        "reference.onnx",
        "head.onnx",
        "lowered.onnx",
        "tail.onnx",
        "finn.onnx",
        "folding.json",
        "rtl",
    } < names
    document = json.loads((out / "compile.json").read_text())
    assert document["estimated_ii_cycles"] <= 40
    assert document["part"] == "xc7z020clg400-1"
    stamp = (out / "compile.json").stat().st_mtime_ns
    capsys.readouterr()
    assert main(["compile", str(network), "--out", str(out), "--target-cycles", "40"]) == 0
    assert "nothing changed" in capsys.readouterr().out
    assert (out / "compile.json").stat().st_mtime_ns == stamp


@pytest.mark.parametrize(("name", "what"), [("none.onnx", "does not exist"), ("", "is a folder")])
def test_nothing_is_done_with_a_file_that_is_not_there(
    name: str, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compile", str(tmp_path / name), "--out", str(tmp_path / "out")]) == 2

    said = capsys.readouterr()
    assert f"{tmp_path / name} {what}; give the path of a QONNX file" in said.err
    assert not said.out
    assert not (tmp_path / "out").exists()


def test_folding_file_and_clock_are_the_users(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network, out, folding = binary_mlp(tmp_path / "mlp.onnx"), tmp_path / "out", tmp_path / "folding.json"
    folding.write_text('{"fc0_mvau": {"PE": 4, "SIMD": 6}}')
    arguments = ["compile", str(network), "--out", str(out), "--folding", str(folding)]

    assert main([*arguments, "--clock-mhz", "125"]) == 0

    document = json.loads((out / "compile.json").read_text())
    cycles = document["estimated_ii_cycles"]
    both = f"{1.25e8 / cycles:,.0f} frames/s ({1e8 / cycles:,.0f} at 100 MHz), latency"
    assert both in capsys.readouterr().out
    nodes = {node["name"]: node for node in document["nodes"]}
    assert (nodes["fc0_mvau"]["pe"], nodes["fc0_mvau"]["simd"]) == (4, 6)


def test_file_that_is_not_onnx(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "picture.onnx"
    path.write_bytes(b"\x89PNG not a network")
    assert "picture.onnx" in refuse(path, tmp_path, capsys)


def test_absent_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "absent.onnx" in refuse(tmp_path / "absent.onnx", tmp_path, capsys)


def test_output_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    out.write_text("precious")
    assert main(["compile", str(binary_mlp(tmp_path / "m.onnx")), "--out", str(out)]) == 2
    assert str(out) in capsys.readouterr().err
    assert out.read_text() == "precious"


def test_float_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "fc0" in refuse(float_mlp(tmp_path / "float.onnx"), tmp_path, capsys)


def test_operator_nobody_can_lower_is_named_with_its_node(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refuse(with_activation(tmp_path / "n.onnx", "Softmax", axis=1), tmp_path, capsys)
    assert "strange0" in message
    assert "Softmax" in message


def test_channel_that_is_not_monotone_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refuse(with_activation(tmp_path / "n.onnx", "PRelu"), tmp_path, capsys)
    assert "channel 2" in message
    assert "quant1" in message or "strange0" in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"fc0_mvau": {"PE": 3}}', "try one of [1, 2, 4, 8]"),
        ('{"fc9": {"PE": 1}}', "fc0_mvau"),
        ('{"fc0_mvau": {"PEE": 1}}', "PEE"),
        ("not json", "expected JSON"),
        ("[1]", "object of objects"),
        ("[" * 100_000, "expected JSON"),
        *(
            (f'{{"fc0_mvau": {{"PE": {value}}}}}', "PE of fc0_mvau is")
            for value in ('"4"', "2.5", "null", "[1]", "1e30", "NaN", "true", "1" + "0" * 30, "-1")
        ),
        ('{"fc0_mvau": {"PE": 0}}', "try one of [1, 2, 4, 8]"),
        ('{"fc0_mvau": {"exec_mode": "x"}}', "must be one of"),
    ],
)
def test_bad_folding(content: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folding = tmp_path / "folding.json"
    folding.write_text(content)
    assert expected in refuse(binary_mlp(tmp_path / "m.onnx"), tmp_path, capsys, "--folding", str(folding))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--part", "xc7z02"), "did you mean"),
        (("--clock-mhz", "0"), "1 .. 1000"),
        (("--target-fps", "-1"), "must lie in 0.001 .. 1e9"),
        (("--target-cycles", "0"), "at least 1"),
    ],
)
def test_bad_options(
    options: tuple[str, ...], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert expected in refuse(binary_mlp(tmp_path / "m.onnx"), tmp_path, capsys, *options)


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["compile", "--help"])
    assert "example:" in capsys.readouterr().out


def test_label_select_names_what_stands_behind_the_scores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = onnx.load(binary_mlp(tmp_path / "n.onnx"))
    model.graph.node[-1].output[0] = "scores"
    model.graph.node.append(onnx.helper.make_node("Relu", ["scores"], ["y"], name="last_relu"))
    onnx.save(model, tmp_path / "n.onnx")
    said = refuse(tmp_path / "n.onnx", tmp_path, capsys, "--label-select")
    assert "behind it stands last_relu (Relu); compile without --label-select" in said


def test_a_path_is_printed_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "[bold] [/x] :b: 'q' größe 卷积"
    network = binary_mlp(tmp_path / "[red]m.onnx")
    for said in ("layers", "nothing changed"):
        assert main(["compile", str(network), "--out", str(out)]) == 0
        printed = capsys.readouterr().out
        assert f"{out}: " in printed
        assert said in printed
    network.write_bytes(b"none")
    assert main(["compile", str(network), "--out", str(out)]) == 2
    assert "[red]m.onnx" in capsys.readouterr().err
