"""Takes small networks at random through every level, and sees whether all give the same integers.

    python -m build_flows.fuzz_networks [--networks 500] [--jobs 2] [--only SEED ...]

Each network has layers, borders, bit widths, signs of gamma, shortcuts, foldings, memories and FIFO depths of
its seed. ONNX Runtime, QONNX, FINN's graph, the functional simulator and the RTL, once with pauses, must give
the same integers, and the dataflow model the cycle in which each frame ends in the RTL. Anything else is a
fault: exit code 1. A network that is refused with a message is counted apart.

An interrupted run continues: run it again. Writes ``fuzz_networks.json`` beside this file. ``--only`` runs
these seeds alone, keeps their build folders in build/fuzz-networks, and writes no result.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import get_args

from rich.progress import Progress

from rbonn_hw.keeper import end_with_parent
from rbonn_hw.results import Origin, fingerprint, package_fingerprint, write_result
from tests.fuzz import journal
from tests.fuzz_networks.trial import Outcome, Verdict, attempt

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent / "tests"
BUILD = HERE.parent / "build" / "fuzz-networks"
OUTCOMES = BUILD / "outcomes.jsonl"
NETWORKS = 500


def _key() -> str:
    """Return what outcomes depend on."""
    drawn_by = TESTS / "compiler" / "frontend"
    files = sorted((TESTS / "fuzz_networks").glob("*.py"))
    return fingerprint(package_fingerprint(), *files, drawn_by / "sketch.py", drawn_by / "spelled.py")


def _tried(seed: int) -> Outcome:
    """Try one network; its folder stays where there is a fault."""
    folder = BUILD / f"seed-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    outcome = attempt(seed, folder)
    if outcome.verdict != "fault":
        shutil.rmtree(folder, ignore_errors=True)
    return outcome


def _outcomes(seeds: Sequence[int], jobs: int) -> Iterator[Outcome]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, end_with_parent, (os.getpid(),), max_tasks_per_child=50) as pool:
        tasks = [pool.submit(_tried, seed) for seed in seeds]
        try:
            for task in as_completed(tasks):
                yield task.result()
        finally:
            pool.shutdown(cancel_futures=True)


def run(argv: list[str] | None = None) -> int:
    """Draw, compile, simulate, compare; return 1 if there is a fault."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", type=int, default=NETWORKS, help="seeds 0, 1, .. (default %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default %(default)s)")
    parser.add_argument("--only", type=int, nargs="*", default=[], metavar="SEED", help="these seeds alone")
    args = parser.parse_args(argv)
    if args.only:
        return _alone(args.only)
    outcomes = [Outcome(**found) for found in journal.earlier(OUTCOMES, _key())]
    left = sorted(set(range(args.networks)) - {outcome.seed for outcome in outcomes})
    with Progress() as bar, OUTCOMES.open("a") as file:
        task = bar.add_task("networks", total=args.networks, completed=args.networks - len(left))
        for outcome in _outcomes(left, args.jobs):
            outcomes.append(outcome)
            file.write(json.dumps(asdict(outcome)) + "\n")
            file.flush()
            bar.advance(task)
            if outcome.verdict != "equal":
                bar.console.print(f"seed {outcome.seed}: {_line(outcome)}", markup=False)
    return _write(sorted(outcomes, key=lambda outcome: outcome.seed))


def _alone(seeds: Sequence[int]) -> int:
    """Try some seeds in this process, and say all about them."""
    found = [attempt(seed, BUILD / f"seed-{seed}") for seed in seeds]
    for outcome in found:
        sys.stdout.write(json.dumps(asdict(outcome), indent=2) + "\n" + outcome.said + "\n")
    return int(any(outcome.verdict == "fault" for outcome in found))


def _line(outcome: Outcome) -> str:
    return f"{outcome.verdict}: {(outcome.said.strip().splitlines() or [''])[-1]}"


def _write(outcomes: Sequence[Outcome]) -> int:
    verdicts = Counter(outcome.verdict for outcome in outcomes)
    equal = [outcome for outcome in outcomes if outcome.verdict == "equal"]
    choices = Counter(
        f"{name} {value}"
        for outcome in equal
        for name, value in outcome.choices.items()
        if name not in ("target_cycles", "stall")
    )
    document = {
        "what": "random networks: ONNX Runtime, QONNX, FINN's graph, functional, RTL equal in every integer, "
        "dataflow model equal to the RTL in every frame's cycle; refused with a message; fault",
        "networks": len(outcomes),
        "verdicts": {name: verdicts[name] for name in get_args(Verdict)},
        "integers": sum(outcome.integers for outcome in equal),
        "rounded_frames": sum(outcome.rounded for outcome in equal),
        "ii_is_that_of_the_slowest_layer": sum(
            outcome.ii_cycles <= outcome.estimated_cycles for outcome in equal
        ),
        "processor_seconds": round(sum(outcome.seconds for outcome in outcomes)),
        "features": _counts(Counter(name for outcome in equal for name in outcome.features)),
        "kernels": _counts(Counter(name for outcome in equal for name in outcome.kernels)),
        "choices": _counts(choices),
        "refused": {outcome.seed: _line(outcome) for outcome in outcomes if outcome.verdict == "refused"},
        "faults": {outcome.seed: _line(outcome) for outcome in outcomes if outcome.verdict == "fault"},
    }
    origin: dict[str, Origin] = {
        "verdicts": "simulated",
        "integers": "simulated",
        "rounded_frames": "executed",
        "ii_is_that_of_the_slowest_layer": "simulated",
        "processor_seconds": "measured",
    }
    write_result(HERE / "fuzz_networks.json", document, origin)
    sys.stdout.write(f"{len(outcomes):,} networks: {document['verdicts']}\n")
    return int(bool(verdicts["fault"]))


def _counts(counted: "Counter[str]") -> dict[str, int]:
    return dict(sorted(counted.items()))


if __name__ == "__main__":
    sys.exit(run())
