"""Damages files of every kind that rbonn reads, thousands of times, and sees what becomes of each.

    python -m build_flows.fuzz_files [--jobs 2] [--seed 0] [--share 1.0]

ONNX, .npz, JSON (recipes, foldings, results, declarations), safetensors and packages are damaged byte by byte
and field by field, and read by the code of the verbs. Each must be refused with exit code 2 and a message
that names it, or be read as the undamaged file is, or be another valid file. Anything else is a fault: a
traceback, exit code 3, damage that is not seen where it must be, a hang, memory out of proportion. Exit code
1 if there is one; the files that did it are kept in build/fuzz/faults.

An interrupted run continues: run it again. Writes ``fuzz_files.json`` beside this file; ten minutes on 2 idle
cores.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import get_args

from rich.progress import Progress

from rbonn_hw.processes import programs_end_with_us
from rbonn_hw.results import Origin, fingerprint, package_fingerprint, write_result
from tests.fuzz import journal, workers
from tests.fuzz.subjects import subjects
from tests.fuzz.trial import Outcome, Verdict

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "fuzz"
OUTCOMES = BUILD / "outcomes.jsonl"


def _key(seed: int) -> str:
    """Return what outcomes depend on."""
    files = sorted((HERE.parent / "tests" / "fuzz").glob("*.py"))
    return fingerprint(package_fingerprint(), str(seed), *files)


def run(argv: list[str] | None = None) -> int:
    """Damage, read, count; return 1 if there is a fault."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="decides the damage (default %(default)s)")
    parser.add_argument("--share", type=float, default=1.0, help="of the trials, 0 .. 1 (default all)")
    args = parser.parse_args(argv)
    key = _key(args.seed)
    outcomes = [Outcome(**found) for found in journal.earlier(OUTCOMES, key)]
    done = {(outcome.subject, outcome.number) for outcome in outcomes}
    with tempfile.TemporaryDirectory() as scratch:
        counts = {one.name: round(one.trials * args.share) for one in subjects(Path(scratch))}
    plan = [(name, number) for name, count in counts.items() for number in range(count)]
    left = [trial for trial in plan if trial not in done]
    with Progress() as bar, OUTCOMES.open("a") as file:
        task = bar.add_task("damaged files", total=len(plan), completed=len(plan) - len(left))
        for outcome in workers.run(BUILD, args.seed, left, args.jobs):
            outcomes.append(outcome)
            file.write(json.dumps(asdict(outcome)) + "\n")
            file.flush()
            bar.advance(task)
            if outcome.verdict == "fault":
                bar.console.print(f"{outcome.subject} {outcome.number}: {_last(outcome.said)}", markup=False)
    return _write(outcomes, args.seed, whole=args.share == 1.0)


def _last(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if "fault of rbonn itself" not in line]
    return lines[-1] if lines else ""


def _counted(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Return how many trials came to each verdict."""
    total = Counter(outcome.verdict for outcome in outcomes)
    return {name: total[name] for name in get_args(Verdict)}


def _costs(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Return what the most expensive trials of a subject took."""
    return {
        "slowest_seconds": round(max(outcome.seconds for outcome in outcomes), 2),
        "most_mib": max(outcome.bytes for outcome in outcomes) >> 20,
    }


def _write(outcomes: list[Outcome], seed: int, *, whole: bool) -> int:
    names = sorted({outcome.subject for outcome in outcomes})
    by_subject = {name: [one for one in outcomes if one.subject == name] for name in names}
    total = _counted(outcomes)
    faults = [f"{one.subject} {one.number}: {_last(one.said)}" for one in outcomes if one.verdict == "fault"]
    document = {
        "what": "damaged files: refused (exit code 2), read as the undamaged one, another valid one, fault",
        "seed": seed,
        "files": len(outcomes),
        "verdicts": total,
        "subjects": {name: {"files": len(found), **_counted(found)} for name, found in by_subject.items()},
        "costs": {name: _costs(found) for name, found in by_subject.items()},
        "faults": faults,
    }
    if whole:
        origin: dict[str, Origin] = {"verdicts": "executed", "subjects": "executed", "costs": "measured"}
        write_result(HERE / "fuzz_files.json", document, origin)
    sys.stdout.write(f"{len(outcomes):,} files: {total}\n")
    return int(bool(faults))


if __name__ == "__main__":
    last_words = "interrupted; run the same command again to continue"
    try:
        with programs_end_with_us(last_words):
            sys.exit(run())
    except KeyboardInterrupt:
        sys.stderr.write(f"fuzz_files: {last_words}\n")
        sys.exit(2)
