"""rbonn_hw/sim/dataflow: deadlocks with their FIFO, high-water marks, refusals; cycles of RTL elsewhere.

Every kernel's beats are compared with its RTL in tests/rtl (tests/rtl/beats.py), and the ends of frames with
the RTL's by ``rbonn simulate``, which fails where one is a cycle off, of every network that a test gives it,
with pauses in tests/compiler/test_operators.py.
"""

import dataclasses
from typing import Any

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ConfigError, DeadlockError, SpecError
from rbonn_hw.sim.dataflow import Stalls, simulate
from rbonn_hw.spec.add import AddSpec
from rbonn_hw.spec.duplicate import DuplicateSpec
from rbonn_hw.spec.dwc import DwcSpec
from rbonn_hw.spec.fifo import FifoSpec
from rbonn_hw.spec.stage_graph import Stage, StageGraph, StreamEnd
from rbonn_hw.spec.window_schedule import unstalled
from tests.rtl.beats import alone
from tests.rtl.test_window import drawn

BEATS = 64
INT4 = IntType(4, signed=True)


def fork_and_join(depth: int, gathered: int = 8) -> StageGraph:
    """Return a fork whose one branch takes ``gathered`` beats before it gives any, the other has a FIFO."""
    fork = DuplicateSpec(lanes=1, dtype=INT4, copies=2, beats=BEATS)
    wide = DwcSpec(in_lanes=1, out_lanes=gathered, dtype=INT4, beats=BEATS)
    stages = (
        Stage.of("fork", fork, ("x",), ("short", "long")),
        Stage.of("wait", FifoSpec(depth=depth, lanes=1, dtype=INT4, beats=BEATS), ("short",), ("waited",)),
        Stage.of("wide", wide, ("long",), ("wide",)),
        Stage.of(
            "narrow",
            DwcSpec(in_lanes=gathered, out_lanes=1, dtype=INT4, beats=BEATS // gathered),
            ("wide",),
            ("late",),
        ),
        Stage.of(
            "join",
            AddSpec(
                channels=1, pe=1, vectors=BEATS, input0=INT4, input1=INT4, output=IntType(5, signed=True)
            ),
            ("waited", "late"),
            ("y",),
        ),
    )
    return StageGraph(stages, (StreamEnd("x", BEATS),), (StreamEnd("y", BEATS),))


def test_deadlock_names_the_fifo_the_stage_and_a_depth_that_suffices() -> None:
    with pytest.raises(DeadlockError, match=r"FIFO wait before join is full with 2 words and needs \d+") as e:
        simulate(fork_and_join(2), 2)

    needed = int(str(e.value).split()[-1])
    timing = simulate(fork_and_join(needed), 2)
    free = simulate(fork_and_join(100), 2)
    np.testing.assert_array_equal(timing.out_cycles[0], free.out_cycles[0])


def test_deadlock_is_seen_with_pauses_too() -> None:
    with pytest.raises(DeadlockError, match="FIFO wait before join"):
        simulate(fork_and_join(2), 2, Stalls(0.5, 0.5))


def test_high_water_mark_is_what_the_fifo_held() -> None:
    (fifo,) = simulate(fork_and_join(100), 2).fifos
    taken = np.array([depth for depth in range(2, 20) if runs(depth)])

    assert fifo.depth_words == 100
    assert fifo.high_water_words >= taken.min()
    assert simulate(fork_and_join(fifo.high_water_words), 2).cycles == simulate(fork_and_join(100), 2).cycles


def runs(depth: int) -> bool:
    try:
        simulate(fork_and_join(depth), 2)
    except DeadlockError:
        return False
    return True


def test_busy_starved_and_blocked_add_up() -> None:
    timing = simulate(fork_and_join(20), 3, Stalls(0.2, 0.6, 3))
    totals = {stage.busy_cycles + stage.starved_cycles + stage.blocked_cycles for stage in timing.stages}
    assert len(totals) == 1
    assert all(stream.beats >= 3 * BEATS // 8 for stream in timing.streams)
    assert any(stage.blocked_cycles for stage in timing.stages)


@pytest.mark.parametrize("seed", range(100, 130))
def test_windows_keep_their_schedule_whether_the_model_sleeps_or_not(seed: int) -> None:
    spec = drawn(seed)
    schedule = unstalled(spec, 3)
    for lazily in (True, False):
        timing = simulate(alone(spec), 3, lazily=lazily)
        np.testing.assert_array_equal(timing.in_cycles[0], schedule.in_cycles)
        np.testing.assert_array_equal(timing.out_cycles[0], schedule.out_cycles)
    stalled = [simulate(alone(spec), 3, Stalls(0.5, 0.5, seed), lazily=lazily) for lazily in (True, False)]
    np.testing.assert_array_equal(stalled[0].out_cycles[0], stalled[1].out_cycles[0])
    assert stalled[0].stages == stalled[1].stages


def test_layers_of_others_and_bad_settings_are_refused() -> None:
    graph = fork_and_join(20)
    foreign = dataclasses.replace(graph.stages[-1], module="FMPadding")
    with pytest.raises(SpecError, match="layer join: when beats of FMPadding move is not known"):
        simulate(dataclasses.replace(graph, stages=(*graph.stages[:-1], foreign)), 1)
    with pytest.raises(ConfigError, match="frames=0"):
        simulate(graph, 0)
    with pytest.raises(ConfigError, match=r"sink=1\.0"):
        Stalls(0.0, 1.0)


def test_plain_data_and_back() -> None:
    graph = fork_and_join(20)
    assert StageGraph.from_document(graph.to_document()) == graph
    with pytest.raises(ConfigError, match="rbonn compile"):
        StageGraph.from_document({"stages": [{}]})


def test_a_steady_flow_in_which_nothing_changes_is_no_deadlock() -> None:
    graph = StageGraph(
        (Stage.of("fifo", FifoSpec(depth=4, lanes=1, dtype=INT4, beats=BEATS), ("x",), ("y",)),),
        (StreamEnd("x", BEATS),),
        (StreamEnd("y", BEATS),),
    )
    timing = simulate(graph, 500, Stalls(0.0, 0.001))
    assert timing.cycles >= 500 * BEATS


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        (1, {"parameters": {"Depth": 0}}),
        (1, {"parameters": {}}),
        (1, {"inputs": ("nowhere",)}),
        (1, {"inputs": ("long",)}),
        (2, {"parameters": {"InLanes": 0, "OutLanes": 8}}),
        (2, {"parameters": {"InLanes": -3, "OutLanes": 8}}),
        (4, {"inputs": ("waited",)}),
        (4, {"outputs": ()}),
        (3, {"module": "rbonn_window"}),
        (3, {"module": "rbonn_threshold", "parameters": {"Channels": 1, "Pe": 1, "Steps": 1 << 40}}),
        (3, {"module": "rbonn_mvau"}),
        (3, {"module": "rbonn_select"}),
    ],
)
def test_damaged_layers_are_refused(place: int, changes: dict[str, Any]) -> None:
    stages = list(fork_and_join(20).stages)
    stages[place] = dataclasses.replace(stages[place], **changes)
    with pytest.raises(ConfigError, match="run `rbonn compile` again"):
        simulate(dataclasses.replace(fork_and_join(20), stages=tuple(stages)), 1)
