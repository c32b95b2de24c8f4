"""rbonn_hw/ownership.py: nothing is overwritten that rbonn did not make, and no input."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rbonn_hw.errors import ConfigError
from rbonn_hw.ownership import MARKER, Claim, check_file, check_place, differences


def claim(folder: Path, *inputs: Path) -> Claim:
    return Claim(folder, "compile", ("rtl", "compile.json"), inputs=inputs)


def test_what_was_recorded_may_be_written_again_and_the_rest_not(tmp_path: Path) -> None:
    claim(tmp_path).record()
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "a.sv").touch()
    claim(tmp_path).check()
    (tmp_path / "synth").mkdir()
    with pytest.raises(ConfigError, match=r"synth is a folder of 0 entries that `rbonn synth` did not make"):
        Claim(tmp_path, "synth", ("synth",)).check()


@pytest.mark.parametrize("marker", [None, "", "{", "[]", '{"made": 3}', '{"made": {"rtl": 1}}', "\xff"])
def test_a_folder_without_a_good_marker_is_its_users(marker: str | None, tmp_path: Path) -> None:
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "mine.sv").touch()
    if marker is not None:
        (tmp_path / MARKER).write_text(marker, encoding="latin-1")
    with pytest.raises(ConfigError, match="rtl is a folder of 1 entries"):
        claim(tmp_path).record()


def test_a_name_that_is_gone_is_ours_no_longer(tmp_path: Path) -> None:
    claim(tmp_path).record()  # and then nothing was written
    Claim(tmp_path, "synth", ("synth",)).record()
    (tmp_path / "rtl").mkdir()
    with pytest.raises(ConfigError, match="rtl"):
        claim(tmp_path).check()


def test_a_link_is_not_ours(tmp_path: Path) -> None:
    claim(tmp_path).record()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "rtl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="a link"):
        claim(tmp_path).check()


def test_a_build_of_a_version_without_markers_is_ours(tmp_path: Path) -> None:
    (tmp_path / "rtl").mkdir()
    (tmp_path / "compile.json").write_text('{"key": "1", "top": "accelerator", "nodes": []}')
    Claim(tmp_path, "synth", ("synth",)).record()
    (tmp_path / "synth").mkdir()
    claim(tmp_path).record()
    Claim(tmp_path, "synth", ("synth",)).check()
    (tmp_path / "report.json").touch()  # since there is a marker that lists compile.json, this is its user's
    with pytest.raises(ConfigError, match=r"report\.json"):
        Claim(tmp_path, "report", ("report.json",)).check()


@pytest.mark.parametrize("name", ["rtl/net.onnx", "rtl", "compile.json", "rtl/deep/er.onnx"])
def test_an_input_is_not_overwritten(name: str, tmp_path: Path) -> None:
    claim(tmp_path).record()
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    with pytest.raises(ConfigError, match="is read"):
        claim(tmp_path, path).check()
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(ConfigError, match="is read"):
        claim(tmp_path, tmp_path / "link").check()
    claim(tmp_path, tmp_path / "export" / "net.onnx").check()


def test_places_that_are_nobodys_build_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "file").touch()
    for folder, said in ((tmp_path, "home"), (Path("/"), "root"), (tmp_path / "file", r"file; .*file\.d")):
        with pytest.raises(ConfigError, match=said):
            check_place(folder)
    for name in ('a"b', "a\\b", "a\nb"):
        with pytest.raises(ConfigError, match="use a folder without"):
            check_place(tmp_path / name)
    check_place(tmp_path / "[new] :b: 'q' $x #% größe 卷;&")


def test_a_single_file_is_overwritten_by_its_maker_alone(tmp_path: Path) -> None:
    path = tmp_path / "out.zip"
    check_file(path, "package", is_ours=False)
    path.touch()
    check_file(path, "package", is_ours=True)
    with pytest.raises(ConfigError, match="a file of 0 bytes that `rbonn package` did not make"):
        check_file(path, "package", is_ours=False)
    with pytest.raises(ConfigError, match="is read"):
        check_file(path, "package", is_ours=True, inputs=[None, tmp_path / "x" / ".." / "out.zip"])
    with pytest.raises(ConfigError, match="is a folder"):
        check_file(tmp_path, "package", is_ours=True)


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda rtl: None, ((), (), ())),
        (lambda rtl: (rtl / "a.sv").unlink(), (("rtl/a.sv",), (), ())),
        (lambda rtl: (rtl / "a.sv").write_text("mine"), ((), ("rtl/a.sv",), ())),
        (lambda rtl: (rtl / "b.sv").touch(), ((), (), ("rtl/b.sv",))),
    ],
)
def test_changes_since_the_seal(
    act: Callable[[Path], object], expected: tuple[tuple[str, ...], ...], tmp_path: Path
) -> None:
    claim(tmp_path).record()
    assert differences(tmp_path) == differences(tmp_path / "absent")
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "a.sv").write_text("ours")
    claim(tmp_path).seal()
    act(tmp_path / "rtl")
    found = differences(tmp_path)
    assert (found.missing, found.changed, found.strange) == expected
