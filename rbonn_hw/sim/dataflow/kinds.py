"""The actors of the dataflow model as the engine knows them: kinds, and the numbers of each."""

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """Actors, in the order of engine/program.hpp."""

    SOURCE = 0
    SINK = 1
    FIFO = 2
    REGISTER = 3
    GATHER = 4
    SCATTER = 5
    PIPELINE = 6
    ADD = 7
    DUPLICATE = 8
    CONCAT = 9
    POOL = 10
    UPSAMPLE = 11
    SELECT = 12
    LABELSELECT = 13
    MVAU = 14
    DEPTHWISE = 15
    WINDOW = 16


MOST = 1 << 31
MOST_COPIES = 64
"""Copies that the engine's duplicate makes: it keeps a bit for each in a word."""
MOST_DELAY_CYCLES = 63
"""Cycles from a beat to its result that the engine can keep in a word [cycles]."""
DELAYS = {Kind.LABELSELECT: 0, Kind.MVAU: 2, Kind.DEPTHWISE: 2}
"""Which number of an actor they are."""
RANGES = {
    Kind.FIFO: (1, MOST),
    Kind.GATHER: (2, MOST),
    Kind.SCATTER: (2, MOST),
    Kind.PIPELINE: (1, 32),
    Kind.CONCAT: (1, MOST),
    Kind.POOL: (1, MOST),
    Kind.UPSAMPLE: (1, MOST),
    Kind.SELECT: (0, 1),
    Kind.MVAU: (1, MOST),
    Kind.DEPTHWISE: (1, MOST),
}
"""Least and greatest number of an actor, where not any is allowed that is not negative."""


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor: what it is, its wires, its numbers."""

    kind: Kind
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    parameters: tuple[int, ...] = ()

    def check(self) -> None:
        """Check that every number lies in its range.

        Raises:
            ValueError: It is not so.
        """
        least, most = RANGES.get(self.kind, (0, MOST))
        if not all(least <= number <= most for number in self.parameters):
            raise ValueError(f"{list(self.parameters)} must lie in {least} .. {most}")
        delay = self.parameters[DELAYS[self.kind]] if self.kind in DELAYS else 0
        if delay > MOST_DELAY_CYCLES:
            raise ValueError(f"a result takes {delay} cycles, and may take {MOST_DELAY_CYCLES}")
