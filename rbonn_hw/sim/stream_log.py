"""What the streams of an accelerator did, change by change: the log of ``harness/stream_log.hpp``.

The dataflow model and the RTL's simulator keep the same log, of the same streams, so the two can be compared,
and all that is drawn over time comes from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import ConfigError

IDLE, WAITING, HELD, MOVES = range(4)
"""States of a stream, 2 * valid + ready: nothing; asked for a beat; offers one, not taken; moves it."""
MOST_CHANGES = 8_000_000
"""Changes of all streams that a log holds; it ends sooner where there would be more."""
ALL_CYCLES = (0, 1 << 60)

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Window:
    """What is recorded.

    Attributes:
        first: First cycle; cycle 0 is the first out of reset.
        last: Last cycle; the run may end before.
        most_changes: Changes of all streams, at which it ends sooner.
    """

    first: int = ALL_CYCLES[0]
    last: int = ALL_CYCLES[1]
    most_changes: int = MOST_CHANGES

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last <= ALL_CYCLES[1]:
            raise ConfigError(
                f"window: cycles {self.first} to {self.last} must be 0 <= FIRST <= LAST <= {ALL_CYCLES[1]}"
            )


@dataclass(frozen=True, slots=True)
class StreamLog:
    """One stream over the window.

    Attributes:
        begins: Cycles in which a state begins, rising, [changes + 1]; the first is that of the window.
        states: The states, no two neighbours equal, [changes + 1].
        beats_before: Beats that moved before the window.
    """

    begins: Numbers
    states: NDArray[np.uint8]
    beats_before: int


@dataclass(frozen=True, slots=True)
class Recording:
    """All streams over a window.

    Attributes:
        first: First cycle.
        end: First cycle behind it.
        streams: By name, as in :class:`rbonn_hw.spec.stage_graph.StageGraph`, inputs first, then outputs.
    """

    first: int
    end: int
    streams: dict[str, StreamLog]


def check_reached(first: int, cycles: int) -> None:
    """Check that a run of so many cycles came to the first one of its window.

    Raises:
        ConfigError: It ended before.
    """
    if first >= cycles:
        raise ConfigError(f"window: the run ended before cycle {first}; it has {cycles} cycles, from 0 on")


def room(streams: int, window: Window) -> Numbers:
    """Return the array that the dataflow engine writes its log of so many wires to."""
    numbers = np.zeros(window.most_changes + 16 * streams + 1, np.int64)
    numbers[:3] = window.first, window.last, window.most_changes
    return numbers


def read(numbers: Numbers, names: Sequence[str], window: Window) -> Recording:
    """Return the log whose numbers ``harness/stream_log.hpp`` wrote, of streams with these names."""
    header = numbers[1 : 1 + 2 * len(names)].reshape(-1, 2)
    ends = 1 + header.size + np.cumsum(header[:, 0])
    streams = {
        name: _stream(numbers[end - count : end], window.first, int(before))
        for name, end, (count, before) in zip(names, ends, header, strict=True)
    }
    return Recording(window.first, int(numbers[0]), streams)


def _stream(changes: Numbers, first: int, beats_before: int) -> StreamLog:
    begins, states = changes // 4, (changes % 4).astype(np.uint8)
    if not len(begins) or begins[0] != first:
        begins, states = np.concatenate([[first], begins]), np.concatenate([[np.uint8(IDLE)], states])
    return StreamLog(begins, states, beats_before)
