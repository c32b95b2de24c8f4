"""The virtual environment of pynq, made once: pynq 4 needs another NumPy than the rest of the project."""

import fcntl
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rbonn_hw.results import fingerprint
from rbonn_hw.toolchain import cache_dir, python_command, run_tool

LOCK: Final = Path(__file__).with_name("pynq.lock")


def existing_pynq() -> Path | None:
    """Return the Python that has pynq, if it was installed before."""
    python = _home() / "bin" / "python"
    return python if python.is_file() else None


def pynq_python(progress: Callable[[str], None]) -> Path:
    """Return the Python that has pynq, installing it below the cache folder if it is not there.

    Args:
        progress: Called with a line of text when something has to be installed.

    Raises:
        ToolError: pip fails; the message has its output.
    """
    if found := existing_pynq():
        return found
    home = _home()
    python = home / "bin" / "python"
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_name(f"{home.name}.lock").open("w") as lock:
        # Released when the file is closed, also by a process that was killed.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not python.is_file():
            progress(f"installing pynq into {home} (once, about a minute)")
            _install(home)
    return python


def _home() -> Path:
    # Another lock is another environment.
    return cache_dir() / f"pynq-{fingerprint(LOCK)}"


def _install(home: Path) -> None:
    """Make the environment as a whole or not at all."""
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=f".{home.name}.") as scratch:
        draft = Path(scratch) / "venv"
        run_tool([*python_command("venv"), draft], install_hint="install the venv module of Python")
        run_tool(
            [draft / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", "-r", LOCK],
            install_hint="run the command again",
        )
        # Scripts of a moved environment name its old path; its Python does not, and that is all that is used.
        shutil.move(draft, home)
