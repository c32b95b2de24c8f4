"""The reference with exact sums: QONNX's execution in which no layer's integers are lost to float32.

A float32 sum of products whose scale is no power of two is off in its last bits, and on the edge of a
quantizer's step these bits decide. Here every sum is that of integers, rounded to float32 once; every other
node is executed by QONNX as it stands in the file. The frames in which the rounding of plain float32 sums
could have decided otherwise are found on the way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_node

from rbonn_hw.compiler.frontend.arithmetic import odd_part, summation_noise
from rbonn_hw.compiler.frontend.averages import average_of
from rbonn_hw.compiler.frontend.execution import Array, batches, run_nodes
from rbonn_hw.compiler.frontend.operators import AVERAGES, QUANTIZERS
from rbonn_hw.compiler.frontend.tabulation import tiling
from rbonn_hw.compiler.frontend.weights import Constants
from rbonn_hw.errors import UnsupportedOperatorError
from rbonn_hw.packing import Ints

# A float32 sum holds integers up to here.
EXACT = 2.0**24
EPSILON = 2.0**-24
# Scales of fewer significant bits than this lose nothing before the sum itself is too wide.
SHORT = 2.0**12
# Sums of others are taken to be this many times as far off as those of QONNX were seen to be.
MARGIN = 4.0
MOVES = frozenset({"Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Dropout"})


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """A tensor of the reference whose floats are integers times a scale.

    Attributes:
        scale: Float per integer, of each channel ``[c]`` or of all ``[1]``.
        noisy: Whether the reference's float32 sums may be off it.
    """

    scale: NDArray[np.float64]
    noisy: bool

    def column(self, rank: int) -> NDArray[np.float64]:
        """Shape the scale for a tensor ``[n, c, ...]`` of ``rank`` axes."""
        return self.scale.reshape(1, -1, *[1] * (rank - 2))


@dataclass(frozen=True, slots=True, eq=False)
class ExactRun:
    """What exact sums make of some frames.

    Attributes:
        values: Tensors by name, ``[n, ...]``.
        integers: The integers of one tensor, ``[n, ...]``.
        lost: Bound on what float32 sums, in any order, are off in each of its values ``[n, ...]``.
        ambiguous: Frames ``[n]`` in which a sum lies so close to a step that float32 may put it on either
            side.
    """

    values: dict[str, Array]
    integers: Ints
    lost: NDArray[np.float64]
    ambiguous: NDArray[np.bool_]


def run_exactly(
    model: ModelWrapper, lattices: Mapping[str, Lattice], x: Array, names: list[str], tensor: str
) -> ExactRun:
    """Run the reference on frames ``[n, ...]`` with exact sums.

    Args:
        model: The reference, for one frame.
        lattices: Its integer tensors.
        x: Frames.
        names: Tensors to return.
        tensor: Tensor whose integers to return; one of ``lattices``.
    """
    parts = []
    for runner, batch in batches(model, x):
        walk = _Walk(runner, lattices, batch, tensor)
        walk.run()
        values = {name: walk.exact[name] for name in names}
        integers = walk.integers_of(tensor)
        lost = np.broadcast_to(walk.lost, integers.shape) if walk.lost.size == 1 else walk.lost
        parts.append(ExactRun(values, integers, lost.reshape(integers.shape), walk.ambiguous))
    return ExactRun(
        {name: np.concatenate([part.values[name] for part in parts]) for name in names},
        np.concatenate([part.integers for part in parts]),
        np.concatenate([part.lost for part in parts]),
        np.concatenate([part.ambiguous for part in parts]),
    )


class _Walk:
    """One batch: exact values, and beside them values that are off by what float32 may lose, down and up."""

    def __init__(
        self, model: ModelWrapper, lattices: Mapping[str, Lattice], batch: Array, tensor: str
    ) -> None:
        self._graph = model.graph
        self._opsets = model.get_opset_imports()
        self._constants = Constants.of(model)
        self._reference = model
        self._lattices = lattices
        self.exact: dict[str, Array] = model.make_empty_exec_context()
        self.exact[model.graph.input[0].name] = batch
        self._beside: tuple[dict[str, Array], dict[str, Array]] = ({}, {})
        self._integers: dict[str, Ints] = {}
        self.ambiguous: NDArray[np.bool_] = np.zeros(len(batch), np.bool_)
        self.lost: NDArray[np.float64] = np.zeros(1)
        self._judged = tensor
        producer = model.find_producer(tensor)
        while producer is not None and producer.op_type in MOVES:
            self._judged = producer.input[0]
            producer = model.find_producer(self._judged)

    def run(self) -> None:
        """Execute every node."""
        for node in self._graph.node:
            others = [
                self._execute(node, {**self.exact, **moved}) if set(node.input) & moved.keys() else {}
                for moved in self._beside
            ]
            off = self._step(node)
            for moved, made, sign in zip(self._beside, others, (-1, 1), strict=True):
                self._hand_on(node, moved, made, None if off is None else sign * off)

    def _hand_on(
        self, node: Any, moved: dict[str, Array], made: dict[str, Array], off: NDArray[np.float32] | None
    ) -> None:
        """Carry values that are off over a node; where it quantizes, see whether they change the level."""
        name = node.output[0]
        lattice = self._lattices.get(name)
        if off is not None:
            moved[name] = made.get(name, self.exact[name]) + off
        elif node.op_type in QUANTIZERS or (lattice is not None and not lattice.noisy):
            differs = made.get(name, self.exact[name]) != self.exact[name]
            self.ambiguous |= differs.reshape(len(self.ambiguous), -1).any(axis=1) if made else False
        else:
            moved |= made

    def integers_of(self, tensor: str) -> Ints:
        """Return the integers of a lattice ``[n, ...]``."""
        if tensor in self._integers:
            return self._integers[tensor]
        return self._nearest(tensor)

    def _step(self, node: Any) -> NDArray[np.float32] | None:
        """Execute a node on the exact values and round its sums once; return what others may be off."""
        name = node.output[0]
        plain = self._execute(node, self.exact)
        self.exact |= plain
        if node.op_type in AVERAGES and node.input[0] in self._lattices:
            self.exact |= self._averaged(node) or {}
            return self._off(plain[name], name, self._lattices[node.input[0]])
        if node.op_type in MOVES and node.input[0] in self._integers:
            self._integers[name] = self._integers[node.input[0]].reshape(plain[name].shape)
        lattice = self._lattices.get(name)
        if lattice is None or not lattice.noisy:
            return None
        integers = self._sum(node, lattice)
        if integers is None:
            integers = self._nearest(name)
        self._integers[name] = integers
        self.exact[name] = (integers * lattice.column(integers.ndim)).astype(np.float32)
        return self._off(plain[name], name, lattice)

    def _off(self, plain: Array, name: str, lattice: Lattice) -> NDArray[np.float32] | None:
        """Return how far another float32 sum may be from the exact value; None where it cannot be."""
        exact = self.exact[name]
        lost = float(np.abs(plain.astype(np.float64) - exact).max(initial=0.0))
        if lost == 0.0 and odd_part(lattice.scale).max() < SHORT:
            return None
        return np.maximum(MARGIN * lost, 2 * EPSILON * np.abs(exact)).astype(np.float32)

    def _nearest(self, name: str) -> Ints:
        value = self.exact[name].astype(np.float64)
        nearest: Ints = np.rint(value / self._lattices[name].column(value.ndim)).astype(np.int64)
        return nearest

    def _sum(self, node: Any, lattice: Lattice) -> Ints | None:
        """Return the exact integers of a layer or of an addition; None for another node."""
        operands = [name for name in node.input if name]
        if node.op_type == "Add" and all(
            name in self._lattices and np.array_equal(self._lattices[name].scale, lattice.scale)
            for name in operands
        ):
            a, b = (self.integers_of(name) for name in operands)
            return a + b
        if node.op_type not in ("Conv", "MatMul") or operands[0] not in self._lattices:
            return None
        weights = self._weights(node, self._lattices[operands[0]], lattice)
        if weights is None:
            return None
        x = self.integers_of(operands[0])
        if node.output[0] == self._judged:
            reach = self._product(node, np.abs(x), np.abs(weights))
            terms = weights[0].size if node.op_type == "Conv" else weights.shape[-2]
            self.lost = summation_noise(lattice.column(reach.ndim), reach, terms)
        return self._product(node, x, weights)

    def _weights(self, node: Any, source: Lattice, lattice: Lattice) -> Ints | None:
        """Return a layer's weights as integers; None when they are not integers times a scale per output."""
        weights = self.exact[node.input[1]].astype(np.float64)
        rank, several = weights.ndim, source.scale.size > 1
        by_output, by_input = (0, 1) if node.op_type == "Conv" else (rank - 1, rank - 2)
        if several and weights.shape[by_input] != source.scale.size:
            return None

        def along(axis: int, scale: NDArray[np.float64]) -> NDArray[np.float64]:
            return scale.reshape([-1 if position == axis else 1 for position in range(rank)])

        units = along(by_output, lattice.scale) / along(by_input, source.scale)
        integers = np.rint(weights / units)
        if not np.allclose(integers * units, weights, rtol=1e-5, atol=1e-5 * float(np.abs(units).min())):
            return None
        return integers.astype(np.int64)

    def _product(self, node: Any, x: Ints, weights: Ints) -> Ints:
        """Run a layer on integers; in parts where one float32 sum could not hold them."""
        axes = tuple(range(1, weights.ndim)) if node.op_type == "Conv" else (-2,)
        filters = np.abs(weights).sum(axis=axes)
        fits = int(filters.max()) * int(np.abs(x).max(initial=0)) < EXACT
        total: Ints = np.zeros((), np.int64)
        for x_unit, x_part in [(1, x)] if fits else _digits(x):
            for w_unit, w_part in [(1, weights)] if fits else _digits(weights):
                feeds = {node.input[0]: x_part.astype(np.float32), node.input[1]: w_part.astype(np.float32)}
                part = self._execute(node, {**self.exact, **feeds})[node.output[0]]
                total = total + x_unit * w_unit * np.rint(part).astype(np.int64)
        return total

    def _averaged(self, node: Any) -> dict[str, Array] | None:
        """Average whole sums, one in each window beside zeros: adding zeros is exact."""
        name = node.input[0]
        try:
            average = average_of(self._reference, self._constants, node)
        except UnsupportedOperatorError:
            return None
        window = average.window
        if window.dilation != (1, 1):
            return None
        integers = self.integers_of(name)
        top, left, bottom, right = window.pads
        bordered = np.pad(integers, ((0, 0), (0, 0), (top, bottom), (left, right)))
        taps = np.lib.stride_tricks.sliding_window_view(bordered, window.kernel, axis=(2, 3))
        sums = taps[:, :, :: window.stride[0], :: window.stride[1]].sum(axis=(4, 5))
        if average.divisors is None:
            return self._means(node, sums, window.kernel)
        output, whole = node.output[0], np.zeros(sums.shape, np.float32)
        for number in np.unique(average.divisors).tolist():
            part = self._means(node, sums, (1, number))[output]
            whole = np.where(average.divisors == number, part, whole)
        return {output: whole}

    def _means(self, node: Any, sums: Ints, kernel: tuple[int, int]) -> dict[str, Array]:
        """Average windows of ``kernel`` that hold one of ``sums`` ``[n, c, rows, columns]`` beside zeros."""
        name, (high, wide) = node.input[0], kernel
        n, c, rows, columns = sums.shape
        block = np.zeros((n, c, rows, high, columns, wide), np.float32)
        block[:, :, :, 0, :, 0] = sums * self._lattices[name].column(4)
        feeds = {name: block.reshape(n, c, rows * high, columns * wide)}
        alone = tiling(node, kernel) if node.op_type == "AveragePool" else node
        return run_nodes(self._reference, [alone], feeds, self._constants.values, [node.output[0]])

    def _execute(self, node: Any, context: Mapping[str, Array]) -> dict[str, Array]:
        """Execute a node by QONNX, and return what it makes."""
        # QONNX keeps an entry for operands that are left out, of the empty name.
        own = {name: context[name] for name in (*node.input, *node.output)}
        execute_node(node, own, self._graph, self._opsets.get(node.domain, 1))
        return {name: np.asarray(own[name]) for name in node.output if name}


def _digits(values: Ints) -> list[tuple[int, Ints]]:
    """Split integers into digits of 16, the last one signed; with the weight of each."""
    digits, unit = [], 1
    while np.abs(values).max(initial=0) > 15:
        digits.append((unit, values % 16))
        values, unit = values // 16, unit * 16
    return [*digits, (unit, values)]
