"""Run the tests against faults made on purpose: which are noticed, and by which test.

    python -m tests.mutation [--only WORDS] [--again]        (make mutants)

Works on a copy of the project below build/mutation, with one fault in it at a time. What has been examined is
not examined again as long as fault, file and tests are the same, so a run that was stopped goes on; of tests
that did not come to their end by themselves nothing is kept. One run at a time works there. Tests
that failed are run without any fault at the end, where they must pass. Brings results.json beside this file
up to date as soon as it has a result of every fault.
Exit code 1 if a fault goes unnoticed, one that is said to be equivalent is noticed, or a test fails anyway.
"""

import argparse
import hashlib
import json
import signal
import sys
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rbonn_hw.at_work import at_work
from rbonn_hw.errors import ConfigError
from rbonn_hw.results import read_former, write_result, write_text
from tests.mutation.runner import CannotRunError, Verdict, copied_project, examine, failing
from tests.mutation.table import AREAS, RESULTS, ROOT, Mutation, load

BUILD = ROOT / "build" / "mutation"


class State:
    """What has been found so far, kept in a file.

    Args:
        tree: The copy of the project.
    """

    def __init__(self, tree: Path) -> None:
        self._tree, self._file = tree, BUILD / "state.json"
        known = json.loads(self._file.read_text()) if self._file.is_file() else {}
        self._verdicts: dict[str, Any] = known.get("verdicts", {})
        self._sound: dict[str, str] = known.get("sound", {})

    def verdict(self, mutation: Mutation) -> Verdict | None:
        """Return what became of a mutation, if it has been examined as it is."""
        found = self._verdicts.get(self._key(mutation))
        return None if found is None else Verdict(**found)

    def keep(self, mutation: Mutation, verdict: Verdict) -> None:
        """Keep what became of a mutation."""
        found = {"test": verdict.test, "said": verdict.said, "seconds": verdict.seconds}
        self._verdicts[self._key(mutation)] = found
        self._save()

    def untried(self, tests: list[str]) -> list[str]:
        """Return the tests that have not been seen to pass as they are."""
        return [test for test in tests if self._sound.get(test) != self._digest(test)]

    def keep_sound(self, tests: list[str]) -> None:
        """Keep that these tests pass without any fault."""
        self._sound |= {test: self._digest(test) for test in tests}
        self._save()

    def _key(self, mutation: Mutation) -> str:
        files = (mutation.file, *sorted({test.partition("::")[0] for test in mutation.tests}))
        return mutation.digest + self._digest(*files)

    def _digest(self, *tests: str) -> str:
        content = b"".join((self._tree / test.partition("::")[0]).read_bytes() for test in tests)
        return hashlib.sha256(content).hexdigest()[:12]

    def _save(self) -> None:
        write_text(self._file, json.dumps({"verdicts": self._verdicts, "sound": self._sound}))


def main() -> int:
    """Examine the mutations that are asked for and write what has been found of all."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--only", default="", metavar="WORDS", help="names or files that contain this")
    parser.add_argument("--again", action="store_true", help="also what has been examined before")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        with at_work(BUILD, "mutants"):
            return _run(arguments)
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a program
        return 2


def _run(arguments: argparse.Namespace) -> int:
    mutations = load()
    chosen = [one for one in mutations if arguments.only in one.name or arguments.only in one.file]
    tree = copied_project(BUILD / "project")
    state = State(tree)
    _examine_all([one for one in chosen if arguments.again or state.verdict(one) is None], tree, state)
    found = {one.name: verdict for one in mutations if (verdict := state.verdict(one)) is not None}
    tests = sorted({found[one.name].test for one in chosen if one.name in found} - {""})
    untried = state.untried(tests)
    broken = failing(untried, tree)
    state.keep_sound([test for test in untried if test not in broken])
    if len(everything := _written_earlier(mutations) | found) == len(mutations):
        _write(mutations, everything)
    wrong = [one for one in chosen if one.name not in found or not _is_right(one, found[one.name])]
    for line in [*(f"fails without any fault: {test}" for test in broken), *map(_complaint, wrong)]:
        print(line)  # noqa: T201 - a program
    print(f"{len(chosen)} mutations, {len(wrong)} not as they should be")  # noqa: T201 - a program
    return int(bool(wrong or broken))


def _examine_all(mutations: list[Mutation], tree: Path, state: State) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("", total=len(mutations))
        for one in mutations:
            progress.update(task, description=one.name[:60])
            progress.advance(task)
            try:
                verdict = examine(one, tree)
            except CannotRunError as error:
                progress.console.print(str(error), markup=False)
                continue
            state.keep(one, verdict)
            if not _is_right(one, verdict):
                progress.console.print(_complaint(one), markup=False)


def _written_earlier(mutations: list[Mutation]) -> dict[str, Verdict]:
    """Return what the file of results has of mutations as they are, which stay in it."""
    former = read_former(RESULTS) or {"mutations": [], "seconds": {}}
    known = {
        row["digest"]: Verdict(row.get("noticed by", ""), row["said"], former["seconds"][row["name"]])
        for row in former["mutations"]
    }
    return {one.name: known[one.digest] for one in mutations if one.digest in known}


def _is_right(mutation: Mutation, verdict: Verdict) -> bool:
    return bool(verdict.test) != bool(mutation.equivalent)


def _complaint(mutation: Mutation) -> str:
    what = "is noticed, so not equivalent" if mutation.equivalent else "goes unnoticed"
    return f"{what}: {mutation.name} ({mutation.file})"


def _write(mutations: list[Mutation], verdicts: dict[str, Verdict]) -> None:
    """Write the table of results."""
    rows = [
        {
            "area": one.area,
            "name": one.name,
            "file": one.file,
            "digest": one.digest,
            **({"equivalent": one.equivalent} if one.equivalent else {"noticed by": verdicts[one.name].test}),
            "said": verdicts[one.name].said,
        }
        for one in mutations
    ]
    areas = {
        area: {
            "mutations": sum(one.area == area for one in mutations),
            "noticed": sum(bool(verdicts[one.name].test) for one in mutations if one.area == area),
            "equivalent": sum(bool(one.equivalent) for one in mutations if one.area == area),
        }
        for area in AREAS
    }
    seconds = {one.name: verdicts[one.name].seconds for one in mutations}
    write_result(
        RESULTS,
        {"areas": areas, "mutations": rows, "seconds": seconds},
        {"areas": "executed", "mutations": "executed", "seconds": "measured"},
    )


if __name__ == "__main__":
    sys.exit(main())
