"""rbonn_hw/sim/dataflow/engine: 64 cycles at once are those 64 cycles one by one, on random streams.

Cycle by cycle every kernel is held to its RTL in tests/rtl, both ways.
"""

import random
from collections.abc import Callable

import numpy as np
import pytest

from rbonn_hw.sim.dataflow.kinds import Actor, Kind
from rbonn_hw.sim.dataflow.library import Outcome, run

CASES = 60
PAUSES = ((0.0, 0.0), (0.0, 0.0), (0.3, 0.3), (0.9, 0.0), (0.0, 0.9), (0.97, 0.3))
Made = tuple[Kind, tuple[int, ...], int, int]
"""An actor of one input and one output: its kind, its numbers, and beats in and out that go together."""


class Streams:
    """Actors that are put behind each other at random; ``wire`` gives ``beats``."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.actors: list[Actor] = []
        self.wires, self.wire, self.beats = 1, 0, 96 * self.random.choice((1, 2, 5))
        self.beats_in = self.beats

    def new(self) -> int:
        """Return a new wire."""
        self.wires += 1
        return self.wires - 1

    def put(self, kind: Kind, parameters: tuple[int, ...] = ()) -> None:
        """Put an actor behind the last one."""
        source, self.wire = self.wire, self.new()
        self.actors.append(Actor(kind, (source,), (self.wire,), parameters))

    def passing(self) -> Made:
        """Return one that gives what it takes."""
        draw = self.random.choice
        return draw(
            [
                (Kind.FIFO, (draw((2, 2, 3, 8, 40, 500)),), 1, 1),
                (Kind.REGISTER, (), 1, 1),
                (Kind.PIPELINE, (draw((1, 2, 5, 32)),), 1, 1),
            ]
        )

    def any_kind(self) -> Made:
        """Return one of any kind."""
        draw = self.random.choice
        mw, mh, delay = draw((1, 2, 3, 9, 24, 96)), draw((1, 2, 5, 32)), draw((2, 4, 7))
        return draw(
            [
                self.passing(),
                self.passing(),
                (Kind.GATHER, (count := draw((2, 3, 8, 32)),), count, 1),
                (Kind.SCATTER, (count := draw((2, 3, 9)),), 1, count),
                (
                    Kind.MVAU,
                    (mw, mh, delay, 1 if mw >= delay + 2 else 32),
                    mw,
                    mh,
                ),
                (Kind.DEPTHWISE, (6, 2, delay, 32), 6, 2),
                (Kind.POOL, (2, 4, 2, 2), 32, 8),
                (Kind.UPSAMPLE, (2, 4, 2, 2), 8, 32),
                (Kind.SELECT, (1, 0, 1), 3, 2),
                (Kind.LABELSELECT, (2, 4), 4, 1),
                # A map of 4 x 4 with two channels and border: taps one by one, columns, windows.
                (Kind.WINDOW, (1, 1, 2, 4, 4, 4, 4, 3, 3, 1, 1, 1, 1, 1, 1, draw((0, 1)), 3), 32, 288),
                (Kind.WINDOW, (2, 6, 2, 4, 4, 4, 4, 3, 3, 1, 1, 1, 1, 1, 1, 0, 3), 16, 48),
                (Kind.WINDOW, (2, 18, 2, 4, 4, 2, 2, 3, 3, 2, 2, 1, 1, 1, 1, 0, 4), 16, 4),
            ]
        )

    def chain(self, length: int, draw: Callable[[], Made]) -> None:
        """Put so many behind each other, but for those that the beats do not suit."""
        for _ in range(length):
            kind, parameters, taken, given = draw()
            beats = self.beats // taken * given
            if self.beats % taken == 0 and beats <= 3000:
                self.put(kind, parameters)
                self.beats = beats

    def fork_and_join(self) -> None:
        """Put two or three branches side by side."""
        outs = tuple(self.new() for _ in range(self.random.choice((2, 2, 3))))
        self.actors.append(Actor(Kind.DUPLICATE, (self.wire,), outs))
        ends, beats = [], self.beats
        for out in outs:
            self.wire = out
            self.put(Kind.FIFO, (self.random.choice((2, 20, 600)),))
            self.chain(self.random.randint(0, 3), self.passing)
            ends.append(self.wire)
        self.wire = ends[0]
        for end in ends[1:]:
            pair, self.wire = (self.wire, end), self.new()
            if self.random.random() < 0.5 and self.beats == beats:
                self.actors.append(Actor(Kind.ADD, pair, (self.wire,), (self.random.randint(0, 1),)))
            else:
                self.actors.append(Actor(Kind.CONCAT, pair, (self.wire,), (self.beats // beats, 1)))
                self.beats += beats

    def outcome(self, seed: int, frames: int, *, lazily: bool) -> Outcome:
        """Run them."""
        chances = (int(np.float64(chance).view(np.int64)) for chance in PAUSES[seed % len(PAUSES)])
        beats = (frames * self.beats_in, frames * self.beats)
        numbers = [(count, chance, seed) for count, chance in zip(beats, chances, strict=True)]
        actors = [
            Actor(Kind.SOURCE, (), (0,), numbers[0]),
            *self.actors,
            Actor(Kind.SINK, (self.wire,), (), numbers[1]),
        ]
        return run(actors, self.wires, sum(beats), lazily=lazily)


@pytest.mark.parametrize("seed", range(CASES))
def test_a_span_at_once_is_its_cycles_one_by_one(seed: int) -> None:
    streams = Streams(seed)
    streams.chain(4, streams.any_kind)
    for _ in range(seed % 3):
        streams.fork_and_join()
        streams.chain(3, streams.any_kind)
    quick, slow = (streams.outcome(seed, 1 + seed % 2, lazily=lazily) for lazily in (True, False))

    assert (quick.is_deadlock, quick.cycles) == (slow.is_deadlock, slow.cycles)
    for name in ("wire_cycles", "wire_state", "spent", "marks"):
        np.testing.assert_array_equal(getattr(quick, name), getattr(slow, name), err_msg=name)
    for actor, cycles in quick.beats.items():
        np.testing.assert_array_equal(cycles, slow.beats[actor])
    if not quick.is_deadlock:
        assert quick.spent.sum(axis=1).tolist() == [quick.cycles] * len(quick.spent)
