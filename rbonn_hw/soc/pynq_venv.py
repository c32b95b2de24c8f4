"""The virtual environments of pynq, made once each: it needs another NumPy than the rest of the project.

A lock ``pynq-RELEASE-pyVERSION.lock`` beside this file names all that a release needs under a version of
Python. Images of boards have an older Python than this project; where one of that version is installed, the
environment has the image's packages exactly, else those that come nearest under this Python.
"""

import fcntl
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rbonn_hw import drafts
from rbonn_hw.errors import ConfigError
from rbonn_hw.results import fingerprint
from rbonn_hw.toolchain import cache_dir, find_python, run_tool

LOCKS: Final = Path(__file__).parent
DEFAULT_RELEASE: Final = "3.0.1"
"""What the images of PYNQ-Z1 and PYNQ-Z2 have; pynq 4 has no image for these boards."""


@dataclass(frozen=True, slots=True)
class Environment:
    """One release of pynq under one Python.

    Attributes:
        release: Version of pynq.
        python: Version of Python, such as 3.10.
        lock: Everything that is installed.
    """

    release: str
    python: str
    lock: Path

    @property
    def home(self) -> Path:
        """Its folder; another lock is another one."""
        return cache_dir() / f"pynq-{self.release}-py{self.python}-{fingerprint(self.lock)}"

    @property
    def interpreter(self) -> Path:
        """Its Python."""
        return self.home / "bin" / "python"


def releases() -> tuple[str, ...]:
    """Return the versions of pynq that can be installed."""
    return tuple(sorted({found.release for found in _environments()}))


def existing_pynq(release: str = DEFAULT_RELEASE) -> Path | None:
    """Return the Python that has this pynq, if it was installed before."""
    made = (one.interpreter for one in _environments() if one.release == release)
    return next((python for python in made if python.is_file()), None)


def pynq_python(progress: Callable[[str], None], release: str = DEFAULT_RELEASE) -> Path:
    """Return the Python that has pynq, installing it below the cache folder if it is not there.

    Args:
        progress: Called with a line of text when something has to be installed.
        release: Version of pynq.

    Raises:
        ConfigError: There is no lock for this release.
        ToolError: pip fails; the message has its output.
    """
    chosen, base = _choose(release)
    home = chosen.home
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_name(f"{home.name}.lock").open("w") as lock:
        # Released when the file is closed, also by a process that was killed.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not chosen.interpreter.is_file():
            progress(
                f"installing pynq {release} for Python {chosen.python} into {home} (once, about two minutes)"
            )
            _install(chosen, base)
    return chosen.interpreter


def _environments() -> list[Environment]:
    """Return one entry per lock, older Pythons first: those are the images' own."""
    found = []
    for lock in LOCKS.glob("pynq-*.lock"):
        match = re.fullmatch(r"pynq-([\d.]+)-py(3\.\d+)\.lock", lock.name)
        if match is not None:
            found.append(Environment(match[1], match[2], lock))
    return sorted(found, key=lambda one: (one.release, int(one.python.partition(".")[2])))


def _choose(release: str) -> tuple[Environment, str]:
    for one in _environments():
        if one.release == release and (base := find_python(one.python)):
            return one, base
    raise ConfigError(f"pynq {release} is none of {', '.join(releases())}; give one of these to --pynq")


def _install(chosen: Environment, base: str) -> None:
    """Make the environment as a whole or not at all."""
    home = chosen.home
    with drafts.folder_in(home.parent, home.name) as scratch:
        draft = scratch / "venv"
        run_tool([base, "-m", "venv", draft], install_hint="install the venv module of Python")
        run_tool(
            [
                *(draft / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps"),
                *("--use-pep517", "--disable-pip-version-check", "-r", chosen.lock),
            ],
            install_hint="run the command again",
        )
        # Scripts of a moved environment name its old path; its Python does not, and that is all that is used.
        shutil.move(draft, home)
