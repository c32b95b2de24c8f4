"""rbonn compile: what lies in the build folder already, its own and its user's."""

import threading
from pathlib import Path

import pytest

from rbonn_hw.at_work import at_work
from rbonn_hw.cli import main
from tests.full_disk import files_of_at_most
from tests.networks import binary_mlp, float_mlp


def test_bad_input_leaves_a_good_build_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad, out = binary_mlp(tmp_path / "m.onnx"), float_mlp(tmp_path / "f.onnx"), tmp_path / "out"
    assert main(["compile", str(good), "--out", str(out)]) == 0
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}

    assert main(["compile", str(bad), "--out", str(out)]) == 2

    after = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    assert after == before
    assert "fc0" in capsys.readouterr().err


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
    with files_of_at_most(3000):  # some files fit, others do not
        assert main(["compile", str(network), "--out", str(out), "--force"]) == 2
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
