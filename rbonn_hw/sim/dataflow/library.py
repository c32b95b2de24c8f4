"""Calls the engine, C++ that is compiled once per machine: it depends on no design."""

import ctypes
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.sim.dataflow.kinds import Actor
from rbonn_hw.sim.native import engine_library
from rbonn_hw.sim.stream_log import Numbers, Window, room

ENGINE = Path(__file__).resolve().parent / "engine" / "model.cpp"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the engine says of a run.

    Attributes:
        is_deadlock: Whether nothing would ever move again.
        cycles: Cycles of the run: up to the last beat of an end, or to the last in which anything worked
            before a deadlock [cycles].
        wire_cycles: [wires, 4] cycles by 2 * valid + ready.
        wire_state: [wires] 2 * valid + ready in the last cycle.
        spent: [actors, 3] cycles busy, starved, blocked.
        marks: [actors] most words that a FIFO held.
        beats: Cycle of every beat of each end of a stream, by actor.
        recorded: What :mod:`rbonn_hw.sim.stream_log` reads, of all wires; None unless it was asked for.
    """

    is_deadlock: bool
    cycles: int
    wire_cycles: NDArray[np.int64]
    wire_state: NDArray[np.uint8]
    spent: NDArray[np.int64]
    marks: NDArray[np.int64]
    beats: dict[int, NDArray[np.int64]]
    recorded: Numbers | None = None


def run(
    actors: Sequence[Actor],
    wires: int,
    most_beats: int,
    *,
    lazily: bool,
    window: Window | None = None,
) -> Outcome:
    """Run actors until every sink has its beats, or nothing moves.

    Args:
        actors: In topological order.
        wires: Number of wires.
        most_beats: Beats that all ends together log at most.
        lazily: Whether an actor does 64 cycles at once where it can; else it takes every cycle alone, with
            the same outcome.
        window: What is recorded of the wires; None for nothing.

    Raises:
        ToolError: There is no C++ compiler.
    """
    program = np.array(
        [
            number
            for actor in actors
            for number in (
                actor.kind,
                len(actor.inputs),
                len(actor.outputs),
                len(actor.parameters),
                *actor.inputs,
                *actor.outputs,
                *actor.parameters,
            )
        ],
        np.int64,
    )
    end = np.zeros(1, np.int64)
    wire_cycles, wire_state = np.zeros((wires, 4), np.int64), np.zeros(wires, np.uint8)
    spent, marks = np.zeros((len(actors), 3), np.int64), np.zeros(len(actors), np.int64)
    counts, log = np.zeros(len(actors), np.int64), np.zeros(most_beats, np.int64)
    recorded = None if window is None else room(wires, window)
    verdict = _library().rbonn_dataflow(
        program.ctypes,
        len(actors),
        wires,
        int(not lazily),
        *(array.ctypes for array in (end, wire_cycles, wire_state, spent, marks, counts, log)),
        None if recorded is None else recorded.ctypes,
    )
    ends = np.cumsum(counts)
    beats = {
        number: log[last - count : last].copy()
        for number, (last, count) in enumerate(zip(ends, counts, strict=True))
        if len(actors[number].inputs) + len(actors[number].outputs) == 1
    }
    return Outcome(bool(verdict), int(end[0]), wire_cycles, wire_state, spent, marks, beats, recorded)


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(engine_library("dataflow", ENGINE, ["stall.hpp", "stream_log.hpp"])))
    library.rbonn_dataflow.restype = ctypes.c_int
    number, pointer = ctypes.c_int64, ctypes.c_void_p
    library.rbonn_dataflow.argtypes = [pointer, *[number] * 3, *[pointer] * 8]
    return library
