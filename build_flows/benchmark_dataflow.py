"""The dataflow model beside the RTL: cycles of every frame's end, and how long both take, in one run.

    python build_flows/benchmark_dataflow.py NAME=BUILD ...
    python build_flows/benchmark_dataflow.py --fifo-depths NAME=BUILD ...

Each BUILD is a folder of ``rbonn compile``. Frames are random integers: when beats move does not depend on
values. Times are processor seconds of the simulation alone, one process after the other, without the
compilation of the RTL's model; of the dataflow model's three runs the median counts. With ``--fifo-depths``
exact depths are found instead, and compared with those of the build. Writes ``benchmark_dataflow.json``
beside this file.
"""

import argparse
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from rbonn_hw.results import Origin, read_former, write_result
from rbonn_hw.sim.accelerator import build_accelerator, interface
from rbonn_hw.sim.accelerator import simulate as simulate_rtl
from rbonn_hw.sim.dataflow import Stalls, read_stages, simulate
from rbonn_hw.sim.dataflow.depths import exact_depths
from rbonn_hw.sim.dataflow.simulate import frame_ends
from rbonn_hw.spec.stage_graph import FIFO

HERE = Path(__file__).resolve().parent
FRAMES, STALL, SEED, RUNS = 2, 0.3, 1, 3
PUBLISHED = {
    "what": "CNV W1A1 with BNN-PYNQ's folding on a PYNQ-Z1 at 100 MHz",
    "source": "Xilinx/BNN-PYNQ READMEs and notebooks",
    "ii_cycles": 32787,
}


def measured(build_dir: Path) -> dict[str, Any]:
    """Simulate both ways, without and with pauses, and compare."""
    stream = interface(build_dir).input
    rng = np.random.default_rng(SEED)
    frames = rng.integers(stream.element.min, stream.element.max, (FRAMES, *stream.shape), endpoint=True)
    graph, model = read_stages(build_dir), build_accelerator(build_dir)
    frame_ends(graph, 1)  # compiles the engine, once per machine
    errors, seconds = {}, {}
    for name, stall in (("error_cycles", 0.0), ("stalled_error_cycles", STALL)):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        rtl = simulate_rtl(build_dir, frames, stall=stall, seed=SEED, model=model)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds[name] = after.ru_utime - before.ru_utime
        runs = []
        for _ in range(RUNS):
            started = time.process_time()
            ends = frame_ends(graph, FRAMES, Stalls(stall, stall, SEED))
            runs.append(time.process_time() - started)
        errors[name] = int(np.abs(ends - rtl.frame_end_cycles).max()) if ends is not None else None
        if stall == 0.0:
            cycles, quick = rtl.cycles, statistics.median(runs)
    timing = simulate(graph, 6)
    slow = seconds["error_cycles"]
    return {
        "layers": len(graph.stages),
        "frames": FRAMES,
        "cycles": cycles,
        "ii_cycles": timing.ii_cycles,
        "latency_cycles": timing.latency_cycles,
        **errors,
        "rtl_seconds": round(slow, 3),
        "dataflow_seconds": round(quick, 4),
        "ratio": round(slow / quick, 1),
    }


def sized(build_dir: Path) -> dict[str, Any]:
    """Find exact FIFO depths, and say what they save."""
    graph = read_stages(build_dir)
    width = {stage.name: stage.parameters["Width"] for stage in graph.stages if stage.module == FIFO}
    started = time.process_time()
    found = exact_depths(graph)
    seconds = time.process_time() - started
    return {
        "simulations": found.runs,
        "seconds": round(seconds, 1),
        "ii_cycles": found.ii_cycles,
        "bits_by_rule": sum(depth * width[name] for name, depth in graph.fifo_depths.items()),
        "bits_exact": sum(depth * width[name] for name, depth in found.depths.items()),
    }


def main() -> None:
    """Measure each build, and write the figures beside those of others that were measured before."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("builds", nargs="+", metavar="NAME=BUILD")
    parser.add_argument("--fifo-depths", action="store_true")
    args = parser.parse_args()
    path = HERE / "benchmark_dataflow.json"
    former = read_former(path) or {}
    networks, depths = dict(former.get("networks", {})), dict(former.get("fifo_depths", {}))
    table, measure = (depths, sized) if args.fifo_depths else (networks, measured)
    for build in args.builds:
        name, _, folder = build.partition("=")
        table[name] = measure(Path(folder))
        sys.stdout.write(f"{name} {table[name]}\n")
        origin: dict[str, Origin] = {"published.ii_cycles": "measured"}
        for each in depths:
            for figure in ("ii_cycles", "bits_by_rule", "bits_exact", "simulations"):
                origin[f"fifo_depths.{each}.{figure}"] = "simulated"
            origin[f"fifo_depths.{each}.seconds"] = "measured"
        for each in networks:
            for figure in ("cycles", "ii_cycles", "latency_cycles", "error_cycles", "stalled_error_cycles"):
                origin[f"networks.{each}.{figure}"] = "simulated"
            for figure in ("rtl_seconds", "dataflow_seconds", "ratio"):
                origin[f"networks.{each}.{figure}"] = "measured"
        write_result(path, {"networks": networks, "fifo_depths": depths, "published": PUBLISHED}, origin)


if __name__ == "__main__":
    main()
