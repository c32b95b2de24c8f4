"""Timelines: of RTL and dataflow model alike, against a logger in Verilog and the rule a cycle at a time."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.cli import main
from rbonn_hw.errors import ConfigError
from rbonn_hw.packing import pack
from rbonn_hw.sim.accelerator import accelerator_design, interface
from rbonn_hw.sim.dataflow import Stalls, Timing, read_stages, simulate
from rbonn_hw.sim.model import build
from rbonn_hw.sim.stream_log import Recording, Window, read
from rbonn_hw.sim.timeline import STATES, Fill, Timeline, timeline
from rbonn_hw.sim.timeline_bins import binned
from rbonn_hw.spec.stage_graph import FIFO, Stage, StageGraph
from tests.compiler.frontend.moving import NETWORKS
from tests.compiler.frontend.networks import export, lively
from tests.sim.dataflow.test_simulate import fork_and_join

LOGGER = Path(__file__).parent / "rtl" / "stream_logger.sv"
FRAMES = 3
STALLS = Stalls(0.2, 0.3, 5)
Lines = list[tuple[int, ...]]
"""States of all streams, 2 * valid + ready, a cycle each."""


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an accelerator with a fork, a join, a FIFO and windows."""
    folder = tmp_path_factory.mktemp("residual")
    make, shape = NETWORKS["add of three halves"]
    module, seed = lively(make, shape)
    network = export(module, shape, folder / "network.onnx", seed=seed)
    assert main(["compile", str(network), "--out", str(folder / "out"), "--target-cycles", "500"]) == 0
    return folder / "out"


@pytest.fixture(scope="module")
def simulated(build_dir: Path) -> tuple[StageGraph, Recording, Lines]:
    """Simulate the RTL, which a logger in Verilog watches, too."""
    graph, found = read_stages(build_dir), interface(build_dir)
    lines = build_dir / "lines.txt"
    design = accelerator_design(build_dir)
    names = ["s_axis_0", "m_axis_0", *(probe.valid.removesuffix("_tvalid") for probe in design.probes)]
    wires = {
        wire: "{" + ", ".join(f"{name}_t{wire}" for name in reversed(names)) + "}"
        for wire in ("valid", "ready")
    }
    bound = build_dir / "bound.sv"
    bound.write_text(
        f'bind {design.top} stream_logger #(.Streams({len(names)}), .File("{lines}")) u_logger '
        f"(.clk_i(ap_clk), .rst_ni(ap_rst_n), .valid_i({wires['valid']}), .ready_i({wires['ready']}));\n"
    )
    model = build(replace(design, sources=(*design.sources, LOGGER, bound)), build_dir / "sim")
    frames = np.random.default_rng(0).integers(0, 2, (FRAMES * found.input.beats, found.input.lanes))
    run = model.run(
        [pack(frames, found.input.element.bits)],
        [FRAMES * found.output.beats],
        in_stall=STALLS.source,
        out_stall=STALLS.sink,
        seed=STALLS.seed,
        most_changes=1 << 20,
    )
    assert run.recorded is not None
    logged = [
        tuple(2 * int(valid) + int(ready) for valid, ready in zip(*map(reversed, line.split()), strict=True))
        for line in lines.read_text().splitlines()
    ]
    return graph, read(run.recorded, graph.streams, Window()), logged[: run.cycles]


def expanded(recording: Recording) -> Lines:
    """Return the states of all streams, cycle by cycle."""
    streams = [
        np.repeat(log.states, np.diff(log.begins, append=recording.end)).tolist()
        for log in recording.streams.values()
    ]
    return list(zip(*streams, strict=True))


def modelled(build_dir: Path, window: Window) -> Recording:
    """Return what the dataflow model says of the same run."""
    recording = simulate(read_stages(build_dir), FRAMES, STALLS, window=window).recording
    assert recording is not None
    return recording


@pytest.mark.verilator
def test_rtl_and_model_record_what_a_logger_in_the_rtl_sees(
    build_dir: Path, simulated: tuple[StageGraph, Recording, Lines]
) -> None:
    graph, recording, logged = simulated
    assert {stage.module for stage in graph.stages} >= {FIFO, "rbonn_add", "rbonn_duplicate", "rbonn_mvau"}
    assert (recording.first, recording.end) == (0, len(logged))

    assert expanded(recording) == logged

    assert expanded(modelled(build_dir, Window())) == logged


@pytest.mark.verilator
def test_layers_follow_the_rule_in_every_cycle(simulated: tuple[StageGraph, Recording, Lines]) -> None:
    graph, recording, logged = simulated
    found = timeline(graph, recording)
    seen = {name: [line[place] for line in logged] for place, name in enumerate(graph.streams)}
    names = [stage.name for stage in graph.stages if stage.module != FIFO]
    assert [layer.name for layer in found.layers] == names

    for stage in graph.stages:
        if stage.module == FIFO:
            (fill,) = (fifo for fifo in found.fifos if fifo.name == stage.name)
            words = np.interp(np.arange(len(logged)), fill.cycles, fill.words).tolist()
            assert words == held(seen[stage.inputs[0]], seen[stage.outputs[0]])
            continue
        (layer,) = (layer for layer in found.layers if layer.name == stage.name)
        states = np.repeat(layer.states, layer.lengths).tolist()
        assert [STATES[state] for state in states] == ruled(stage, seen, len(logged))


def held(into: Sequence[int], out: Sequence[int]) -> list[int]:
    """Return the words in a FIFO as each cycle begins."""
    words, now = [], 0
    for one, other in zip(into, out, strict=True):
        words.append(now)
        now += (one == 3) - (other == 3)
    return words


def ruled(stage: Stage, seen: dict[str, list[int]], cycles: int) -> list[str]:
    """Return a layer's states by the rule of the how-to, a cycle at a time."""
    states = []
    for cycle in range(cycles):
        into, out = ([seen[name][cycle] for name in side] for side in (stage.inputs, stage.outputs))
        if 3 in into or 3 in out:
            states.append("busy")
        elif 2 in out:
            states.append("blocked")
        elif 1 in into or (len(into) > 1 and min(into) < 2):
            states.append("starved")
        else:
            states.append("busy")
    return states


@pytest.mark.verilator
def test_a_window_is_a_part_of_the_whole(
    build_dir: Path, simulated: tuple[StageGraph, Recording, Lines]
) -> None:
    graph, _, logged = simulated
    whole = timeline(graph, modelled(build_dir, Window()))
    window = modelled(build_dir, Window(100, 199))
    assert expanded(window) == logged[100:200]
    part = timeline(graph, window)
    for one, all_of_it in zip(part.fifos, whole.fifos, strict=True):
        cycles = np.arange(100, 200)
        np.testing.assert_array_equal(
            np.interp(cycles, one.cycles, one.words), np.interp(cycles, all_of_it.cycles, all_of_it.words)
        )
    ends = {frame: cycle for frame, cycle in whole.frame_ends.items() if 100 <= cycle < 200}
    assert part.frame_ends == ends


def drawn(frames: int = 3, window: Window | None = None) -> tuple[Timing, Timeline]:
    """Return a fork and a join with pauses, by the model."""
    graph = fork_and_join(20)
    timing = simulate(graph, frames, STALLS, window=window or Window())
    assert timing.recording is not None
    return timing, timeline(graph, timing.recording)


def test_layers_that_pass_beats_on_spend_what_the_model_counts_within_them() -> None:
    timing, found = drawn()
    counted = {
        stage.name: (stage.busy_cycles, stage.starved_cycles, stage.blocked_cycles) for stage in timing.stages
    }
    for layer in found.layers:
        assert tuple(layer.spent(state) for state in range(3)) == counted[layer.name]
    (fifo,), (fill,) = timing.fifos, found.fifos
    assert int(fill.words.max()) == fifo.high_water_words


def test_frames_begin_and_end_with_their_beats() -> None:
    timing, found = drawn()
    beats = len(timing.in_cycles[0]) // 3
    assert list(found.frame_starts.values()) == timing.in_cycles[0][::beats].tolist()
    assert list(found.frame_ends.values()) == timing.out_cycles[0][beats - 1 :: beats].tolist()


def test_a_log_that_is_full_ends_and_holds_what_it_held() -> None:
    _, whole = drawn()
    timing, found = drawn(window=Window(most_changes=200))
    assert timing.recording is not None
    assert 0 < found.end < whole.end
    assert sum(len(log.begins) for log in timing.recording.streams.values()) < 300
    for part, layer in zip(found.layers, whole.layers, strict=True):
        kept = layer.begins < found.end
        np.testing.assert_array_equal(part.begins, layer.begins[kept])
        np.testing.assert_array_equal(part.states, layer.states[kept])


def test_bins_hold_all_cycles_and_the_most_words() -> None:
    _, found = drawn()
    document = binned(found, 7)
    edges = document["edges"]
    assert (edges[0], edges[-1], len(edges)) == (0, found.end, 8)
    for layer, row in zip(found.layers, document["layers"], strict=True):
        states = np.repeat(layer.states, layer.lengths)
        for place, share in enumerate(row["busy"]):
            part = states[edges[place] : edges[place + 1]]
            assert share == 1000 * int((part == 0).sum()) // len(part)
        spent = (row["busy_cycles"], row["starved_cycles"], row["blocked_cycles"])
        assert spent == tuple(int((states == state).sum()) for state in range(3))
    (fifo,), (fill,) = document["fifos"], found.fifos
    words = np.interp(np.arange(found.end), fill.cycles, fill.words)
    assert fifo["most_words"] == [int(words[a:b].max()) for a, b in pairwise(edges)]
    assert len(binned(found, 10_000)["edges"]) == found.end + 1


def test_a_fifo_that_fills_is_fullest_in_the_last_cycle_of_a_bin() -> None:
    points = np.array([0, 1000], np.int64)
    found = Timeline(0, 1000, (), (Fill("wait", 1000, points, points),), {}, {})
    assert binned(found, 10)["fifos"][0]["most_words"] == list(range(99, 1000, 100))


def test_a_window_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="cycles 9 to 5 must be 0 <= FIRST <= LAST"):
        Window(9, 5)
