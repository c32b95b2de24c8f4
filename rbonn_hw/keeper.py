"""A small process that outlives this one and ends its programs, should it be killed.

It reads from a pipe which process groups run. The pipe ends with this process, whatever ends that; groups
that were not taken back by then are killed.
"""

import atexit
import contextlib
import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from typing import IO

_SCRIPT = """
trap '' INT TERM HUP
while read -r change group; do
  case $change in
    +) groups="$groups $group " ;;
    -) groups="${groups%% $group *} ${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done 2>/dev/null
"""
_ANNOUNCE = '(echo "+ $$" >&0); exec "$@" </dev/null'
_SHELL = "/bin/sh"
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>
_CHANGES = threading.Lock()
_keeper: "subprocess.Popen[str] | None" = None
_owner = 0  # the process that it keeps; a forked one has none


def kept(words: Sequence[str]) -> tuple[list[str], int]:
    """Return a command whose process group is killed if this process ends before :func:`release`.

    Returns:
        The command, which tells the keeper of itself before it becomes the program, and what its stdin has to
        be meanwhile; the program reads nothing.
    """
    pipe = _pipe()
    if pipe is None:
        return [*words], subprocess.DEVNULL
    return [_SHELL, "-c", _ANNOUNCE, _SHELL, *words], pipe.fileno()


def release(group: int) -> None:
    """Leave a process group alone again: its program has ended."""
    pipe = _pipe()
    if pipe is not None:
        with _CHANGES, contextlib.suppress(OSError):
            pipe.write(f"- {group}\n")
            pipe.flush()


def end_with_parent(parent: int) -> None:
    """Have this process killed when the one that started it ends, however that ends; on Linux alone.

    Args:
        parent: Number of the process that started it.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
        # A parent that ended while this process was still being loaded sends nothing any more.
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def _pipe() -> IO[str] | None:
    """Return the pipe to the keeper, which is started if there is none; programs run without one, too."""
    global _keeper, _owner
    with _CHANGES, contextlib.suppress(OSError):
        if _keeper is None or _owner != os.getpid():
            _keeper, _owner = _started(), os.getpid()
        return _keeper.stdin
    return None


def _started() -> "subprocess.Popen[str]":
    atexit.register(_end)
    return subprocess.Popen(
        [_SHELL, "-c", _SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd="/",
        start_new_session=True,  # what a terminal sends is not for it
    )


def _end() -> None:
    if _keeper is not None and _owner == os.getpid():
        with contextlib.suppress(OSError):
            _keeper.communicate()
