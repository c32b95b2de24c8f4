"""Trials side by side, each worker a process: one that hangs or dies is a fault, and another takes over."""

import contextlib
import multiprocessing
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from rbonn_hw.keeper import end_with_parent
from tests.fuzz.trial import MOST_SECONDS, Outcome, Subject, attempt, damaged_content, undamaged

SILENCE_SECONDS = 10 * MOST_SECONDS
"""A worker that says nothing for so long hangs in code that no Python signal reaches."""
MOST_VIRTUAL = 32 << 30
"""Address space of a worker: a size that was damaged must not take the machine's memory [bytes]."""
Trial = tuple[str, int]


@dataclass
class _Worker:
    folder: Path
    process: BaseProcess
    pipe: Connection
    trial: Trial | None = field(default=None)


def run(folder: Path, seed: int, trials: Sequence[Trial], count: int) -> Iterator[Outcome]:
    """Do trials in processes of their own.

    Args:
        folder: For the files; contents of files that made faults are kept in ``faults``.
        seed: Of the run.
        trials: Subject and number of each.
        count: Workers.

    Yields:
        The outcomes, as they come.
    """
    waiting = list(reversed(trials))
    workers = [_started(folder / f"worker-{number}", seed) for number in range(min(count, len(trials)))]
    try:
        while waiting or any(worker.trial for worker in workers):
            for worker in workers:
                if worker.trial is None and waiting:
                    worker.trial = waiting.pop()
                    worker.pipe.send(worker.trial)
            ready = wait([worker.pipe for worker in workers if worker.trial], SILENCE_SECONDS)
            for worker in list(workers):
                if worker.trial and (worker.pipe in ready or not ready):
                    yield _answer(worker, is_silent=not ready)
                    if not worker.process.is_alive():
                        workers[workers.index(worker)] = _started(worker.folder, seed)
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.join()


def _answer(worker: _Worker, *, is_silent: bool) -> Outcome:
    trial, worker.trial = worker.trial, None
    assert trial is not None
    with contextlib.suppress(EOFError, ConnectionError):
        if not is_silent:
            outcome: Outcome = worker.pipe.recv()
            return outcome
    worker.process.kill()
    worker.process.join()
    ended = f"the process ended with {worker.process.exitcode}" if not is_silent else "it hangs"
    return Outcome(
        subject=trial[0], number=trial[1], verdict="fault", seconds=0.0, bytes=0, said=f"{ended}, all of it"
    )


def _started(folder: Path, seed: int) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(folder, seed, theirs, os.getpid()), daemon=True)
    process.start()
    theirs.close()
    return _Worker(folder, process, ours)


def _work(folder: Path, seed: int, pipe: Connection, parent: int) -> None:
    end_with_parent(parent)
    import shutil
    import tempfile

    import torch

    from tests.fuzz.subjects import subjects

    torch.set_num_threads(1)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_VIRTUAL, MOST_VIRTUAL))
    with contextlib.suppress(OSError):  # ONNX Runtime's own warnings go to the file descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        known = {subject.name: subject for subject in subjects(Path(scratch))}
        expected: dict[str, object] = {}
        while True:
            try:
                name, number = pipe.recv()
            except EOFError:
                return
            if name not in expected:
                expected[name] = undamaged(known[name])
            outcome = attempt(known[name], seed, number, expected[name])
            if outcome.verdict == "fault":
                _keep(folder.parent / "faults", known[name], seed, number)
            pipe.send(outcome)


def _keep(folder: Path, subject: Subject, seed: int, number: int) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / f"{subject.name}-{number}{subject.path.suffix}"
    path.write_bytes(damaged_content(subject, seed, number))
