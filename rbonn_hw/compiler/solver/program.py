"""The integer program: one option a layer, at least cost, within limits; solved by HiGHS (through SciPy).

Binary variables choose an option for each layer. On each stream there is a variable for each pair of lanes,
which follows from the producer's and the consumer's choice and is whole where they are. All resources are
shares of the part.
"""

import ctypes
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from rbonn_hw.compiler.solver.dominance import undominated
from rbonn_hw.compiler.solver.problem import Option, Problem, Stream
from rbonn_hw.errors import RbonnError
from rbonn_hw.spec.device import Device
from rbonn_hw.spec.summary import NAMES, Resources

Choice = tuple[int, ...]
"""The number of the chosen option of each layer."""
_LEAST_LIMIT = 1e-3
"""What is left of a part at least, where the shell alone takes more than was allowed [share]."""
Vector = np.ndarray[tuple[int], np.dtype[np.float64]]
_INFEASIBLE = 2
_FACTOR_GAP = 1e-3
"""How far the factor of an excess may be above the least one [ratio]; estimates are no more exact."""


def cheapest(problem: Problem, part: Device, target: int, limit: Resources | None = None) -> Choice | None:
    """Return the cheapest choice that is as quick as ``target``: least sum of the shares of all resources.

    Args:
        problem: Layers and streams.
        part: What shares are of.
        target: Cycles between frames [cycles].
        limit: What it may take at most; None for anything.

    Returns:
        The choice, or None if there is none.
    """
    if target < problem.quickest:
        return None
    program = _Program(problem, part, target)
    upper = None if limit is None else _vector(limit, part)
    return program.solve(upper)


def least_excess(problem: Problem, part: Device, target: int, limit: Resources) -> tuple[Choice, float]:
    """Return the choice as quick as ``target`` that exceeds a limit least, and by which factor.

    Args:
        problem: Layers and streams; ``target`` is at least its ``quickest``.
        part: What shares are of.
        target: Cycles between frames [cycles].
        limit: What it should take at most.
    """
    program = _Program(problem, part, target)
    upper = np.maximum(_vector(limit, part), _LEAST_LIMIT)
    factor = program.least_factor(upper)
    choice = program.solve(upper * factor * (1 + 1e-6))
    if choice is None:
        raise RbonnError(
            f"folding solver: nothing is within {factor:.4f} times the limit, which it found itself"
        )
    return choice, factor


def _vector(resources: Resources, part: Device) -> Vector:
    return np.array([getattr(resources, name) / getattr(part, name) for name in NAMES])


@dataclass(frozen=True, slots=True)
class _Column:
    """A variable: an option of a layer, or a pair of lanes of a stream."""

    shares: tuple[float, ...]
    whole: bool


class _Program:
    """Variables and equations of a problem."""

    def __init__(self, problem: Problem, part: Device, target: int) -> None:
        self._problem, self._part = problem, part
        self._columns: list[_Column] = []
        self._entries: list[tuple[int, int, float]] = []  # row, column, value
        self._right: list[float] = []
        self._options: list[list[tuple[int, int]]] = []  # number of the option, its column
        for rank, numbers in undominated(problem, target).items():
            options = problem.layers[rank].options
            columns = [(number, self._column(options[number].resources, whole=True)) for number in numbers]
            self._options.append(columns)
            self._equation([(column, 1.0) for _, column in columns], 1.0)
        for stream in problem.streams:
            self._pairs(stream)
        self._shares = np.array([column.shares for column in self._columns]).T

    def _column(self, resources: Resources, *, whole: bool) -> int:
        self._columns.append(_Column(tuple(_vector(resources, self._part)), whole))
        return len(self._columns) - 1

    def _equation(self, terms: Sequence[tuple[int, float]], right: float) -> None:
        self._entries += [(len(self._right), column, value) for column, value in terms]
        self._right.append(right)

    def _chosen(self, rank: int) -> list[tuple[Option, int]]:
        """Return the options of a layer that are quick enough, and their columns."""
        return [
            (self._problem.layers[rank].options[number], column) for number, column in self._options[rank]
        ]

    def _pairs(self, stream: Stream) -> None:
        given: dict[int, list[int]] = {}
        for option, column in self._chosen(stream.producer):
            given.setdefault(option.gives, []).append(column)
        taken: dict[int, list[int]] = {}
        for option, column in self._chosen(stream.consumer):
            taken.setdefault(option.takes[stream.port], []).append(column)
        pairs = {
            (gives, takes): self._column(stream.pairs[gives, takes], whole=False)
            for gives in given
            for takes in taken
            if (gives, takes) in stream.pairs
        }
        for gives, columns in given.items():
            self._balance([column for pair, column in pairs.items() if pair[0] == gives], columns)
        for takes, columns in taken.items():
            self._balance([column for pair, column in pairs.items() if pair[1] == takes], columns)

    def _balance(self, pairs: Sequence[int], options: Sequence[int]) -> None:
        self._equation([*((pair, 1.0) for pair in pairs), *((option, -1.0) for option in options)], 0.0)

    def _matrix(self, extra: int) -> coo_array:
        rows, columns, values = zip(*self._entries, strict=True)
        return coo_array((values, (rows, columns)), shape=(len(self._right), len(self._columns) + extra))

    def solve(self, upper: Vector | None) -> Choice | None:
        """Return the cheapest choice within ``upper``, or None."""
        constraints = [LinearConstraint(self._matrix(0), self._right, self._right)]
        if upper is not None:
            constraints.append(LinearConstraint(self._shares, -np.inf, upper))
        values = _run(self._shares.sum(axis=0), [column.whole for column in self._columns], constraints)
        if values is None:
            return None
        return tuple(max(columns, key=lambda each: values[each[1]])[0] for columns in self._options)

    def least_factor(self, limit: Vector) -> float:
        """Return the least factor of a limit within which there is a choice."""
        count = len(self._columns)
        costs = np.zeros(count + 1)
        costs[count] = 1.0
        rows = np.hstack([self._shares, -limit[:, None]])
        constraints = [
            LinearConstraint(self._matrix(1), self._right, self._right),
            LinearConstraint(rows, -np.inf, 0.0),
        ]
        values = _run(costs, [*(column.whole for column in self._columns), False], constraints, _FACTOR_GAP)
        if values is None:
            raise RbonnError("folding solver: no folding is as quick as one that exists")
        return float(values[count])


@contextmanager
def _silent_library() -> Iterator[None]:
    """Drop what C code writes to the standard output: HiGHS has a line that no option switches off."""
    library = ctypes.CDLL(None)
    library.fflush(None)
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        library.fflush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _run(
    costs: Vector,
    whole: list[bool],
    constraints: list[LinearConstraint],
    gap: float = 0.0,
) -> Vector | None:
    with _silent_library():
        result = milp(
            costs,
            integrality=np.array(whole, int),
            bounds=Bounds(0.0, np.array([1.0 if each else np.inf for each in whole])),
            constraints=constraints,
            options={"mip_rel_gap": gap},
        )
    if result.status == _INFEASIBLE:
        return None
    if result.x is None:
        raise RbonnError(f"folding solver: {result.message}")
    values: Vector = result.x
    return values
