"""Every beat of a kernel's RTL against the dataflow model of the kernel."""

import numpy as np

from rbonn_hw.sim.dataflow import Stalls, Timing, simulate
from rbonn_hw.sim.model import Run
from rbonn_hw.spec._stream import KernelSpec
from rbonn_hw.spec.stage_graph import Stage, StageGraph, StreamEnd


def alone(spec: KernelSpec) -> StageGraph:
    """Return the graph of one kernel."""
    inputs = tuple(StreamEnd(port.name, port.beats) for port in spec.inputs)
    outputs = tuple(StreamEnd(port.name, port.beats) for port in spec.outputs)
    names = (tuple(end.stream for end in side) for side in (inputs, outputs))
    return StageGraph((Stage.of("kernel", spec, *names),), inputs, outputs)


def assert_modelled(
    spec: KernelSpec, run: Run, *, in_stall: float = 0.0, out_stall: float = 0.0, seed: int = 1
) -> None:
    """Check the cycle of every input and output beat of an RTL run, whether the model sleeps or not.

    Args:
        spec: The kernel.
        run: What its RTL did, with these pauses.
        in_stall: As for :meth:`rbonn_hw.sim.model.Model.run`.
        out_stall: The same.
        seed: The same.
    """
    frames = len(run.in_cycles[0]) // spec.inputs[0].beats
    stalls = Stalls(in_stall, out_stall, seed)
    timings = [simulate(alone(spec), frames, stalls, lazily=lazily) for lazily in (True, False)]
    for timing in timings:
        for actual, expected in zip(
            (*timing.in_cycles, *timing.out_cycles), (*run.in_cycles, *run.beat_cycles), strict=True
        ):
            np.testing.assert_array_equal(actual, expected)
    _assert_same_counts(*timings)


def _assert_same_counts(lazy: Timing, every: Timing) -> None:
    assert lazy.stages == every.stages
    assert lazy.fifos == every.fifos
