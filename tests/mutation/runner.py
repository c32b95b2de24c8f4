"""Runs pytest on a copy of the project, in forked processes that need not load PyTorch and FINN anew."""

import importlib
import json
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.mutation.table import ROOT, Mutation

COPIED = (
    "rbonn_hw", "tests", "build_flows", "docs", "hls", "notebooks",
    "Makefile", "README.md", "CONTRIBUTING.md", "LICENSE", "pyproject.toml", "requirements.lock",
)  # fmt: skip
LOADED = (
    "numpy", "torch", "torch.distributed.nn", "brevitas.nn", "onnx", "onnxruntime", "sklearn.datasets",
    "qonnx.core.modelwrapper", "finn.custom_op.fpgadataflow.hwcustomop", "rich.console",
)  # fmt: skip
"""What most tests need; nothing of this project, of which the copy is tested."""
LIMIT_SECONDS = 600.0
GRACE_SECONDS = 10.0
CRASHES = (signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV)
LOG = "pytest.log"
LONGEST_SAID = 160
BROKEN = 70
"""Exit code of a process that could not run pytest."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutation.

    Attributes:
        test: The first test that failed, or "".
        said: The beginning of what it said.
        seconds: Wall time until then.
    """

    test: str
    said: str
    seconds: float


class CannotRunError(Exception):
    """A mutation that is none, or names no test."""


@dataclass(frozen=True, slots=True)
class _Run:
    """A run of pytest.

    Attributes:
        status: Its exit code; the negative number of the signal that ended it; None: it did not end in time.
        failed: The tests that failed, and what they said.
        passed: How many passed; 0, too, where it has not come to its end.
    """

    status: int | None
    failed: list[tuple[str, str]]
    passed: int


class _Outcomes:
    """Plugin of pytest that keeps the tests that failed and what they said, and counts those that passed."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self.passed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.passed += report.passed and report.when == "call"
        if report.failed:
            crash: Any = getattr(report.longrepr, "reprcrash", None)
            text = crash.message if crash else report.longreprtext or "fails"
            said = " ".join(text.replace(f"{Path.cwd()}/", "").split())
            self.found.append((report.nodeid, said[:LONGEST_SAID]))


def copied_project(folder: Path) -> Path:
    """Copy the project; what is there already and the same stays as it is."""
    for name in COPIED:
        source = ROOT / name
        paths = [source] if source.is_file() else [path for path in source.rglob("*") if path.is_file()]
        wanted = {path.relative_to(ROOT) for path in paths if "__pycache__" not in path.parts}
        for path in (folder / name).rglob("*") if source.is_dir() else []:
            if path.is_file() and "__pycache__" not in path.parts and path.relative_to(folder) not in wanted:
                path.unlink()
        for relative in wanted:
            target = folder / relative
            if not target.is_file() or target.read_bytes() != (ROOT / relative).read_bytes():
                target.parent.mkdir(parents=True, exist_ok=True)
                _write(target, (ROOT / relative).read_bytes())
                shutil.copymode(ROOT / relative, target)
    return folder


def failing(tests: Sequence[str], tree: Path) -> list[str]:
    """Return which of these tests fail in the copy as it is."""
    if not tests:
        return []
    run = _pytest(["--maxfail=1000", *tests], tree, LIMIT_SECONDS * len(tests))
    if run.status not in (0, 1):
        return [f"pytest ends with {run.status}: see {tree / LOG}"]
    return [name for name, _ in run.failed]


def examine(mutation: Mutation, tree: Path) -> Verdict:
    """Put a fault into the copy, run its tests up to the first that fails, and take the fault out again.

    Raises:
        CannotRunError: pytest finds no such test, runs none, or was ended from outside; the file cannot be
            read with the fault in it, or the fault was no longer in it when the tests ended.
    """
    file = tree / mutation.file
    good = file.read_bytes()
    faulty = mutation.applied(good.decode()).encode()
    begin = time.monotonic()
    try:
        _write(file, faulty)
        run = _pytest(["--exitfirst", *mutation.tests], tree, LIMIT_SECONDS)
        if file.read_bytes() != faulty:
            raise CannotRunError(f"{mutation.name}: {file} was changed while its tests ran; run it again")
    finally:
        _write(file, good)
    seconds = round(time.monotonic() - begin, 1)
    if run.status == 1 and run.failed:
        return Verdict(*run.failed[0], seconds)
    if run.status is None:
        return Verdict(mutation.tests[0], f"did not end within {LIMIT_SECONDS:.0f} s", seconds)
    if run.status < 0 and -run.status in CRASHES:
        return Verdict(mutation.tests[0], f"ended by {signal.Signals(-run.status).name}", seconds)
    if run.status == 0 and run.passed:
        return Verdict("", "", seconds)
    log = (tree / LOG).read_text().split("\n")[:-1]
    raise CannotRunError(
        f"{mutation.name}: pytest ends with {run.status}, {run.passed} tests passed: "
        f"{log[-1] if log else 'it says nothing'}"
    )


def _write(file: Path, content: bytes) -> None:
    """Write a file and give it a time of its own: Python tells its compiled code by second and size."""
    newest = int(file.stat().st_mtime) if file.is_file() else 0
    file.write_bytes(content)
    stamp = max(int(time.time()), newest + 1)
    os.utime(file, (stamp, stamp))


def _pytest(options: list[str], tree: Path, limit: float) -> _Run:
    """Run pytest in the copy; it ends with this process, unless that is killed."""
    for name in LOADED:
        importlib.import_module(name)
    answer = tree / "failures.json"
    answer.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        status = BROKEN
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            _enter(tree)
            outcomes = _Outcomes()
            words = ["-q", "-p", "no:cacheprovider", f"--basetemp={tree / 'temporary'}", *options]
            code = int(pytest.main(words, plugins=[outcomes]))
            answer.write_text(json.dumps({"failed": outcomes.found, "passed": outcomes.passed}))
            status = code
        except BaseException:  # noqa: BLE001 - nothing of this process may go on
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    try:
        ended = _end_of(child, limit)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    if not answer.is_file():
        return _Run(ended, [], 0)
    found = json.loads(answer.read_text())
    return _Run(ended, [(name, said) for name, said in found["failed"]], found["passed"])


def _enter(tree: Path) -> None:
    """Let this process see the copy instead of the project."""
    log = os.open(tree / LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.chdir(tree)
    sys.path[:] = [str(tree), *(path for path in sys.path if path not in ("", str(ROOT)))]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("rbonn_hw", "tests")]:
        del sys.modules[name]


def _end_of(child: int, limit: float) -> int | None:
    """Wait for a process; end it after the limit."""
    deadline, patience = time.monotonic() + limit, signal.SIGINT
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) if patience == signal.SIGINT else None
        if time.monotonic() > deadline:
            os.kill(child, patience)
            deadline, patience = time.monotonic() + GRACE_SECONDS, signal.SIGKILL
        time.sleep(0.05)
