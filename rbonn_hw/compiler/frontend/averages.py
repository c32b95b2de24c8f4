"""Which windows an averaging node averages over, and by how much it divides each."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.execution import run_nodes
from rbonn_hw.compiler.frontend.values import Ints
from rbonn_hw.compiler.frontend.weights import Constants
from rbonn_hw.compiler.frontend.windows import Pair, Window, pair, window_of
from rbonn_hw.errors import UnsupportedOperatorError

AGREED = 19
"""ONNX opset from which on all runtimes count only the declared border of an average with ceil_mode."""


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """Windows of an average.

    Attributes:
        window: The windows.
        divisors: By what the sum of each window is divided ``[rows, columns]``; None where all are divided by
            their number of taps.
        missing: Taps of each window that lie beyond the map ``[rows, columns]``.
    """

    window: Window
    divisors: Ints | None
    missing: Ints


def average_of(reference: ModelWrapper, constants: Constants, node: Any) -> Average:
    """Return the windows of an average.

    Raises:
        UnsupportedOperatorError: An average over channels, of something that is no map, or on whose divisors
            runtimes differ.
    """
    shape = reference.get_tensor_shape(node.input[0])
    if len(shape) != 4:
        raise UnsupportedOperatorError(
            f"{node.name} ({node.op_type}) averages {shape}; it must be a map [1, c, h, w]"
        )
    size = pair(shape[2:])
    if node.op_type == "AveragePool":
        after = pair(reference.get_tensor_shape(node.output[0])[2:])
        window = window_of(node, pair(attribute(node, "kernel_shape", [])), size, after)
        return _judged(reference, constants, node, window, size)
    kernel = size
    if node.op_type in ("ReduceMean", "ReduceSum"):
        axes = attribute(node, "axes", None)
        if axes is None and len(node.input) > 1:
            axes = constants.values[node.input[1]].reshape(-1).tolist()
        if not axes or not {axis % 4 for axis in axes} <= {2, 3}:
            raise UnsupportedOperatorError(
                f"{node.name} ({node.op_type}) runs over axes {axes}; "
                f"only height and width, [2, 3], have a kernel"
            )
        high, wide = (size[axis - 2] if axis in {each % 4 for each in axes} else 1 for axis in (2, 3))
        kernel = (high, wide)
    return Average(Window(kernel=kernel, stride=kernel), None, np.zeros((1, 1), np.int64))


def _judged(reference: ModelWrapper, constants: Constants, node: Any, window: Window, size: Pair) -> Average:
    """Find by what windows are divided: the node itself averages a map of ones."""
    pads = [int(pad) for pad in attribute(node, "pads", [0, 0, 0, 0])]
    declared = replace(window, pads=(pads[0], pads[1], pads[2], pads[3]))
    beyond = bool(attribute(node, "ceil_mode", 0)) and window.out(size) != declared.out(size)
    if beyond and attribute(node, "count_include_pad", 0) and reference.get_opset_imports()[""] < AGREED:
        raise UnsupportedOperatorError(
            f"{node.name} (AveragePool): ceil_mode makes windows beyond the map, which ONNX Runtime divides "
            f"by all their taps in files before opset {AGREED}, and PyTorch does not; use "
            "count_include_pad=False, or ceil_mode=False"
        )
    rows, columns = (_inside(window, size, axis) for axis in (0, 1))
    present = rows[:, None] * columns[None, :]
    channels = reference.get_tensor_shape(node.input[0])[1]
    ones = {node.input[0]: np.ones((1, channels, *size), np.float32)}
    made = run_nodes(reference, [node], ones, constants.values, [node.output[0]])[node.output[0]]
    divisors = np.rint(present / made[0, 0].astype(np.float64)).astype(np.int64)
    missing = window.taps - present
    return Average(window, None if np.all(divisors == window.taps) else divisors, missing)


def _inside(window: Window, size: Pair, axis: int) -> Ints:
    """Count the taps of each window along an axis that lie on the map."""
    starts = np.arange(window.out(size)[axis]) * window.stride[axis] - window.pads[axis]
    taps = starts[:, None] + window.dilation[axis] * np.arange(window.kernel[axis])[None, :]
    inside: Ints = ((taps >= 0) & (taps < size[axis])).sum(axis=1)
    return inside
