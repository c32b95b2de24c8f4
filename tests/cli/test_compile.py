"""rbonn compile: what it writes, and how it refuses."""

import json
import resource
import threading
from pathlib import Path

import onnx
import pytest

from rbonn_hw.at_work import at_work
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


def test_bad_input_leaves_a_good_build_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad, out = binary_mlp(tmp_path / "m.onnx"), float_mlp(tmp_path / "f.onnx"), tmp_path / "out"
    assert main(["compile", str(good), "--out", str(out)]) == 0
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}

    assert main(["compile", str(bad), "--out", str(out)]) == 2

    after = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    assert after == before
    assert "fc0" in capsys.readouterr().err


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


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def test_what_its_user_made_is_neither_removed_nor_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, out = binary_mlp(tmp_path / "m.onnx"), tmp_path / "out"
    mine = out / "rtl" / "mine.sv"
    mine.parent.mkdir(parents=True)
    mine.write_text("module mine; endmodule")
    assert main(["compile", str(network), "--out", str(out)]) == 2
    assert f"{mine.parent} is a folder of 1 entries" in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == ["rtl"]

    (out / "rtl").rename(out / "finn")
    inside = binary_mlp(out / "finn" / "net.onnx")
    assert main(["compile", str(inside), "--out", str(out)]) == 2
    assert inside.is_file()

    monkeypatch.chdir(out)
    with pytest.raises(SystemExit) as stop:
        main(["compile", str(network), "--out", ""])
    assert stop.value.code == 2
    assert [path.name for path in out.iterdir()] == ["finn"]


def test_a_build_that_was_changed_is_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    network, out = binary_mlp(tmp_path / "m.onnx"), tmp_path / "out"
    words = ["compile", str(network), "--out", str(out)]
    assert main(words) == 0
    text = (out / "rtl" / "accelerator.v").read_text()
    assert str(out / "rtl" / "accelerator.v") in (out / "rtl" / "all_verilog_srcs.txt").read_text()
    assert b".rbonn-draft" not in (out / "finn.onnx").read_bytes()

    (out / "rtl" / "accelerator.v").unlink()
    assert main(words) == 0
    assert "accelerator.v is gone: compiling again" in caplog.text
    assert (out / "rtl" / "accelerator.v").read_text() == text

    (out / "rtl" / "accelerator.v").write_text("mine")
    assert main(words) == 2
    assert "accelerator.v was changed since rbonn wrote it" in capsys.readouterr().err
    assert (out / "rtl" / "accelerator.v").read_text() == "mine"
    (out / "rtl" / "bench.sv").touch()
    assert main([*words, "--force"]) == 2
    assert "bench.sv: rbonn did not write it" in capsys.readouterr().err
    (out / "rtl" / "bench.sv").unlink()
    assert main([*words, "--force"]) == 0
    assert (out / "rtl" / "accelerator.v").read_text() == text
    assert hidden(out) == [".rbonn.json"]


def test_an_edited_folding_file_stays_as_it_was_edited(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network, out = binary_mlp(tmp_path / "m.onnx"), tmp_path / "out"
    words = ["compile", str(network), "--out", str(out)]
    assert main(words) == 0
    edited = '{"fc0_mvau": {"PE": 4}}'
    (out / "folding.json").write_text(edited)
    assert main(words) == 2
    assert "give it with --folding" in capsys.readouterr().err
    given = [*words, "--folding", str(out / "folding.json")]
    assert main(given) == 0
    assert (out / "folding.json").read_text() == edited
    capsys.readouterr()
    assert main(given) == 0
    assert "nothing changed" in capsys.readouterr().out


def test_nothing_is_lost_when_the_disk_is_full(tmp_path: Path) -> None:
    network, out = binary_mlp(tmp_path / "m.onnx"), tmp_path / "out"
    assert main(["compile", str(network), "--out", str(out)]) == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, limits[1]))  # some files fit, others do not
        assert main(["compile", str(network), "--out", str(out), "--force"]) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_two_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network, out = binary_mlp(tmp_path / "m.onnx"), tmp_path / "out"
    said: list[tuple[int, str]] = []

    def second() -> None:
        said.append((main(["simulate", str(out)]), capsys.readouterr().err))

    with at_work(out, "compile"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert said[0][0] == 2
    assert "at work there" in said[0][1]
    assert main(["compile", str(network), "--out", str(out)]) == 0


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
