"""One trial: a damaged file is given to the code that reads it, and what comes of it is judged."""

import argparse
import contextlib
import io
import os
import random
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rbonn_hw.cli import answer
from tests.fuzz.damage import Damage
from tests.fuzz.limit import limited

MOST_SECONDS = 20.0
MOST_BYTES = 512 << 20
"""Memory that reading a small file may take beyond what the process had."""

Verdict = Literal["refused", "same", "valid", "fault"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A file that somebody gives to rbonn.

    Attributes:
        name: Of the trials.
        path: Where the file lies; it is put back after every trial.
        damages: Ways to damage it.
        read: Reads it as a verb does, and returns what depends on its content.
        sealed: Whether every change is to be seen: then a file that is accepted must read like the original.
        named: Whether a refusal must name the file.
        trials: How often it is damaged in a whole run.
    """

    name: str
    path: Path
    damages: tuple[Damage, ...]
    read: Callable[[Path], object]
    sealed: bool = False
    named: bool = True
    trials: int = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a trial.

    Attributes:
        subject: Name.
        number: Of the trial; it seeds the damage.
        verdict: "refused" with exit code 2 and a message; "same": reads as the undamaged file; "valid": reads
            as another file that is right, too; else "fault".
        seconds: Wall time [s].
        bytes: Memory beyond what the process had before [bytes].
        said: The message; with a fault all there is to know.
    """

    subject: str
    number: int
    verdict: Verdict
    seconds: float
    bytes: int
    said: str


def attempt(subject: Subject, seed: int, number: int, expected: object) -> Outcome:
    """Damage the file of a subject, read it, and put it back.

    Args:
        subject: The file.
        seed: Of the whole run.
        number: Of the trial.
        expected: What the undamaged file gives; see :func:`undamaged`.
    """
    original = subject.path.read_bytes()
    damaged = damaged_content(subject, seed, number)
    try:
        subject.path.write_bytes(damaged)
        code, value, said, seconds, grown = _measured(subject)
    finally:
        subject.path.write_bytes(original)
    verdict, reason = _judge(subject, code, value == expected, said)
    if verdict != "fault" and seconds > MOST_SECONDS:
        verdict, reason = "fault", f"took {seconds:.1f} s: {said}"
    if verdict != "fault" and grown > MOST_BYTES:
        verdict, reason = "fault", f"took {grown >> 20} MiB: {said}"
    return Outcome(
        subject=subject.name, number=number, verdict=verdict, seconds=round(seconds, 3), bytes=grown,
        said=reason,
    )  # fmt: skip


def damaged_content(subject: Subject, seed: int, number: int) -> bytes:
    """Return the file of a subject as a trial damages it."""
    rng = random.Random(f"{seed}/{subject.name}/{number}")
    return rng.choice(subject.damages)(subject.path.read_bytes(), rng)


def undamaged(subject: Subject) -> object:
    """Return what a subject's file gives; it must be read without complaint."""
    code, value, said, _, _ = _measured(subject)
    if code:
        raise RuntimeError(f"{subject.name}: the undamaged file is refused: {said}")
    return value


def _judge(subject: Subject, code: int, is_same: bool, said: str) -> tuple[Verdict, str]:
    lines = said.strip().splitlines()
    message = lines[-1] if lines else ""
    if code == 0:
        if is_same:
            return "same", ""
        return ("fault", "damage that is not seen") if subject.sealed else ("valid", "")
    if code != 2 or "Traceback" in said or not message:
        return "fault", f"exit code {code}: {said[-3000:]}"
    if subject.named and subject.path.name not in said and subject.path.parent.name not in said:
        return "fault", f"the message does not name {subject.path.name}: {message}"
    return "refused", message[:300]


def _measured(subject: Subject) -> tuple[int, object, str, float, int]:
    """Read the file as a verb of the command line; return exit code, value, what was said, time, memory."""
    found: list[object] = []

    def run(_: argparse.Namespace) -> int:
        found.append(subject.read(subject.path))
        return 0

    said = io.StringIO()
    before, started = _resident(), time.monotonic()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said), _judged():
        try:
            code = answer(argparse.Namespace(verb=subject.name, run=run, verbose=False))
        except BaseException:  # noqa: BLE001 - what the command line lets through is what is looked for
            traceback.print_exc(file=said)
            code = -1
    seconds = time.monotonic() - started
    return code, found[0] if found else None, said.getvalue(), seconds, max(0, _peak() - before)


@contextlib.contextmanager
def _judged() -> Iterator[None]:
    """End a block that takes too long, and silence warnings of others, which are no tracebacks."""
    with limited(MOST_SECONDS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _resident() -> int:
    """Return the memory of this process, and begin to watch its peak anew [bytes]."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _peak() -> int:
    return _status("VmHWM")


def _status(name: str) -> int:
    """Return a field of Linux's account of this process [bytes]; 0 elsewhere."""
    status = Path(f"/proc/{os.getpid()}/status")
    if not status.exists():
        return 0
    lines = status.read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))
