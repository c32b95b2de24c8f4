"""Programs as process groups: whatever ends this process, or a block by an error, ends them too.

Only :mod:`rbonn_hw.toolchain` starts programs with this; the command line asks for the signals.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from rbonn_hw import keeper

_GRACE_SECONDS = 1.0  # between asking a program to end and ending it
_LAST_SECONDS = 3.0  # after a signal; then the process ends, whatever it is doing
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
        command, stdin = keeper.kept(words)
        process = subprocess.Popen(
            command,
            stdin=stdin,
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
        keeper.release(process.pid)


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
def programs_end_with_us(last_words: str = "interrupted") -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into KeyboardInterrupt within the block, after ending every program.

    A block that has not ended some seconds later, because it is deep in somebody else's code, ends with the
    process: exit code 2, and ``last_words`` on stderr. A second signal changes nothing, and one that is
    ignored, as nohup has it, stays so. Only the main thread may handle signals; elsewhere, and within another
    such block, nothing changes.
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
        with _last_resort(heard, last_words):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _stop.clear()


@contextlib.contextmanager
def _last_resort(heard: Sequence[int], last_words: str) -> Iterator[None]:
    """End the process some time after a signal, unless the block has ended: the main thread may be deaf."""
    ears, mouth = socket.socketpair()
    is_over = threading.Event()

    def wait() -> None:
        while (said := ears.recv(1)) and said[0] not in heard:
            pass
        if not said or is_over.wait(_LAST_SECONDS):
            return
        for process in list(_running):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        os.write(sys.stderr.fileno(), f"{last_words}\n".encode())
        os._exit(2)

    mouth.setblocking(False)
    before = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
    listener = threading.Thread(target=wait, daemon=True)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        is_over.set()
        mouth.close()
        listener.join()
        ears.close()


def _stopped(number: int, _frame: FrameType | None) -> None:
    if os.getpid() != _owner:  # a forked worker: the programs are its parent's
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        return
    if _stop.is_set():
        return  # the first signal ends everything
    _stop.set()
    if _starter == threading.get_ident():
        return  # the program is not known yet: started() ends it
    with _START:
        running = list(_running)
    _end_groups(running)
    raise KeyboardInterrupt


def _forked() -> None:
    """Leave the signals of a forked process to itself: its ears are its parent's."""
    if _owner:
        signal.set_wakeup_fd(-1)


os.register_at_fork(after_in_child=_forked)
