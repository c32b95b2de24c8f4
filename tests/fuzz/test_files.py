"""Damaged files: a few of every kind here, thousands by `make fuzz-files`; and their judge is judged."""

import json
import subprocess  # noqa: TID251 - a process that is killed while it runs
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NoReturn

import pytest

from rbonn_hw.errors import ConfigError
from rbonn_hw.results import read_result
from tests.cli.test_signals import TAG, tagged
from tests.fuzz import boxes, damage, trial
from tests.fuzz.subjects import subjects
from tests.fuzz.trial import Subject, attempt, undamaged

SHARE = 1 / 100
"""Of the trials of a whole run."""


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> list[Subject]:
    return subjects(tmp_path_factory.mktemp("subjects"))


def test_damaged_files_of_every_kind(known: list[Subject]) -> None:
    refused = 0
    for subject in known:
        expected = undamaged(subject)
        for number in range(max(3, round(subject.trials * SHARE))):
            outcome = attempt(subject, 1, number, expected)
            assert outcome.verdict != "fault", f"{subject.name} {number}: {outcome.said}"
            refused += outcome.verdict == "refused"
    assert refused > 60


def test_damaged_files_of_detectors(tmp_path: Path) -> None:
    """Not among those of the whole run that is committed: it was before them."""
    for subject in boxes.subjects(tmp_path):
        expected = undamaged(subject)
        verdicts = Counter(attempt(subject, 1, number, expected).verdict for number in range(9))
        assert verdicts["fault"] == 0, subject.name
        assert verdicts["refused"] > 0, subject.name


def test_the_run_that_is_committed_found_nothing(known: list[Subject]) -> None:
    path = Path(__file__).resolve().parents[2] / "build_flows" / "fuzz_files.json"
    document = read_result(path, "make fuzz-files")
    assert document["files"] >= 10_000
    assert document["verdicts"]["fault"] == 0
    assert document["faults"] == []
    assert sum(row["files"] for row in document["subjects"].values()) == document["files"]
    planned = {subject.name: subject.trials for subject in known}
    assert {name: row["files"] for name, row in document["subjects"].items()} == planned


def test_workers_end_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import pathlib, sys; from tests.fuzz import workers; "
    code += "list(workers.run(pathlib.Path(sys.argv[1]), 0, [('folding', 0)] * 2, 2))"
    monkeypatch.setenv(TAG, str(tmp_path))
    run = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
    deadline = time.monotonic() + 120
    while len([one for one in tagged(str(tmp_path)) if "spawn_main" in one]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(1.0)  # they are told by then whom to end with
    run.kill()
    run.wait()
    deadline = time.monotonic() + 10  # else they would load all that they need first
    while (left := tagged(str(tmp_path))) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def _raise(error: Exception) -> NoReturn:
    raise error


def _wait() -> bool:
    time.sleep(60)
    return True


READERS = {
    "traceback": lambda path: json.loads(path.read_text())["a"]["b"],
    "exit code 1": lambda _: _raise(SystemExit(1)),  # type: ignore[arg-type]
    "no name": lambda path: path.read_text() == ORIGINAL or _raise(ConfigError("something is wrong")),
    "not seen": lambda path: len(path.read_text()) > 0,
    "hang": lambda path: path.read_text() == ORIGINAL or _wait(),
    "memory": lambda path: path.read_text() == ORIGINAL or len(bytearray(700 << 20)),
}
ORIGINAL = '{"a": {"b": 1}}'


@pytest.mark.parametrize("fault", READERS)
def test_every_fault_of_a_reader_is_seen(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "MOST_SECONDS", 0.5)
    path = tmp_path / "file.json"
    path.write_text(ORIGINAL)
    subject = Subject(
        name="x", path=path, damages=(lambda _content, _rng: b'{"c": 1}',), read=READERS[fault],
        sealed=fault == "not seen",
    )  # fmt: skip
    outcome = attempt(subject, 0, 0, object())
    assert outcome.verdict == "fault", outcome
    assert path.read_text() == ORIGINAL


def test_a_good_reader_is_not_blamed(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text(ORIGINAL)

    def read(where: Path) -> object:
        try:
            return json.loads(where.read_text())["a"]["b"]
        except (ValueError, KeyError, TypeError, IndexError, RecursionError):
            raise ConfigError(f"{where} is no such file") from None

    subject = Subject(name="x", path=path, damages=(damage.of_bytes, damage.of_json), read=read)
    expected = undamaged(subject)
    verdicts = {attempt(subject, 0, number, expected).verdict for number in range(60)}
    assert verdicts == {"refused", "same", "valid"}
