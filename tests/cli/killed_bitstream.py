"""`rbonn bitstream` as a process that is sent signals."""

import os
import signal
import subprocess  # noqa: TID251 - a process that is sent signals while it runs
import sys
import time
from collections.abc import Callable
from pathlib import Path


def working_in(folder: Path) -> list[int]:
    """Return the processes whose current folder lies in ``folder``."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if link.readlink().is_relative_to(folder):
                found.append(int(link.parent.name))
        except OSError:
            continue
    return found


def kill_when(ready: Callable[[], bool], build: Path, number: signal.Signals) -> tuple[int, str]:
    """Run the verb, send it a signal when ``ready``; returns exit code and what it said on stderr."""
    command = [sys.executable, "-m", "rbonn_hw.cli", "bitstream", str(build), "--tool", "openxc7"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as verb:
        deadline = time.monotonic() + 120
        while not ready():
            assert verb.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(verb.pid, number)
        _, said = verb.communicate(timeout=5)
    return verb.returncode, said
