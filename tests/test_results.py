"""rbonn_hw.results: result files are whole, and say where their figures come from."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rbonn_hw.errors import ConfigError, ToolError
from rbonn_hw.results import fingerprint, make_folder, read_former, read_result, write_result, write_text


def test_round_trip_keeps_values_and_origin(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.json"

    write_result(path, {"ii_cycles": 3, "accuracy": {"rtl": 0.5}}, {"accuracy.rtl": "simulated"})

    assert read_result(path, "x") == {
        "ii_cycles": 3,
        "accuracy": {"rtl": 0.5},
        "origin": {"accuracy.rtl": "simulated"},
    }
    assert [entry.name for entry in path.parent.iterdir()] == ["a.json"]


def test_origin_of_an_absent_figure_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"accuracy\.rtl"):
        write_result(tmp_path / "a.json", {"accuracy": {}}, {"accuracy.rtl": "simulated"})
    assert not (tmp_path / "a.json").exists()


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_unreadable_result_names_the_command_that_makes_it(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "compile.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(ConfigError, match="run `rbonn compile`"):
        read_result(path, "rbonn compile")


def test_key_of_another_version_names_file_and_maker(tmp_path: Path) -> None:
    write_result(tmp_path / "compile.json", {"top": "accelerator"}, {})
    document = read_result(tmp_path / "compile.json", "rbonn compile")

    with pytest.raises(ConfigError, match=r"compile\.json holds no 'part'.*run `rbonn compile` again"):
        _ = document["part"]


def test_key_of_another_version_deep_within_names_file_and_maker(tmp_path: Path) -> None:
    write_result(tmp_path / "a.json", {"nodes": [{"name": "x"}], "input": {"shape": [1]}}, {})
    document = read_result(tmp_path / "a.json", "rbonn compile")

    for inner, name in ((document["nodes"][0], "pe"), (document["input"], "dtype")):
        with pytest.raises(ConfigError, match=rf"a\.json holds no '{name}'.*run `rbonn compile` again"):
            _ = inner[name]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"ii_cycles": 3', '"ii_cycles": 4'),
        ('"sha256"', '"sha255"'),
        ('"x"', '"y"'),
        ("0.5", "5e-1"),
        ('"ii_cycles"', '"ii"'),
        (" ", ""),
    ],
)
def test_a_changed_figure_is_noticed_and_another_layout_is_not(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "a.json"
    write_result(path, {"ii_cycles": 3, "nodes": [{"name": "x", "share": 0.5}]}, {})
    before = read_result(path, "rbonn simulate")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))

    if json.loads(text) == json.loads(path.read_text()):
        assert read_result(path, "rbonn simulate") == before
    else:
        with pytest.raises(
            ConfigError, match=r"a\.json was damaged, or changed .* run `rbonn simulate` again"
        ):
            read_result(path, "rbonn simulate")


def test_a_former_result_that_cannot_be_relied_on_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    assert read_former(path) is None
    write_result(path, {"key": "x"}, {})
    assert read_former(path) == {"key": "x", "origin": {}}
    for text in ("", "{", path.read_text().replace('"x"', '"y"')):
        path.write_text(text)
        assert read_former(path) is None


def test_fingerprint_depends_on_where_parts_end() -> None:
    assert fingerprint("ab", "c") != fingerprint("a", "bc")


def test_a_folder_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "made"

    def fill(text: str) -> Callable[[Path], None]:
        return lambda draft: write_text(draft / "file", text)

    def fail(draft: Path) -> None:
        write_text(draft / "log", "said")
        raise ToolError("no")

    def interrupt(draft: Path) -> None:
        write_text(draft / "half", "")
        raise KeyboardInterrupt

    assert make_folder(target, "1", fill("one"))
    assert not make_folder(target, "1", fill("another"))
    with pytest.raises(KeyboardInterrupt):
        make_folder(target, "2", interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    with pytest.raises(ToolError, match="no"):
        make_folder(target, "2", fail)
    assert (tmp_path / "made.failed" / "log").read_text() == "said"
    assert (target / "file").read_text() == "one"
    assert make_folder(target, "2", fill("two"))
    assert (target / "file").read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
