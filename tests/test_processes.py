"""rbonn_hw/processes.py: whatever ends the command line, its programs and what they started end with it."""

import os
import signal
import subprocess  # noqa: TID251 - a process that is sent signals while it runs
import sys
import time
from pathlib import Path

import pytest

from rbonn_hw.errors import ToolError
from rbonn_hw.toolchain import ask_tool, run_tool

# A program that starts another, and ignores a polite request.
STUBBORN = """#!/bin/sh
trap '' TERM
sleep 300 &
echo $! > "$1.child"
echo $$ > "$1.self"
wait
"""
RUNNER = """
import sys, threading
from rbonn_hw.processes import programs_end_with_us
from rbonn_hw.toolchain import run_tool

def work(name):
    run_tool([sys.argv[1], name], install_hint="")

with programs_end_with_us():
    threads = [threading.Thread(target=work, args=(sys.argv[2],), daemon=True)]
    threads[0].start()
    work(sys.argv[3])
"""


def alive(pid: int) -> bool:
    """Return whether a process runs; one that nobody waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def left(started: list[int]) -> list[int]:
    """Return which processes run still, some seconds after they were killed."""
    deadline = time.monotonic() + 5
    while any(alive(pid) for pid in started) and time.monotonic() < deadline:
        time.sleep(0.02)
    return [pid for pid in started if alive(pid)]


def pids(folder: Path) -> list[int]:
    deadline = time.monotonic() + 20
    names = [folder / f"{name}.{kind}" for name in ("first", "second") for kind in ("child", "self")]
    while time.monotonic() < deadline:
        texts = [path.read_text() if path.is_file() else "" for path in names]
        if all(text.endswith("\n") for text in texts):
            return [int(text) for text in texts]
        time.sleep(0.02)
    raise AssertionError(f"no programs were started: {names}")


def program(folder: Path, text: str) -> Path:
    path = folder / "program"
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_program(tmp_path: Path, number: signal.Signals) -> None:
    stubborn = program(tmp_path, STUBBORN)
    command = [sys.executable, "-c", RUNNER, str(stubborn), str(tmp_path / "first"), str(tmp_path / "second")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, process_group=0) as runner:
        started = pids(tmp_path)
        assert all(alive(pid) for pid in started)
        os.kill(runner.pid, number)  # it alone: a terminal would send the signal to the whole group
        runner.wait(5)
    assert not [pid for pid in started if alive(pid)]


def test_a_kill_leaves_no_program(tmp_path: Path) -> None:
    stubborn = program(tmp_path, STUBBORN)
    command = [sys.executable, "-c", RUNNER, str(stubborn), str(tmp_path / "first"), str(tmp_path / "second")]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as runner:
        started = pids(tmp_path)
        runner.kill()
        runner.wait(5)
    assert not left(started)


def test_a_program_that_ended_is_nobody_to_kill(tmp_path: Path) -> None:
    """What ended is taken back from the keeper: its number may be another's by then."""
    code = (
        "import os; from rbonn_hw.toolchain import run_tool; "
        "[run_tool(['true'], install_hint='') for _ in range(3)]; os.kill(os.getpid(), 9)"
    )
    spy = tmp_path / "kill"
    instead = f'kill() {{ echo "$@" >> {spy}; }}\n'
    patched = f"from rbonn_hw import keeper; keeper._SCRIPT = {instead!r} + keeper._SCRIPT; {code}"
    assert subprocess.run([sys.executable, "-c", patched], check=False).returncode == -signal.SIGKILL
    time.sleep(0.5)
    assert not spy.exists()


DEAF = """
import ctypes, sys, threading
from rbonn_hw.processes import programs_end_with_us
from rbonn_hw.toolchain import run_tool
threading.excepthook = lambda _: None  # the thread may yet see that its program was ended
with programs_end_with_us("last words"):
    threading.Thread(
        target=run_tool, args=([sys.argv[1], sys.argv[2]],), kwargs={"install_hint": ""}, daemon=True
    ).start()
    run_tool(["sh", "-c", f"until test -s {sys.argv[2]}.self; do sleep 0.02; done"], install_hint="")
    threading.Timer(0.5, print, args=["deaf"], kwargs={"flush": True}).start()
    libc, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(64)
    libc.pthread_mutex_lock(mutex)
    libc.pthread_mutex_lock(mutex)  # waits for ever, and no signal ends that
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_deaf_main_thread_is_ended_nevertheless(tmp_path: Path, number: signal.Signals) -> None:
    """The handler of Python runs between two of its instructions, which may take minutes."""
    stubborn = program(tmp_path, STUBBORN)
    command = [sys.executable, "-c", DEAF, str(stubborn), str(tmp_path / "first")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "deaf\n"
        started = [int((tmp_path / f"first.{kind}").read_text()) for kind in ("child", "self")]
        os.kill(runner.pid, number)
        os.kill(runner.pid, number)
        _, said = runner.communicate(timeout=5)
    assert (runner.returncode, said) == (2, "last words\n")
    assert not left(started)


def test_what_is_ignored_stays_ignored_and_a_fork_is_nobody(tmp_path: Path) -> None:
    """Under nohup SIGHUP ends nothing; SIGTERM to a forked worker leaves its parent's programs alone."""
    fork = "    pid = os.fork()\n    if not pid: time.sleep(300)\n    print(pid, flush=True)\n    threads = "
    runner = "import os, time" + RUNNER.replace("    threads = ", fork)
    stubborn = program(tmp_path, STUBBORN)
    command = [
        "nohup",
        sys.executable,
        "-c",
        runner,
        str(stubborn),
        *(str(tmp_path / n) for n in ("first", "second")),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        started = pids(tmp_path)
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGHUP)
        os.kill(worker, signal.SIGTERM)
        deadline = time.monotonic() + 5
        while alive(worker) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not alive(worker)
        assert all(alive(pid) for pid in [process.pid, *started])
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=8)
    assert not [pid for pid in started if alive(pid)]


def test_an_error_in_the_block_ends_the_program(tmp_path: Path) -> None:
    def refuse(line: str) -> None:
        raise ValueError(line)

    endless = program(tmp_path, f"#!/bin/sh\necho $$ > '{tmp_path}/pid'\necho started\nsleep 300\n")
    with pytest.raises(ValueError, match="started"):
        run_tool([endless], install_hint="", on_line=refuse)
    assert not alive(int((tmp_path / "pid").read_text()))


def test_a_question_has_an_answer_whatever_the_exit_code(tmp_path: Path) -> None:
    speaks = program(tmp_path, "#!/bin/sh\necho out\necho err >&2\nexit 3\n")
    assert ask_tool([speaks, "--version"]) == (3, "out\nerr\n")
    with pytest.raises(ToolError, match="not found"):
        ask_tool([tmp_path / "absent"])


@pytest.mark.parametrize("has_parent", [True, False])
def test_a_worker_does_not_outlive_a_parent_that_ended_before_it_was_ready(has_parent: bool) -> None:
    parent = "os.getppid()" if has_parent else "os.getppid() + 1"
    script = f"import os; from rbonn_hw.keeper import end_with_parent; end_with_parent({parent}); print('on')"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == ((0, "on\n") if has_parent else (-signal.SIGKILL, ""))
