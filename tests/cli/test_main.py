"""The command line as a whole: version, near names, the verb's usage, exit codes, quiet and verbose."""

from pathlib import Path

import pytest

from rbonn_hw.cli import main
from rbonn_hw.toolchain import python_command, run_tool


def ended(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Return exit code, output and errors of a command line that argparse ends."""
    with pytest.raises(SystemExit) as stop:
        main([*words])
    said = capsys.readouterr()
    assert isinstance(stop.value.code, int)
    return stop.value.code, said.out, " ".join(said.err.split())


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ended(capsys, "--version")
    assert (code, out.split()[0]) == (0, "rbonn-hw")
    _, out, _ = ended(capsys, "--help")
    assert "1  the answer is no" in out
    assert "2  the input or the environment is wrong" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compil", "x"], "did you mean compile?"),
        (["compile", "x", "--out", "y", "--target-cylces", "5"], "did you mean --target-cycles?"),
        (["simulate", "x", "--stalls=0.5"], "usage: rbonn simulate"),
        (["simulate", "x", "--stalls=0.5"], "did you mean --stall?"),
        (["bitstream", "x", "--tool", "vivaldi"], "did you mean vivado?"),
        (["compile", "x"], "usage: rbonn compile"),
        (["train", "--reciep", "r", "--recipe", "r", "--out", "o"], "usage: rbonn train"),
    ],
)
def test_wrong_words(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = ended(capsys, *words)
    assert code == 2
    assert said in err


def test_quiet_and_verbose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-q", "new", str(tmp_path / "mine")]) == 0
    assert capsys.readouterr().out == ""
    assert main(["-q", "new", str(tmp_path / "mine")]) == 2
    quiet = capsys.readouterr()
    assert "exists" in quiet.err
    assert "Traceback" not in quiet.err
    assert main(["-v", "new", str(tmp_path / "mine")]) == 2
    assert "ConfigError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("rbonn comp", {"compile "}),
        ("rbonn simulate --st", {"--stall "}),
        ("rbonn bitstream x --tool v", {"vivado "}),
    ],
)
def test_a_shell_is_told_what_may_follow(line: str, expected: set[str], tmp_path: Path) -> None:
    """In a process of its own: argcomplete takes file descriptors for its own."""
    answer = tmp_path / "answer"
    asked = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": "\n", "_ARGCOMPLETE_STDOUT_FILENAME": str(answer)}
    asked |= {"COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_TYPE": "9"}
    run_tool(python_command("rbonn_hw.cli"), install_hint="", env=asked)
    assert set(answer.read_text().split("\n")) == expected
