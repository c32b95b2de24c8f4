"""Simulates an accelerator's streams beat by beat, without its values: from the layers alone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rbonn_hw.errors import ConfigError, DeadlockError
from rbonn_hw.results import read_result
from rbonn_hw.sim.dataflow.actors import Actors, take_apart
from rbonn_hw.sim.dataflow.kinds import Actor, Kind
from rbonn_hw.sim.dataflow.library import Outcome, run
from rbonn_hw.sim.dataflow.timing import Cycles, FifoTiming, StageTiming, StreamTiming, Timing
from rbonn_hw.sim.stream_log import Recording, Window, check_reached, read
from rbonn_hw.spec.stage_graph import FIFO, StageGraph, StreamEnd

UNBOUNDED_WORDS = 1 << 30
"""Depth of a FIFO that never fills [words]."""


@dataclass(frozen=True, slots=True)
class Stalls:
    """Pauses of the ends, the very ones of :meth:`rbonn_hw.sim.model.Model.run` with the same seed.

    Attributes:
        source: Chance per cycle that an idle source pauses, 0 <= source < 1.
        sink: Chance per cycle that a sink is not ready, 0 <= sink < 1.
        seed: Seeds them.
    """

    source: float = 0.0
    sink: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("source", "sink"):
            chance = getattr(self, name)
            if not 0.0 <= chance < 1.0:
                raise ConfigError(f"{name}={chance} must be at least 0 and below 1, such as 0.3")


NO_STALLS = Stalls()


def read_stages(build_dir: Path) -> StageGraph:
    """Read the layers of the accelerator in a build folder.

    Raises:
        ConfigError: The folder holds no compiled accelerator.
    """
    document = read_result(build_dir / "compile.json", f"rbonn compile NETWORK --out {build_dir}")
    return StageGraph.from_document(document["stage_graph"])


def simulate(
    graph: StageGraph,
    frames: int,
    stalls: Stalls = NO_STALLS,
    *,
    lazily: bool = True,
    window: Window | None = None,
) -> Timing:
    """Return when every beat of ``frames`` frames moves.

    Args:
        graph: The accelerator.
        frames: Frames, offered without a gap but for the pauses.
        stalls: Pauses of sources and sinks.
        lazily: False takes every layer through every cycle, with the same outcome and more time.
        window: Cycles in which every change of every stream is recorded; None for none.

    Raises:
        ConfigError: ``frames`` is below 1, or the run ended before the window.
        DeadlockError: Nothing moves any more; the message names FIFOs, their layers and the depths that they
            need.
        SpecError: A layer's timing is not known.
        ToolError: There is no C++ compiler.
    """
    if frames < 1:
        raise ConfigError(f"frames={frames} must be at least 1")
    outcome, actors = _run(graph, frames, stalls, lazily=lazily, window=window)
    if outcome.is_deadlock:
        raise DeadlockError(_deadlock(graph, frames, stalls, outcome, actors))
    if window is not None:
        check_reached(window.first, outcome.cycles)
    sources, sinks = len(graph.inputs), len(graph.outputs)
    count = sources + len(actors.actors)
    return Timing(
        frames=frames,
        in_cycles=tuple(outcome.beats[number] for number in range(sources)),
        out_cycles=tuple(outcome.beats[count + number] for number in range(sinks)),
        frame_end_cycles=_ends(graph, frames, outcome, actors),
        stages=tuple(_stages(graph, outcome, actors)),
        streams=tuple(_streams(graph, outcome, actors)),
        fifos=tuple(_fifos(graph, outcome, actors)),
        recording=None if window is None else _recording(graph, outcome, actors, window),
    )


def frame_ends(graph: StageGraph, frames: int, stalls: Stalls = NO_STALLS) -> Cycles | None:
    """Return when each frame ends, as :attr:`Timing.frame_end_cycles`; None where nothing moves any more."""
    outcome, actors = _run(graph, frames, stalls, lazily=True)
    return None if outcome.is_deadlock else _ends(graph, frames, outcome, actors)


def _ends(graph: StageGraph, frames: int, outcome: Outcome, actors: Actors) -> Cycles:
    first_out = outcome.beats[len(graph.inputs) + len(actors.actors)]
    return first_out.reshape(frames, -1)[:, -1] - int(outcome.beats[0][0])


def _run(
    graph: StageGraph, frames: int, stalls: Stalls, *, lazily: bool, window: Window | None = None
) -> tuple[Outcome, Actors]:
    actors = take_apart(graph)

    def wires(end: StreamEnd) -> tuple[int, ...]:
        return (actors.wire_of[end.stream],)

    def numbers(end: StreamEnd, chance: float, stream: int) -> tuple[int, ...]:
        # Seeds as in harness/stream_driver.cpp, in 64 bits: inputs first, then outputs.
        seed = np.uint64((stalls.seed * 1000003 + stream) % (1 << 64))
        return (end.beats * frames, int(np.float64(chance).view(np.int64)), int(seed.view(np.int64)))

    sources = [
        Actor(Kind.SOURCE, (), wires(end), numbers(end, stalls.source, stream))
        for stream, end in enumerate(graph.inputs)
    ]
    sinks = [
        Actor(Kind.SINK, wires(end), (), numbers(end, stalls.sink, stream))
        for stream, end in enumerate(graph.outputs, len(graph.inputs))
    ]
    beats = frames * sum(end.beats for end in (*graph.inputs, *graph.outputs))
    everything = [*sources, *actors.actors, *sinks]
    return run(everything, actors.wires, beats, lazily=lazily, window=window), actors


def _recording(graph: StageGraph, outcome: Outcome, actors: Actors, window: Window) -> Recording | None:
    """Return what the streams did; wires within a layer are left out."""
    if outcome.recorded is None:
        return None
    wires = read(outcome.recorded, [str(wire) for wire in range(actors.wires)], window)
    streams = {name: wires.streams[str(actors.wire_of[name])] for name in graph.streams}
    return Recording(wires.first, wires.end, streams)


def _stages(graph: StageGraph, outcome: Outcome, actors: Actors) -> list[StageTiming]:
    return [
        StageTiming(
            stage.name,
            stage.module,
            *map(int, outcome.spent[len(graph.inputs) + actors.own[stage.name]]),
        )
        for stage in graph.stages
        if stage.name in actors.own
    ]


def _streams(graph: StageGraph, outcome: Outcome, actors: Actors) -> list[StreamTiming]:
    readers = {stream: stage.name for stage in graph.stages for stream in stage.inputs}
    found = []
    for stage in graph.stages:
        for stream in stage.outputs:
            if stream in readers:
                _, waiting, held, beats = map(int, outcome.wire_cycles[actors.wire_of[stream]])
                found.append(StreamTiming(f"{stage.name} -> {readers[stream]}", beats, waiting, held))
    return found


def _fifos(graph: StageGraph, outcome: Outcome, actors: Actors) -> list[FifoTiming]:
    return [
        FifoTiming(
            stage.name,
            stage.parameters["Depth"],
            int(outcome.marks[len(graph.inputs) + actors.own[stage.name]]),
        )
        for stage in graph.stages
        if stage.module == FIFO
    ]


def _deadlock(graph: StageGraph, frames: int, stalls: Stalls, outcome: Outcome, actors: Actors) -> str:
    """Return what stands still, and the depths with which it would not."""
    readers = {stream: stage.name for stage in graph.stages for stream in stage.inputs}
    full = {
        stage.name: readers.get(stage.outputs[0], "the output")
        for stage in graph.stages
        if stage.module == FIFO and not outcome.wire_state[actors.wire_of[stage.inputs[0]]] & 1
    }
    held = [
        f"{stage.name} -> {readers.get(stream, 'the output')}"
        for stage in graph.stages
        for stream in stage.outputs
        if outcome.wire_state[actors.wire_of[stream]] == 2
    ]
    said = f"nothing moves from cycle {outcome.cycles} on; beats wait on {', '.join(held) or 'no stream'}"
    unbounded = graph.with_fifo_depths(dict.fromkeys(graph.fifo_depths, UNBOUNDED_WORDS))
    freed, _ = _run(unbounded, frames, stalls, lazily=True)
    if freed.is_deadlock:
        return f"{said}; no depth of the FIFOs that it has lets it go on"
    needs = {fifo.name: fifo.high_water_words for fifo in _fifos(unbounded, freed, actors)}
    lines = [
        f"FIFO {name} before {reader} is full with {graph.fifo_depths[name]} words and needs {needs[name]}"
        for name, reader in full.items()
        if needs[name] > graph.fifo_depths[name]
    ]
    return "\n  ".join([said, *lines])
