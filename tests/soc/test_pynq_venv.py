"""rbonn_hw/soc/pynq_venv.py without a network: made once, as a whole, from the lock that fits."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rbonn_hw.errors import ConfigError, ToolError
from rbonn_hw.soc import pynq_venv
from rbonn_hw.soc.pynq_venv import DEFAULT_RELEASE, LOCKS, existing_pynq, pynq_python, releases
from rbonn_hw.toolchain import find_python


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the commands that are run instead of being run, in an empty cache folder; only 3.11 is there."""
    seen: list[list[str]] = []

    def run_tool(command: Sequence[str | Path], **_: Any) -> str:
        seen.append([str(part) for part in command])
        if "pip" not in seen[-1]:
            (Path(command[-1]) / "bin").mkdir(parents=True)
            (Path(command[-1]) / "bin" / "python").touch()
        return ""

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(pynq_venv, "run_tool", run_tool)
    monkeypatch.setattr(pynq_venv, "find_python", {"3.11": sys.executable}.get)
    return seen


def test_it_is_installed_once_from_the_lock(calls: list[list[str]], tmp_path: Path) -> None:
    assert existing_pynq() is None
    said: list[str] = []

    python = pynq_python(said.append)

    assert python.is_relative_to(tmp_path / "rbonn")
    assert len(calls) == 2
    assert calls[0][0] == sys.executable
    assert calls[1][-2:] == ["-r", str(LOCKS / f"pynq-{DEFAULT_RELEASE}-py3.11.lock")]
    assert "--no-deps" in calls[1]
    assert [text for text in said if "installing pynq" in text] == said != []
    assert pynq_python(said.append) == existing_pynq() == python
    assert len(calls) == 2


def test_the_python_of_the_image_comes_first(calls: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    nearest = pynq_python(lambda _: None, "3.0.1")
    monkeypatch.setattr(pynq_venv, "find_python", {"3.11": sys.executable, "3.10": "python3.10"}.get)
    exact = pynq_python(lambda _: None, "3.0.1")
    assert calls[2][0] == "python3.10"
    assert calls[3][-1].endswith("pynq-3.0.1-py3.10.lock")
    newest = pynq_python(lambda _: None, "4.0.0")
    assert len({nearest, exact, newest}) == 3
    assert existing_pynq("3.0.1") == exact


def test_a_release_that_nobody_locked(calls: list[list[str]]) -> None:
    with pytest.raises(ConfigError, match=r"pynq 2\.7\.0 is none of 3\.0\.1, .*4\.0\.0"):
        pynq_python(lambda _: None, "2.7.0")
    assert calls == []


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


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("pynq-*.lock")), ids=lambda lock: lock.stem)
def test_the_locks_are_exact(lock: Path) -> None:
    lines = [line for line in lock.read_text().splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    release = lock.name.split("-")[1]
    assert f"pynq=={release}" in lines
    assert release in releases()
    assert (LOCKS / f"pynq-{release}-py3.11.lock").is_file(), "this project's Python is enough"


def test_pythons_are_asked_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_python(".".join(map(str, sys.version_info[:2]))) == sys.executable
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert find_python("3.4") is None
    shim = tmp_path / "python3.4"
    shim.write_text("#!/bin/sh\necho 'version 3.4 is not installed' >&2\nexit 127\n")
    shim.chmod(0o755)
    assert find_python("3.4") is None
    shim.write_text("#!/bin/sh\nexit 0\n")
    assert find_python("3.4") == "python3.4"
