"""What every layer does over time, and how full FIFOs are: from what the streams do, by one rule.

A layer is, by the states of its streams in a cycle, the first of these that holds:

- *busy*: a beat moves on one of them;
- *blocked*: a beat of its output is not taken;
- *starved*: it asks for a beat that is not there; one of several inputs, which asks for pairs, has none;
- *busy*: else. It neither takes nor offers, so it works on what it has.

The dataflow model's own counts (:class:`rbonn_hw.sim.dataflow.timing.StageTiming`) look into a layer; this
rule needs nothing but the streams, which the RTL shows, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.sim.stream_log import HELD, MOVES, WAITING, Numbers, Recording, StreamLog
from rbonn_hw.spec.stage_graph import FIFO, Stage, StageGraph, StreamEnd

BUSY, STARVED, BLOCKED = range(3)
STATES = ("busy", "starved", "blocked")


@dataclass(frozen=True, slots=True)
class Spans:
    """A layer over the window.

    Attributes:
        name: Instance.
        module: Module.
        begins: Cycles in which a state begins, rising, [spans]; each lasts to the next, or to ``end``.
        states: BUSY, STARVED or BLOCKED, no two neighbours equal, [spans].
        end: First cycle behind the window.
    """

    name: str
    module: str
    begins: Numbers
    states: NDArray[np.uint8]
    end: int

    @property
    def lengths(self) -> Numbers:
        """Cycles of each span [cycles]."""
        return np.diff(self.begins, append=self.end)

    def spent(self, state: int) -> int:
        """Return the cycles in a state [cycles]."""
        return int(self.lengths[self.states == state].sum())


@dataclass(frozen=True, slots=True)
class Fill:
    """How many words a FIFO holds, the one on offer included; straight lines between points.

    Attributes:
        name: Instance.
        depth_words: Its depth [words].
        cycles: Cycles of the points, rising, [points]; the last is the first behind the window.
        words: Words as these cycles begin, [points].
    """

    name: str
    depth_words: int
    cycles: Numbers
    words: Numbers


@dataclass(frozen=True, slots=True)
class Timeline:
    """All layers but FIFOs in topological order, all FIFOs, and the frames that begin or end in the window.

    Attributes:
        first: First cycle of the window.
        end: First cycle behind it.
        layers: Layers.
        fifos: FIFOs.
        frame_starts: Frame number and cycle of its first beat into the accelerator.
        frame_ends: Frame number and cycle of its last beat out of it.
    """

    first: int
    end: int
    layers: tuple[Spans, ...]
    fifos: tuple[Fill, ...]
    frame_starts: dict[int, int]
    frame_ends: dict[int, int]


def timeline(graph: StageGraph, recording: Recording) -> Timeline:
    """Return what the layers did while the streams were recorded."""
    return Timeline(
        first=recording.first,
        end=recording.end,
        layers=tuple(_spans(stage, recording) for stage in graph.stages if stage.module != FIFO),
        fifos=tuple(_fill(stage, recording) for stage in graph.stages if stage.module == FIFO),
        frame_starts=_frames(graph.inputs[0], recording, place=0),
        frame_ends=_frames(graph.outputs[0], recording, place=graph.outputs[0].beats - 1),
    )


def _spans(stage: Stage, recording: Recording) -> Spans:
    inputs, outputs = ([recording.streams[name] for name in side] for side in (stage.inputs, stage.outputs))
    begins = np.unique(np.concatenate([log.begins for log in (*inputs, *outputs)]))
    into, out = (_at(begins, side) for side in (inputs, outputs))
    moves = (into == MOVES).any(axis=0) | (out == MOVES).any(axis=0)
    held = (out == HELD).any(axis=0)
    lacks = (into == WAITING).any(axis=0) if len(inputs) == 1 else (into < HELD).any(axis=0)
    states = np.select([moves, held, lacks], [BUSY, BLOCKED, STARVED], BUSY).astype(np.uint8)
    changes = np.append(True, states[1:] != states[:-1])
    return Spans(stage.name, stage.module, begins[changes], states[changes], recording.end)


def _at(cycles: Numbers, logs: Sequence[StreamLog]) -> NDArray[np.uint8]:
    """Return the states of streams in cycles, [streams, cycles]."""
    return np.stack([log.states[np.searchsorted(log.begins, cycles, side="right") - 1] for log in logs])


def _fill(stage: Stage, recording: Recording) -> Fill:
    into, out = (recording.streams[side[0]] for side in (stage.inputs, stage.outputs))
    cycles = np.unique(np.concatenate([into.begins, out.begins, [recording.end]]))
    words = beats(into, cycles) - beats(out, cycles)
    return Fill(stage.name, stage.parameters["Depth"], cycles, words)


def beats(log: StreamLog, cycles: Numbers) -> Numbers:
    """Return how many beats have moved on a stream as each of these cycles of the window begins."""
    moving = (log.states == MOVES).astype(np.int64)
    passed = np.append(0, np.cumsum(np.diff(log.begins) * moving[:-1]))
    place = np.searchsorted(log.begins, cycles, side="right") - 1
    moved: Numbers = log.beats_before + passed[place] + (cycles - log.begins[place]) * moving[place]
    return moved


def _frames(end: StreamEnd, recording: Recording, *, place: int) -> dict[int, int]:
    """Return frames, and the cycle of their beat number ``place`` on an end's stream."""
    log = recording.streams[end.stream]
    cycles = np.append(log.begins, recording.end)
    moved = beats(log, cycles)
    frames = range(-(-(int(moved[0]) - place) // end.beats), -(-(int(moved[-1]) - place) // end.beats))
    # The span in which the beat moves begins with no more beats before it, and ends with more.
    spans = np.searchsorted(moved, [frame * end.beats + place for frame in frames], side="right") - 1
    return {
        frame: int(cycles[span] + frame * end.beats + place - moved[span])
        for frame, span in zip(frames, spans, strict=True)
    }
