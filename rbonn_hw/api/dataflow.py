"""The dataflow simulation: when every beat of a compiled accelerator moves, without its values or its RTL."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbonn_hw.api import timelines

if TYPE_CHECKING:
    from rbonn_hw.results import Document, Origin
    from rbonn_hw.sim.dataflow import Timing

RESULT = "dataflow.json"
MODELLED_FRAMES = 32
"""Frames of an RTL run whose ends are compared with the model's; later ones do not change them."""


def dataflow(
    build_dir: Path | str,
    *,
    frames: int = 4,
    stall: float = 0.0,
    seed: int = 0,
    trace: Path | str | None = None,
    window: tuple[int, int] | None = None,
) -> "Document":
    """Simulate the streams of the accelerator in a build folder; writes ``dataflow.json``, ``timeline.json``.

    Args:
        build_dir: Folder of :func:`rbonn_hw.api.compile`.
        frames: Frames.
        stall: Chance per cycle that input or output pauses, below 1; with the same seed the very pauses of
            :func:`rbonn_hw.api.simulate`.
        seed: Of the pauses.
        trace: Trace file to write, too, for ui.perfetto.dev.
        window: First and last cycle of timeline and trace; None for all that fit.

    Returns:
        The content of ``dataflow.json``.

    Raises:
        ConfigError: A setting is out of its range; there is no compiled accelerator; another run is at work
            there; something would be overwritten that rbonn did not make.
        DeadlockError: The accelerator stands still; the message names FIFOs and the depths that they need.
        SpecError: A layer's timing is not known: FINN's own ones.
    """
    from rbonn_hw.at_work import at_work
    from rbonn_hw.ownership import Claim
    from rbonn_hw.results import read_result, write_result
    from rbonn_hw.sim.dataflow import Stalls, read_stages, simulate
    from rbonn_hw.sim.trace_file import check_trace

    folder = Path(build_dir)
    stalls, recorded = Stalls(stall, stall, seed), timelines.window_of(window)
    claim = Claim(folder, "simulate", (RESULT, timelines.RESULT))
    file = None if trace is None else Path(trace)
    if file is not None:
        check_trace(file)
    with at_work(folder, "simulate"):
        claim.check()
        compiled = read_result(folder / "compile.json", f"rbonn compile NETWORK --out {folder}")
        graph = read_stages(folder)
        timing = simulate(graph, frames, stalls, window=recorded)
        document = _document(compiled, timing, stall, seed)
        claim.record()
        assert timing.recording is not None
        run = {name: document[name] for name in ("compiled", "frames", "stall", "seed")}
        document["timeline"] = timelines.write_timeline(
            folder, graph, timing.recording, {**run, "level": "dataflow"}, file
        )
        figures = ("ii_cycles", "latency_cycles", "cycles", "fps_at_clock", "frame_end_cycles")
        origin: dict[str, Origin] = dict.fromkeys((*figures, "stages", "streams", "fifos"), "simulated")
        write_result(folder / RESULT, document, origin)
    return document


def _document(compiled: "Document", timing: "Timing", stall: float, seed: int) -> "Document":
    ii = timing.ii_cycles
    return {
        "compiled": str(compiled["key"]),
        "frames": timing.frames,
        "ii_cycles": ii,
        "is_steady": timing.is_steady,
        "latency_cycles": timing.latency_cycles,
        "cycles": timing.cycles,
        "fps_at_clock": round(1e9 / compiled["clk_period_ns"] / ii, 1) if ii else None,
        "stall": stall,
        "seed": seed,
        "frame_end_cycles": timing.frame_end_cycles.tolist(),
        "stages": [asdict(stage) for stage in timing.stages],
        "streams": [asdict(stream) for stream in timing.streams],
        "fifos": [asdict(fifo) for fifo in timing.fifos],
    }


def model_error(build_dir: Path, frame_end_cycles: Any, *, stall: float, seed: int) -> int | None:
    """Return by how much the model is off at most in when a frame of an RTL run ends [cycles].

    Args:
        build_dir: Folder of the accelerator.
        frame_end_cycles: Of the RTL run, [frames].
        stall: As for the RTL run.
        seed: The same.

    Returns:
        None where the accelerator has layers of FINN's own, whose timing is not known.
    """
    import numpy as np

    from rbonn_hw.errors import SpecError
    from rbonn_hw.sim.dataflow import Stalls, read_stages, simulate

    ends = frame_end_cycles[:MODELLED_FRAMES]
    try:
        timing = simulate(read_stages(build_dir), len(ends), Stalls(stall, stall, seed))
    except SpecError:
        return None
    return int(np.abs(timing.frame_end_cycles - ends).max())
