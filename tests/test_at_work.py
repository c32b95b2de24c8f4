"""rbonn_hw/at_work.py: one run at a time in a folder, and a killed one holds it no longer."""

import os
import signal
import subprocess  # noqa: TID251 - a process that is killed while it holds a folder
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rbonn_hw.at_work import LOCK, at_work
from rbonn_hw.errors import ConfigError, ToolError

HOLDER = """
import sys, time
from pathlib import Path
from rbonn_hw.at_work import at_work
with at_work(Path(sys.argv[1]), "synth"):
    print("held", flush=True)
    time.sleep(300)
"""


@contextmanager
def holder(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_the_second_run_is_refused_and_told_who_is_there(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with holder(tmp_path) as process:
        said = rf"`rbonn synth` \(process {process.pid} on .*, since 20.*\) is at work there"
        for folder in (tmp_path, tmp_path / "link"):
            with pytest.raises(ConfigError, match=said), at_work(folder, "compile"):
                pass
        with at_work(tmp_path / "other", "compile"):
            pass


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_run_holds_nothing_and_is_told_of(
    number: signal.Signals, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with holder(tmp_path) as process:
        process.send_signal(number)
        process.wait(20)
        with at_work(tmp_path, "compile"):
            assert f"`rbonn synth` (process {process.pid}" in caplog.text
            assert "was interrupted" in caplog.text
    caplog.clear()
    with at_work(tmp_path, "compile"):
        assert not caplog.text


def test_a_run_leaves_no_trace(tmp_path: Path) -> None:
    for error in (None, ToolError("no")):
        try:
            with at_work(tmp_path / "a" / "b", "compile"):
                with at_work(tmp_path / "a" / "b", "package"):  # bitstream ends with a package
                    assert os.listdir(tmp_path / "a" / "b") == [LOCK]  # noqa: PTH208
                if error:
                    raise error
        except ToolError:
            pass
        assert os.listdir(tmp_path) == []  # noqa: PTH208
    with at_work(tmp_path / "a", "compile"):
        (tmp_path / "a" / "made").touch()
    assert os.listdir(tmp_path / "a") == ["made"]  # noqa: PTH208


def test_another_thread_is_another_run(tmp_path: Path) -> None:
    said = []

    def second() -> None:
        try:
            with at_work(tmp_path, "compile"):
                said.append("held")
        except ConfigError as error:
            said.append(str(error))

    with at_work(tmp_path, "compile"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert "another thread" in said[0]


def test_a_folder_that_cannot_be_written_needs_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "no")

    monkeypatch.setattr(os, "open", refuse)
    with at_work(tmp_path, "compile"):
        pass
