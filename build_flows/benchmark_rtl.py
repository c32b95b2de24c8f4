"""How quickly the RTL simulation of compiled networks runs, beside that of an earlier checkout.

    make cnv-cifar10                                         # here, and in a checkout of the other commit
    python build_flows/benchmark_rtl.py NAME ... --before CHECKOUT

NAME is a folder of ``rbonn compile`` below ``build/``, here and in the checkout. The checkout's model, ours,
and as many of ours as there are processors run the same frames in turns, so that ratios say something on a
busy machine, too; seconds of the processor say how much work a cycle is. The ratio of cycles per second and
processor holds for any load; that times the processors is what idle ones give, but for what they take from
each other. Writes ``benchmark_rtl.json`` beside this file.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rbonn_hw.results import Origin, read_former, write_result
from rbonn_hw.sim.accelerator import build_accelerator, interface, simulate
from rbonn_hw.toolchain import cpu_count, run_tool

HERE = Path(__file__).resolve().parent
FRAMES, ROUNDS, SEED = 16, 3, 1
MEASURED = ("build_cpu_seconds", "cycles_per_cpu_second", "cycles_per_second", "cpu_ratio", "wall_ratio")


@dataclass(frozen=True, slots=True)
class Timed:
    """One run.

    Attributes:
        cycles: From the first input beat to the last output beat of every instance [cycles].
        ii_cycles: Of the accelerator [cycles].
        outputs: Of all frames, one after the other.
        wall_seconds: Wall time [s].
        cpu_seconds: Of the simulators, on all processors [s].
        build_cpu_seconds: Of Verilator and compiler; next to 0 where the model was there [s].
    """

    cycles: int
    ii_cycles: int | None
    outputs: list[int]
    wall_seconds: float
    cpu_seconds: float
    build_cpu_seconds: float


def timed(build_dir: Path, instances: int) -> Timed:
    """Simulate the frames with the ``rbonn_hw`` that is imported, by what earlier ones have, too."""
    stream = interface(build_dir).input
    rng = np.random.default_rng(SEED)
    frames = rng.integers(stream.element.min, stream.element.max, (FRAMES, *stream.shape), endpoint=True)
    before = _children()
    model = build_accelerator(build_dir)
    started, built = time.monotonic(), _children()
    more: dict[str, Any] = {"instances": instances} if instances > 1 else {}
    run = simulate(build_dir, frames, model=model, **more)
    wall, cpu = time.monotonic() - started, _children() - built
    cycles = run.simulated_cycles if instances > 1 else run.cycles
    outputs = [int(value) for value in run.outputs.ravel()]
    return Timed(cycles, run.ii_cycles, outputs, wall, cpu, built - before)


def compared(name: str, before: Path, ours: Path) -> dict[str, Any]:
    """Run both checkouts' models in turns, and return the quickest runs and their ratios."""
    ways = {"before": (before, 1), "now": (ours, 1), "now_shared": (ours, cpu_count())}
    runs: dict[str, list[Timed]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, (checkout, instances) in ways.items():
            said = run_tool(
                [sys.executable, Path(__file__), "--one", checkout / "build" / name, str(instances)],
                install_hint="run `make setup`",
                env={"PYTHONPATH": str(checkout)},
            )
            runs[way].append(Timed(**json.loads(said.splitlines()[-1])))
    if any(run.outputs != runs["now"][0].outputs for found in runs.values() for run in found):
        raise SystemExit(f"{name}: the checkouts' outputs differ, so they are not the same network")
    best = {way: min(found, key=lambda run: run.cpu_seconds) for way, found in runs.items()}
    rate = {way: run.cycles / run.cpu_seconds for way, run in best.items()}
    wall = {way: min(run.wall_seconds / run.cycles for run in found) for way, found in runs.items()}
    built = {way: round(runs[way][0].build_cpu_seconds, 1) for way in ("before", "now")}
    return {
        "frames": FRAMES,
        "processors": cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "ii_cycles": {way: best[way].ii_cycles for way in ("before", "now")},
        "build_cpu_seconds": built if min(built.values()) >= 1.0 else None,
        "cycles": {way: run.cycles for way, run in best.items()},
        "cycles_per_cpu_second": {way: round(value) for way, value in rate.items()},
        "cycles_per_second": {way: round(1 / value) for way, value in wall.items()},
        "cpu_ratio": round(rate["now"] / rate["before"], 2),
        "cpu_ratio_times_processors": round(cpu_count() * rate["now_shared"] / rate["before"], 2),
        "wall_ratio": round(wall["before"] / wall["now_shared"], 2),
    }


def main() -> None:
    """Compare each network, and write the figures beside those of others that were measured before."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--before", type=Path, metavar="CHECKOUT", help="of the commit to compare with")
    parser.add_argument("--one", nargs=2, metavar=("BUILD", "INSTANCES"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        sys.stdout.write(json.dumps(asdict(timed(Path(args.one[0]), int(args.one[1])))) + "\n")
        return
    if not args.names or args.before is None:
        parser.error("name networks, such as cnv-cifar10, and with --before the checkout to compare with")
    path, before = HERE / "benchmark_rtl.json", args.before.resolve()
    said = run_tool(["git", "-C", before, "rev-parse", "--short", "HEAD"], install_hint="install git")
    networks = dict((read_former(path) or {}).get("networks", {}))
    for name in args.names:
        networks[name] = {"before_commit": said.strip(), **compared(name, before, HERE.parent)}
        sys.stdout.write(f"{name} {networks[name]}\n")
        origin: dict[str, Origin] = {}
        for each, figures in networks.items():
            origin |= {f"networks.{each}.{figure}": "simulated" for figure in ("cycles", "ii_cycles")}
            origin |= {f"networks.{each}.{figure}": "measured" for figure in MEASURED if figures[figure]}
            origin[f"networks.{each}.cpu_ratio_times_processors"] = "estimated"
        write_result(path, {"networks": networks}, origin)


def _children() -> float:
    """Return the processor time of programs that have ended [s]."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    main()
