"""How quickly the RTL simulation of a network that ships runs: one instance, and as many as processors.

    python -m build_flows.benchmark_rtl

Writes ``benchmark_rtl.json`` beside this file. Both ways are timed in turns in one run, so that their ratio
says something on a machine that is busy, too; seconds of the processor say how much work a cycle is.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from rbonn_hw import api
from rbonn_hw.compiler import golden
from rbonn_hw.results import Origin, write_result
from rbonn_hw.sim.accelerator import AcceleratorRun, build_accelerator, simulate
from rbonn_hw.toolchain import cpu_count

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "benchmark_rtl"
NETWORK, TARGET_CYCLES, FRAMES, ROUNDS = "lfc-mnist", 2048, 200, 2


@dataclass(frozen=True, slots=True)
class Timed:
    """One run.

    Attributes:
        run: What it gave.
        wall_seconds: Wall time [s].
        cpu_seconds: Of the simulators, on all processors [s].
    """

    run: AcceleratorRun
    wall_seconds: float
    cpu_seconds: float


def main() -> None:
    """Time both ways in turns, and write the figures."""
    api.export(NETWORK, BUILD / "export", frames="none")
    api.compile(BUILD / "export" / "model.qonnx.onnx", BUILD, target_cycles=TARGET_CYCLES)
    frames = golden.network_frames(BUILD, golden.random_frames(BUILD, FRAMES, 0))
    integers = golden.to_integers(BUILD, frames)
    before = _children()
    model = build_accelerator(BUILD)
    build_seconds = _children() - before
    counts = (1, cpu_count())
    timed: dict[int, list[Timed]] = {count: [] for count in counts}
    for _ in range(ROUNDS):
        for count in counts:
            started, before = time.monotonic(), _children()
            run = simulate(BUILD, integers, model=model, instances=count)
            timed[count].append(Timed(run, time.monotonic() - started, _children() - before))
    best = {count: min(found, key=lambda one: one.wall_seconds) for count, found in timed.items()}
    alone, many = (best[count] for count in counts)
    document = {
        "network": NETWORK,
        "frames": FRAMES,
        "load_average": round(os.getloadavg()[0], 1),
        "build_cpu_seconds": round(build_seconds, 1),
        "ii_cycles": alone.run.ii_cycles,
        "runs": {
            str(count): {
                "cycles": one.run.simulated_cycles,
                "wall_seconds": round(one.wall_seconds, 2),
                "cycles_per_second": round(one.run.simulated_cycles / one.wall_seconds),
                "cycles_per_cpu_second": round(one.run.simulated_cycles / one.cpu_seconds),
            }
            for count, one in best.items()
        },
        "frames_per_second_ratio": round(alone.wall_seconds / many.wall_seconds, 2),
        "same_ii_and_latency": (alone.run.ii_cycles, alone.run.latency_cycles)
        == (many.run.ii_cycles, many.run.latency_cycles),
    }
    origin: dict[str, Origin] = {
        "build_cpu_seconds": "measured",
        "runs": "measured",
        "frames_per_second_ratio": "measured",
        "ii_cycles": "simulated",
    }
    write_result(HERE / "benchmark_rtl.json", document, origin)


def _children() -> float:
    """Return the processor time of programs that have ended [s]."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    main()
