"""Evaluate what stands between an integer tensor and a quantizer at every integer of its range.

The reference's own nodes are executed by QONNX on tensors that hold, in every channel, one integer after the
other. Nothing is derived or rounded here: the table *is* the reference.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import helper
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend.averages import Average, average_of
from rbonn_hw.compiler.frontend.execution import Array, run_nodes
from rbonn_hw.compiler.frontend.operators import AVERAGES
from rbonn_hw.compiler.frontend.values import IntTensor
from rbonn_hw.compiler.frontend.weights import Constants
from rbonn_hw.compiler.frontend.windows import Pair, Window
from rbonn_hw.errors import UnsupportedOperatorError

# Elements of one execution: bounds the memory at some tens of megabytes.
CHUNK_ELEMENTS = 1 << 20
# Entries of one table (2 bytes each): 8-bit inputs times 4,608 weights of -1/+1 into 512 channels fit.
MOST_ENTRIES = 1 << 30
Encoder = Callable[[NDArray[np.float32]], NDArray[np.int16]]


@dataclass(frozen=True, slots=True)
class Region:
    """Nodes between one integer tensor and one float tensor.

    Attributes:
        source: The integer tensor.
        nodes: Reference nodes in topological order.
        output: Tensor that the last of them makes.
        averaged: Windows of an average at the start, or such as are divided alike; the source's integers are
            then their sums.
        grid: Height and width ``(h, w)`` at which the nodes must run because one of them mixes positions into
            channels or has a constant per position; None when they act on each position alike.
        average: What is known of an average at the start.
    """

    source: IntTensor
    nodes: tuple[Any, ...]
    output: str
    averaged: Window | None
    grid: tuple[int, int] | None
    average: Average | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Floats of the reference, or the levels read off them, for stored integers from ``first`` on.

    Attributes:
        first: Smallest stored integer.
        values: ``[c, r]`` for r integers; c counts features where the region has a grid.
    """

    first: int
    values: NDArray[Any]


def _feed(region: Region, stored: NDArray[np.int64], shift: float) -> NDArray[np.float32]:
    """Lay stored integers ``[r]`` out as the region's input tensor."""
    source = region.source
    values = source.floats(stored[:, None])
    if shift:
        values = (values.astype(np.float64) + shift * source.noise).astype(np.float32)
    if len(source.shape) == 2:
        return values
    if region.grid is None and region.averaged is None:
        return np.ascontiguousarray(values.T)[None, :, None, :]
    height, width = region.grid or (1, 1)
    window_h, window_w = region.averaged.kernel if region.averaged else (1, 1)
    # A window holding the whole sum at one position and zeros elsewhere: adding zeros is exact.
    block = np.zeros((len(stored), source.channels, height, window_h, width, window_w), np.float32)
    block[:, :, :, 0, :, 0] = values[:, :, None, None]
    return block.reshape(len(stored), source.channels, height * window_h, width * window_w)


def _collect(region: Region, result: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring the region's output into ``[features, r]``; with a grid, features are (c, h, w)."""
    if len(region.source.shape) == 4 and region.grid is None and region.averaged is None:
        return result[0, :, 0, :]
    return result.reshape(result.shape[0], -1).T


def _nodes_at(
    region: Region, reference: ModelWrapper, constants: Constants, frames: int
) -> tuple[list[Any], dict[str, Any]]:
    """Return the region's nodes and constants, reshapes to one frame made reshapes to ``frames``."""
    values = dict(constants.values)
    nodes = []
    for node in region.nodes:
        if node.op_type == "MaxPool":
            node = _identity(node)
        elif node.op_type == "Reshape":
            name = f"{node.output[0]}_frames"
            values[name] = np.array([frames, *reference.get_tensor_shape(node.output[0])[1:]], np.int64)
            node = _with_input(node, 1, name)
        elif node.op_type == "AveragePool" and region.averaged is not None:
            node = tiling(node, region.averaged.kernel)
        nodes.append(node)
    return nodes, values


def _identity(node: Any) -> Any:
    """Replace a max pool, which commutes with what is tabulated, by nothing."""
    copy = type(node)()
    copy.op_type, copy.name = "Identity", node.name
    copy.input.append(node.input[0])
    copy.output.append(node.output[0])
    return copy


def tiling(node: Any, kernel: Pair) -> Any:
    """Return an average pool whose windows tile a map, so that each may hold one sum beside zeros."""
    return helper.make_node(
        "AveragePool",
        node.input,
        node.output,
        name=node.name,
        kernel_shape=list(kernel),
        strides=list(kernel),
    )


def _with_input(node: Any, position: int, name: str) -> Any:
    copy = type(node)()
    copy.CopyFrom(node)
    copy.input[position] = name
    return copy


class Tabulator:
    """Evaluates regions of one reference network."""

    def __init__(self, reference: ModelWrapper, constants: Constants) -> None:
        self._reference = reference
        self._constants = constants

    def region(self, source: IntTensor, nodes: Sequence[int], output: str) -> Region:
        """Describe the nodes between ``source`` and ``output``.

        Raises:
            UnsupportedOperatorError: An average pool stands behind another node.
        """
        graph = self._reference.graph.node
        chain = tuple(graph[position] for position in nodes)
        average: Average | None = None
        grid = None
        for node in chain:
            if node.op_type in AVERAGES:
                if node.input[0] != source.origin:
                    raise UnsupportedOperatorError(
                        f"{node.name} ({node.op_type}): an average of {node.input[0]}, which is not "
                        "an integer tensor; "
                        f"put a quantizer directly before the average pool"
                    )
                average = average_of(self._reference, self._constants, node)
            if self._needs_grid(node):
                shape = self._reference.get_tensor_shape(node.input[0])
                grid = (shape[2], shape[3]) if len(shape) == 4 else grid
        return Region(source, chain, output, None if average is None else average.window, grid, average)

    def _needs_grid(self, node: Any) -> bool:
        """Tell whether a node flattens a map or has a constant per position."""
        shape = self._reference.get_tensor_shape(node.input[0]) or []
        if len(shape) == 4 and len(self._reference.get_tensor_shape(node.output[0])) == 2:
            return node.op_type not in AVERAGES
        operands = [self._constants.values[name] for name in node.input if name in self._constants.values]
        if len(self._reference.get_tensor_shape(node.output[0])) != 4 or node.op_type == "BatchNormalization":
            return False
        return any(
            (int(np.prod(value.shape[-2:])) > 1 and value.ndim > 1) or (value.ndim == 1 and value.size > 1)
            for value in operands
        )

    def tabulate(
        self, region: Region, *, extra: str = "", shift: float = 0.0, encode: Encoder | None = None
    ) -> tuple[Table, Table | None]:
        """Evaluate a region at every stored integer that some channel of its source can reach.

        Args:
            region: What to evaluate.
            extra: A second tensor of the region to tabulate beside its output.
            shift: Move every float by this many times the source's noise.
            encode: Turns floats of the output into levels, chunk by chunk: wide accumulators have hundreds of
                millions of table entries.

        Returns:
            The table of the output, and that of ``extra`` (None without one).
        """
        low, high = int(region.source.low.min()), int(region.source.high.max())
        if (high - low + 1) * region.source.channels > MOST_ENTRIES:
            raise UnsupportedOperatorError(
                f"{region.output}: an activation over {high - low + 1} integers in {region.source.channels} "
                f"channels is more than can be tabulated ({MOST_ENTRIES}); "
                f"use fewer bits for inputs or weights of that layer"
            )
        outputs, extras = [], []
        for stored in self._chunks(region, low, high):
            feed = _feed(region, stored, shift)
            results = self._run(region, feed, [region.output, extra] if extra else [region.output])
            values = _collect(region, results[region.output]).astype(np.float32)
            outputs.append(values if encode is None else encode(values))
            if extra:
                extras.append(_collect(region, results[extra]).astype(np.float32))
        second = Table(low, np.concatenate(extras, axis=1)) if extra else None
        return Table(low, np.concatenate(outputs, axis=1)), second

    def _run(self, region: Region, feed: Array, names: list[str]) -> dict[str, Array]:
        """Execute a region on its laid-out input."""
        origin = region.source.origin
        if not region.nodes:
            return dict.fromkeys(names, feed)
        nodes, values = _nodes_at(region, self._reference, self._constants, feed.shape[0])
        made = [name for name in names if name != origin]
        return {origin: feed, **run_nodes(self._reference, nodes, {origin: feed}, values, made)}

    @staticmethod
    def _chunks(region: Region, low: int, high: int) -> Iterator[NDArray[np.int64]]:
        positions = region.source.channels
        for pair in (region.grid, region.averaged.kernel if region.averaged else None):
            positions *= pair[0] * pair[1] if pair else 1
        length = max(1, CHUNK_ELEMENTS // positions)
        for first in range(low, high + 1, length):
            yield np.arange(first, min(high + 1, first + length), dtype=np.int64)
