"""Programs as process groups: whatever ends this process by a signal, or a block by an error, ends them too.

Only :mod:`rbonn_hw.toolchain` starts programs with this; the command line asks for the signals.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

_GRACE_SECONDS = 2.0  # between asking a program to end and ending it
_START = threading.RLock()
_running: "set[subprocess.Popen[str]]" = set()
_stop = threading.Event()
_owner = 0  # the process whose signals are handled
_starter: int | None = None  # the thread that is about to add a program to _running


@contextlib.contextmanager
def started(
    words: Sequence[str], cwd: Path | None, env: Mapping[str, str]
) -> "Iterator[subprocess.Popen[str]]":
    """Start a program in a process group of its own, which ends with the block."""
    global _starter
    with _START:
        _check_not_stopped()
        _starter = threading.get_ident()
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env=env,
            errors="replace",
            process_group=0,
        )
        _running.add(process)
        _starter = None
    try:
        with process:
            try:
                _check_not_stopped()
                yield process
                _check_not_stopped()  # it did not fail: it was ended
            except BaseException:
                _end_groups([process])
                raise
    finally:
        _running.discard(process)


def _check_not_stopped() -> None:
    """End this thread's work where a signal has ended its programs."""
    if _stop.is_set():
        raise KeyboardInterrupt


def _end_groups(processes: "Sequence[subprocess.Popen[str]]") -> None:
    """End programs and all that they started: first politely, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):  # the second for what outlives its leader, too
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        deadline = time.monotonic() + _GRACE_SECONDS
        while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
            time.sleep(0.02)


@contextlib.contextmanager
def programs_end_with_us() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into KeyboardInterrupt within the block, after ending every program.

    A signal that is ignored, as nohup has it, stays so. Only the main thread may handle signals; elsewhere,
    and within another such block, nothing changes.
    """
    global _owner
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is _stopped
    ):
        yield
        return
    _owner = os.getpid()
    heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _stopped) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _stop.clear()


def _stopped(number: int, _frame: FrameType | None) -> None:
    if os.getpid() != _owner:  # a forked worker: the programs are its parent's
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        return
    _stop.set()
    if _starter == threading.get_ident():
        return  # the program is not known yet: started() ends it
    with _START:
        running = list(_running)
    _end_groups(running)
    raise KeyboardInterrupt
