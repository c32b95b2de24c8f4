"""A graph of one kernel, run with every kind of instructions that the processor has."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rbonn_hw.packing import Ints
from rbonn_hw.sim.functional import Simulator
from rbonn_hw.sim.functional.engine import paths
from rbonn_hw.sim.functional.graph import Graph, Node, Tensor


def answers(
    kernel: str,
    x: Ints,
    types: tuple[str, str],
    shape: tuple[int, ...],
    constants: Sequence[Ints] = (),
    **attributes: Any,
) -> Ints:
    """Run frames [n, ...] through one kernel; all instructions must give the same.

    Args:
        kernel: Its name in the graph.
        x: Integers [n, ...].
        types: QONNX types of its input and its output.
        shape: Shape of a frame of its output.
        constants: Weights, thresholds, signs, as the graph has them.
        attributes: Of the node, texts as bytes.
    """
    tensors = {"x": Tensor("x", x.shape[1:], types[0]), "y": Tensor("y", shape, types[1])}
    node = Node("one", kernel, ("x",), ("y",), tuple(constants), attributes)
    return _every(Graph("x", "y", tensors, (node,)), x)


def joined(
    kernel: str,
    x0: Ints,
    x1: Ints,
    types: tuple[str, str],
    shape: tuple[int, ...],
    **attributes: Any,
) -> Ints:
    """Run two streams [n, vectors, channels] of one type through a kernel, cut from one by two selections."""
    both = np.concatenate([x0, x1], axis=-1)
    tensors = {
        "x": Tensor("x", both.shape[1:], types[0]),
        "x0": Tensor("x0", x0.shape[1:], types[0]),
        "x1": Tensor("x1", x1.shape[1:], types[0]),
        "y": Tensor("y", shape, types[1]),
    }
    size, whole = x0.shape[-1], both.shape[-1]
    nodes = (
        Node("first", "Select", ("x",), ("x0",), (), {"Kept": range(size)}),
        Node("second", "Select", ("x",), ("x1",), (), {"Kept": range(size, whole)}),
        Node("join", kernel, ("x0", "x1"), ("y",), (), attributes),
    )
    return _every(Graph("x", "y", tensors, nodes), both)


def _every(graph: Graph, x: Ints) -> Ints:
    found = [Simulator(graph).run(x, path=path, threads=2)["y"] for path in paths()]
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])
    return found[0]
