"""Leaves out options that are never better than another one of the same layer, with any neighbours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.compiler.solver.problem import Option, Problem, Stream
from rbonn_hw.spec.summary import NAMES, Resources

_NEVER = 1e12
"""Stands for a pair of lanes that is not allowed: more than any resources."""
Floats = NDArray[np.float64]


def undominated(problem: Problem, target: int) -> dict[int, list[int]]:
    """Return the options of each layer that a cheapest choice may need, by rank.

    One option stands in for another if it takes no more of anything with every neighbour that the other goes
    with, the width converters between them counted. Of equals the first stays.

    Args:
        problem: Layers and streams.
        target: Cycles between frames; options beyond it are left out [cycles].
    """
    kept = {
        rank: [number for number, option in enumerate(layer.options) if option.pace <= target]
        for rank, layer in enumerate(problem.layers)
    }
    sides = _sides(problem)
    for rank, layer in enumerate(problem.layers):
        options = [layer.options[number] for number in kept[rank]]
        excess = np.array([_row(option.resources) for option in options])
        excess = excess[:, None, :] - excess[None, :, :]
        for side in sides[rank]:
            near = [problem.layers[side.neighbour].options[number] for number in kept[side.neighbour]]
            excess += _converters(side, options, near)
        better = np.all(excess <= 0, axis=2)  # [stands in, for]
        order = np.arange(len(options))
        equal = better & better.T
        better &= ~equal | (order[:, None] < order[None, :])
        np.fill_diagonal(better, val=False)
        kept[rank] = [number for ind, number in enumerate(kept[rank]) if not better[:, ind].any()]
    return kept


@dataclass(frozen=True, slots=True)
class _Side:
    """A stream as one of its two layers sees it."""

    stream: Stream
    gives: bool
    neighbour: int

    def lanes(self, option: Option, *, mine: bool) -> int:
        return option.gives if self.gives == mine else option.takes[self.stream.port]

    def cost(self, mine: int, other: int) -> Resources | None:
        return self.stream.pairs.get((mine, other) if self.gives else (other, mine))


def _sides(problem: Problem) -> Mapping[int, Sequence[_Side]]:
    sides: dict[int, list[_Side]] = {rank: [] for rank in range(len(problem.layers))}
    for stream in problem.streams:
        sides[stream.producer].append(_Side(stream, gives=True, neighbour=stream.consumer))
        sides[stream.consumer].append(_Side(stream, gives=False, neighbour=stream.producer))
    return sides


def _converters(side: _Side, options: Sequence[Option], near: Sequence[Option]) -> Floats:
    """Return what converters cost more at most, [stands in, for, resources]."""
    mine = sorted({side.lanes(option, mine=True) for option in options})
    others = sorted({side.lanes(option, mine=False) for option in near})
    table = np.full((len(mine), len(others), len(NAMES)), _NEVER)
    for ind, lanes in enumerate(mine):
        for column, other in enumerate(others):
            cost = side.cost(lanes, other)
            if cost is not None:
                table[ind, column] = _row(cost)
    # Neighbours that the other does not go with do not count.
    difference = np.where(table[None] < _NEVER, table[:, None] - table[None], -_NEVER)
    most = difference.max(axis=2)
    places = [mine.index(side.lanes(option, mine=True)) for option in options]
    of_options: Floats = most[np.ix_(places, places)]
    return of_options


def _row(resources: Resources) -> list[float]:
    return [float(getattr(resources, name)) for name in NAMES]
