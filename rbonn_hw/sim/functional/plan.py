"""A compiled accelerator as steps of the engine: which kernel, on which tensors, with which tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import ConfigError
from rbonn_hw.packing import Ints
from rbonn_hw.sim.functional.graph import Graph, Node, Tensor

GROUP = 16
"""Neurons that are computed side by side (``kGroup`` in the engine)."""
WORD_BITS = 64
INT = np.iinfo(np.int32)
SHORT = np.iinfo(np.int16)


class Storage(IntEnum):
    """How the elements of a tensor lie; as in ``layout.hpp``."""

    BITS = 0
    SHORT = 1
    INT = 2
    LONG = 3


class Kernel(IntEnum):
    """What the engine can do; as in ``layout.hpp``."""

    MATCH = 0
    DOT = 1
    DEPTHWISE = 2
    THRESHOLD = 3
    ADD = 4
    CONCAT = 5
    SELECT = 6
    UPSAMPLE = 7
    WINDOW = 8
    POOL_MAP = 9
    POOL_ROWS = 10
    LABEL_SELECT = 11
    RESHAPE = 12


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a kernel.

    Attributes:
        kernel: What is computed.
        wide: Whether in 64 bits, else in 32.
        inputs: Numbers of the tensors that are read.
        output: Number of the tensor that is written.
        numbers: Geometry; see the kernel in the engine.
        weights: Table of the kernel, or None.
        thresholds: [steps, channels, padded], or None.
        bias: Output below all thresholds.
    """

    kernel: Kernel
    wide: bool
    inputs: tuple[int, ...]
    output: int
    numbers: tuple[int, ...] = ()
    weights: NDArray[Any] | None = None
    thresholds: NDArray[Any] | None = None
    bias: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A graph as steps.

    Attributes:
        graph: The graph.
        stored: Tensors of the engine.
        number: Which of them holds a stream of the graph.
        steps: In order.
    """

    graph: Graph
    stored: tuple[Tensor, ...]
    number: Mapping[str, int]
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, graph: Graph) -> "Plan":
        """Plan every node.

        Raises:
            ConfigError: A kernel is unknown, or its node is of another version.
        """
        planner = _Planner(graph)
        for node in graph.nodes:
            planner.add(node)
        return cls(graph, tuple(planner.stored), planner.number, tuple(planner.steps))


def storage(tensor: Tensor) -> Storage:
    """Return how the elements of a tensor lie."""
    kind = tensor.element
    if kind.bits == 1 and not kind.signed:
        return Storage.BITS
    if SHORT.min <= kind.min and kind.max <= SHORT.max:
        return Storage.SHORT
    # The least int32 has no negative in its type, which a flipped threshold takes.
    return Storage.INT if _fits(kind.min, kind.max) else Storage.LONG


def _fits(low: int, high: int) -> bool:
    return INT.min < low and high < INT.max


class _Planner:
    """Adds a node at a time."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.stored: list[Tensor] = []
        self.number: dict[str, int] = {}
        self.steps: list[Step] = []
        self._new(graph.input)
        self._kernels: dict[str, Callable[[Node], None]] = {
            "MVAU": self._mvau,
            "Depthwise": self._depthwise,
            "Threshold": self._threshold,
            "Add": self._add,
            "Concat": self._concat,
            "Select": self._select,
            "Upsample": self._upsample,
            "Window": self._window,
            "Pool": self._pool,
            "LabelSelect": self._label_select,
            "Duplicate": self._same,
            "FIFO": self._same,
            "Register": self._same,
            "DWC": self._reshape,
        }

    def add(self, node: Node) -> None:
        """Plan one node."""
        if node.kernel not in self._kernels:
            raise ConfigError(
                f"node {node.name!r}: {node.kernel} is no kernel of this version; run `rbonn compile` again"
            )
        self._kernels[node.kernel](node)

    def _new(self, name: str) -> int:
        self.number[name] = len(self.stored)
        self.stored.append(self._graph.tensors[name])
        return self.number[name]

    def _wide(self, node: Node, names: tuple[str, ...]) -> bool:
        return any(storage(self._graph.tensors[name]) == Storage.LONG for name in names)

    def _step(self, node: Node, kernel: Kernel, wide: bool | None = None, **rest: Any) -> None:
        if wide is None:
            wide = self._wide(node, (*node.inputs, *node.outputs))
        inputs = tuple(self.number[name] for name in node.inputs)
        self.steps.append(Step(kernel, wide, inputs, self._new(node.outputs[0]), **rest))

    def _same(self, node: Node) -> None:
        for name in node.outputs:
            self.number[name] = self.number[node.inputs[0]]

    def _reshape(self, node: Node) -> None:
        """Plan a width converter: only rows of another length are stored in another way."""
        source, target = self._graph.tensors[node.inputs[0]], self._graph.tensors[node.outputs[0]]
        if source.channels == target.channels:
            self._same(node)
        else:
            self._step(node, Kernel.RESHAPE)

    def _mvau(self, node: Node) -> None:
        source = self._graph.tensors[node.inputs[0]]
        weights = node.constants[0]
        activation = not node.number("noActivation", 1)
        thresholds = node.constants[1] if activation else None
        bias = node.number("ActVal", 0) if activation else 0
        if node.number("binaryXnorMode", 0):
            rest: dict[str, Any] = {"wide": False, "weights": _bit_words(weights > 0)}
            kernel = Kernel.MATCH
        else:
            kernel, reach = Kernel.DOT, _reach(weights.T, source)
            short = storage(source) in (Storage.BITS, Storage.SHORT) and _fits(-reach, reach)
            table = _pairs(weights) if short else np.ascontiguousarray(weights)
            rest = {"wide": not short, "weights": table}
        rows = None if thresholds is None else _threshold_rows(thresholds, wide=rest["wide"])
        self._step(node, kernel, thresholds=rows, bias=bias, **rest)

    def _depthwise(self, node: Node) -> None:
        source = self._graph.tensors[node.inputs[0]]
        weights = node.constants[0]
        reach = _reach(weights.T, source)
        wide = not _fits(-reach, reach) or self._wide(node, node.inputs)
        self._step(node, Kernel.DEPTHWISE, wide, weights=_values(weights, wide=wide))

    def _threshold(self, node: Node) -> None:
        wide = self._wide(node, node.inputs)
        signs = None
        if node.number("flip", 0):
            signs = _values(np.where(node.constants[1].reshape(-1) < 0, -1, 1), wide=wide)
        self._step(
            node,
            Kernel.THRESHOLD,
            wide,
            weights=signs,
            thresholds=_threshold_rows(node.constants[0], wide=wide),
            bias=node.number("ActVal", 0),
        )

    def _add(self, node: Node) -> None:
        self._step(node, Kernel.ADD, numbers=node.numbers("factors", (1, 1)))

    def _concat(self, node: Node) -> None:
        self._step(node, Kernel.CONCAT)

    def _select(self, node: Node) -> None:
        self._step(node, Kernel.SELECT, numbers=node.numbers("Kept"))

    def _label_select(self, node: Node) -> None:
        self._step(node, Kernel.LABEL_SELECT)

    def _upsample(self, node: Node) -> None:
        self._step(node, Kernel.UPSAMPLE, numbers=(*node.numbers("ImgDim"), *node.numbers("Scale")))

    def _pool(self, node: Node) -> None:
        is_sum = int(node.text("Function") == "sum")
        if node.numbers("OutDim", ()):
            self._step(node, Kernel.POOL_ROWS, numbers=(is_sum,))
        else:
            _, width = node.numbers("ImgDim")
            self._step(node, Kernel.POOL_MAP, numbers=(is_sum, width, *node.numbers("KernelDim")))

    def _window(self, node: Node) -> None:
        source, target = self._graph.tensors[node.inputs[0]], self._graph.tensors[node.outputs[0]]
        top, left, _, _ = node.numbers("Padding", (0, 0, 0, 0))
        border = node.number("padValue")
        together = source.channels
        if node.number("depthwise", 0):
            together = min(node.number("SIMD"), together)
        numbers = (
            *node.numbers("ImgDim"),
            target.shape[-2],
            *node.numbers("KernelDim"),
            *node.numbers("Stride", (1, 1)),
            *node.numbers("Dilation", (1, 1)),
            top,
            left,
            max(border, 0) if source.dtype == "BIPOLAR" else border,
            together,
        )
        self._step(node, Kernel.WINDOW, numbers=numbers)


def _values(table: Ints, *, wide: bool) -> NDArray[Any]:
    return np.ascontiguousarray(table, np.int64 if wide else np.int32)


def _reach(filters: Ints, source: Tensor) -> int:
    """Return the largest magnitude of a sum of products of one filter each [filters, ..]."""
    most = max(-source.element.min, source.element.max)
    return int(np.abs(filters).sum(axis=-1).max()) * most


def _groups(table: NDArray[Any]) -> NDArray[Any]:
    """Put tables [k, neurons, ..] in the engine's order, [groups, k, GROUP, ..], padded with 0."""
    missing = -table.shape[1] % GROUP
    full = np.pad(table, [(0, 0), (0, missing), *[(0, 0)] * (table.ndim - 2)])
    return np.ascontiguousarray(np.moveaxis(full.reshape(len(full), -1, GROUP, *table.shape[2:]), 1, 0))


def _bit_words(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return bits [mw, mh] as words, [groups, words, GROUP]."""
    full = np.pad(bits, ((0, -len(bits) % WORD_BITS), (0, 0)))
    packed = np.packbits(full, axis=0, bitorder="little")
    words = np.ascontiguousarray(packed.T).view("<u8").T
    return _groups(words)


def _pairs(weights: Ints) -> NDArray[np.int16]:
    """Return weights [mw, mh] as [groups, pairs, GROUP, 2]."""
    full = np.pad(weights, ((0, len(weights) % 2), (0, 0))).astype(np.int16)
    return _groups(np.moveaxis(full.reshape(-1, 2, full.shape[1]), 1, 2))


def _threshold_rows(thresholds: Ints, *, wide: bool) -> NDArray[Any]:
    """Return thresholds [channels, steps] as [steps, channels], padded; none leaves the type of the sums."""
    limits = np.iinfo(np.int64) if wide else INT
    rows = np.clip(thresholds.T, limits.min, limits.max)
    full = np.pad(rows, ((0, 0), (0, -rows.shape[1] % GROUP)))
    return _values(full, wide=wide)
