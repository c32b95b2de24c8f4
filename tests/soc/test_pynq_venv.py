"""rbonn_hw/soc/pynq_venv.py without a network: made once, as a whole, from the lock."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rbonn_hw.errors import ToolError
from rbonn_hw.soc import pynq_venv
from rbonn_hw.soc.pynq_venv import LOCK, existing_pynq, pynq_python


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the commands that are run instead of being run, in an empty cache folder."""
    seen: list[list[str]] = []

    def run_tool(command: Sequence[str | Path], **_: Any) -> str:
        seen.append([str(part) for part in command])
        if "pip" not in seen[-1]:
            (Path(command[-1]) / "bin").mkdir(parents=True)
            (Path(command[-1]) / "bin" / "python").touch()
        return ""

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(pynq_venv, "run_tool", run_tool)
    return seen


def test_it_is_installed_once_from_the_lock(calls: list[list[str]], tmp_path: Path) -> None:
    assert existing_pynq() is None
    said: list[str] = []

    python = pynq_python(said.append)

    assert python.is_relative_to(tmp_path / "rbonn")
    assert len(calls) == 2
    assert calls[1][-3:] == ["--no-deps", "-r", str(LOCK)]
    assert [text for text in said if "installing pynq" in text] == said != []
    assert pynq_python(said.append) == existing_pynq() == python
    assert len(calls) == 2


def test_an_installation_that_fails_leaves_nothing(
    calls: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(command: Sequence[str | Path], **_: Any) -> str:
        calls.append([str(part) for part in command])
        if "pip" in command:
            raise ToolError("no such index")
        Path(command[-1]).mkdir(parents=True)
        return ""

    monkeypatch.setattr(pynq_venv, "run_tool", fails)
    with pytest.raises(ToolError, match="no such index"):
        pynq_python(lambda _: None)

    assert len(calls) == 2
    assert existing_pynq() is None
    assert [path.name for path in (tmp_path / "rbonn").iterdir() if path.is_dir()] == []


def test_the_lock_is_exact() -> None:
    lines = [line for line in LOCK.read_text().splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    assert "pynq" in {line.partition("==")[0] for line in lines}
