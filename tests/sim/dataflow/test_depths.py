"""rbonn_hw/sim/dataflow/depths.py: no depth costs a cycle, one word less does, and pauses stop nothing."""

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import DeadlockError
from rbonn_hw.sim.dataflow import Stalls, simulate
from rbonn_hw.sim.dataflow.depths import exact_depths
from rbonn_hw.spec.add import AddSpec
from rbonn_hw.spec.duplicate import DuplicateSpec
from rbonn_hw.spec.dwc import DwcSpec
from rbonn_hw.spec.fifo import FifoSpec
from rbonn_hw.spec.stage_graph import Stage, StageGraph, StreamEnd
from rbonn_hw.spec.threshold import ThresholdSpec

BEATS, GATHERED = 96, 12
UINT4 = IntType(4, signed=False)


def forked(depth: int) -> StageGraph:
    """Return a fork: thresholds and two FIFOs on one branch, 12 beats gathered on the other."""
    fork = DuplicateSpec(lanes=1, dtype=UINT4, copies=2, beats=BEATS)
    search = ThresholdSpec(channels=1, pe=1, steps=15, input=UINT4, output=UINT4, vectors=BEATS)
    fifo = FifoSpec(depth=depth, lanes=1, dtype=UINT4, beats=BEATS)
    wide = DwcSpec(in_lanes=1, out_lanes=GATHERED, dtype=UINT4, beats=BEATS)
    narrow = DwcSpec(in_lanes=GATHERED, out_lanes=1, dtype=UINT4, beats=BEATS // GATHERED)
    add = AddSpec(
        channels=1, pe=1, vectors=BEATS, input0=UINT4, input1=UINT4, output=IntType(5, signed=False)
    )
    stages = (
        Stage.of("fork", fork, ("x",), ("short", "long")),
        Stage.of("search", search, ("short",), ("counts",)),
        Stage.of("wait", fifo, ("counts",), ("waited",)),
        Stage.of("wide", wide, ("long",), ("wide",)),
        Stage.of("narrow", narrow, ("wide",), ("late",)),
        Stage.of("join", add, ("waited", "late"), ("sum",)),
        Stage.of(
            "rest",
            FifoSpec(depth=depth, lanes=1, dtype=IntType(5, signed=False), beats=BEATS),
            ("sum",),
            ("y",),
        ),
    )
    return StageGraph(stages, (StreamEnd("x", BEATS),), (StreamEnd("y", BEATS),))


@pytest.mark.parametrize("given", [2, 60])
def test_depths_are_the_least_that_cost_no_cycle(given: int) -> None:
    sized = exact_depths(forked(given))
    free, graph = simulate(forked(1000), 6), forked(given).with_fifo_depths(sized.depths)

    np.testing.assert_array_equal(simulate(graph, 6).frame_end_cycles, free.frame_end_cycles)
    assert sized.depths["rest"] == 2
    assert sized.depths["wait"] > 2
    assert sized.ii_cycles == free.ii_cycles == BEATS
    less = graph.with_fifo_depths({"wait": sized.depths["wait"] - 1})
    assert is_worse(less, free.frame_end_cycles.tolist())


def is_worse(graph: StageGraph, ends: list[int]) -> bool:
    try:
        worse = bool(simulate(graph, 6).frame_end_cycles.tolist() != ends)
        for seed in range(1, 4):
            simulate(graph, 6, Stalls(0.97, 0.0, seed))
    except DeadlockError:
        return True
    return worse


def test_depths_hold_where_beats_come_alone() -> None:
    """The pipeline of thresholds holds four beats at full pace, and one where they come alone."""
    graph = forked(60).with_fifo_depths(exact_depths(forked(60)).depths)
    for seed in range(10):
        simulate(graph, 4, Stalls(0.97, 0.0, seed))
        simulate(graph, 4, Stalls(0.3, 0.7, seed))
    assert exact_depths(forked(60)).depths == exact_depths(forked(60)).depths
