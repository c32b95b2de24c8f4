"""How far the floats behind the last integer may differ between two right implementations.

Every float32 operation is off by at most one rounding of its largest term; operations hand on what came in.
The bound follows magnitude and error through the nodes, so it holds for any order of summation.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.execution import Array
from rbonn_hw.compiler.frontend.values import IntTensor

EPSILON = 2.0**-24
# Roundings granted to an operator for the ways to write it down (a batch norm as two or as four operations).
WAYS = 8


@dataclass(frozen=True, slots=True)
class Reach:
    """Largest magnitude of a tensor, and the largest error of one of its values."""

    magnitude: float
    error: float

    def rounded(self, terms: float = 1.0) -> "Reach":
        """Return it after ``terms`` further roundings."""
        return Reach(self.magnitude, self.error + terms * EPSILON * self.magnitude)


def output_bound(
    constants: Mapping[str, Array], tensor: IntTensor, nodes: Sequence[Any], output: str
) -> float | None:
    """Bound the difference of two right implementations in tensor ``output``.

    Args:
        constants: Constant tensors of the network.
        tensor: Its last integer tensor.
        nodes: Nodes behind it, in topological order.
        output: Tensor that they make.

    Returns:
        The bound on the difference of any two values, or None when a node has none.
    """
    largest = np.maximum(np.abs(tensor.integer_low), np.abs(tensor.integer_high)) * np.abs(tensor.scale)
    error = float((tensor.noise + np.where(tensor.noise > 0, EPSILON * largest, 0.0)).max())
    known: dict[str, Reach | None] = {tensor.origin: Reach(float(largest.max()), error)}
    for node in nodes:
        moving = [known[name] for name in node.input if name in known]
        fixed = [constants[name] for name in node.input if name in constants]
        operands = [reach for reach in moving if reach is not None]
        rule = RULES.get(node.op_type)
        reached = None
        divides = node.op_type == "Div" and node.input[1] not in constants
        if rule is not None and operands and len(operands) == len(moving) and not divides:
            reached = rule(node, operands, fixed)
        known |= dict.fromkeys(node.output, reached)
    end = known.get(output)
    return None if end is None else 2 * end.error


def _kept(node: Any, moving: list[Reach], constants: list[Array]) -> Reach:
    """Values move, or the slope is at most 1."""
    del node, constants
    return Reach(max(reach.magnitude for reach in moving), max(reach.error for reach in moving))


def _squashed(slope: float, top: float) -> Callable[[Any, list[Reach], list[Array]], Reach]:
    """A function between -top and top whose slope is at most ``slope``."""

    def rule(node: Any, moving: list[Reach], constants: list[Array]) -> Reach:
        del node, constants
        return Reach(top, min(2 * top, slope * moving[0].error + WAYS * EPSILON * top))

    return rule


def _add(node: Any, moving: list[Reach], constants: list[Array]) -> Reach:
    del node
    other = moving[1] if len(moving) > 1 else Reach(_largest(constants[0]), 0.0)
    return Reach(moving[0].magnitude + other.magnitude, moving[0].error + other.error).rounded()


def _multiply(node: Any, moving: list[Reach], constants: list[Array]) -> Reach | None:
    one = moving[0]
    other = moving[1] if len(moving) > 1 else Reach(_largest(constants[0]), 0.0)
    if node.op_type == "Div":
        if np.any(constants[0] == 0):
            return None
        other = Reach(float(1 / np.abs(constants[0]).min()), 0.0)
    error = one.magnitude * other.error + other.magnitude * one.error + one.error * other.error
    return Reach(one.magnitude * other.magnitude, error).rounded()


def _batch_norm(node: Any, moving: list[Reach], constants: list[Array]) -> Reach:
    scale, bias, mean, variance = (value.astype(np.float64) for value in constants)
    slope = np.abs(scale) / np.sqrt(variance + float(attribute(node, "epsilon", 1e-5)))
    top = slope * (moving[0].magnitude + np.abs(mean)) + np.abs(bias)
    return Reach(float(top.max()), float((slope * moving[0].error).max())).rounded(WAYS)


def _layer(node: Any, moving: list[Reach], constants: list[Array]) -> Reach | None:
    """A sum of products with constant weights, in any order."""
    weights = np.abs(constants[0].astype(np.float64))
    if len(moving) > 1 or weights.ndim < 2:
        return None
    by_output = node.op_type == "Conv" or (node.op_type == "Gemm" and attribute(node, "transB", 0))
    sums = weights.reshape(len(weights), -1).sum(axis=1) if by_output else weights.sum(axis=-2).reshape(-1)
    factor = abs(float(attribute(node, "alpha", 1.0))) * float(sums.max())
    terms = weights.size / max(1, sums.size) + WAYS
    bias = _largest(constants[1]) if len(constants) > 1 else 0.0
    made = Reach(factor * moving[0].magnitude, factor * moving[0].error).rounded(terms)
    return Reach(made.magnitude + bias, made.error).rounded()


def _average(node: Any, moving: list[Reach], constants: list[Array]) -> Reach:
    """A mean of any number of values; sixteen roundings are those of a tree over 65,536 of them."""
    del node, constants
    return moving[0].rounded(2 * WAYS)


def _steep(node: Any, moving: list[Reach], constants: list[Array]) -> Reach:
    """Piecewise linear: the largest slope counts."""
    slope = _largest(constants[0]) if constants else abs(float(attribute(node, "alpha", 0.01)))
    slope = max(1.0, slope)
    return Reach(slope * moving[0].magnitude, slope * moving[0].error).rounded()


def _softmax(node: Any, moving: list[Reach], constants: list[Array]) -> Reach:
    """The exponents lose what their argument loses; the sum of positive terms loses little."""
    del node, constants
    lost = 2 * (moving[0].error + 2 * EPSILON * moving[0].magnitude)
    return Reach(1.0, min(1.0, lost + 4 * WAYS * EPSILON))


def _log_softmax(node: Any, moving: list[Reach], constants: list[Array]) -> Reach:
    del node, constants
    top = 2 * moving[0].magnitude + 16.0
    return Reach(top, 2 * moving[0].error).rounded(4 * WAYS)


def _largest(values: Array) -> float:
    return float(np.abs(values.astype(np.float64)).max(initial=0.0))


RULES: dict[str, Callable[[Any, list[Reach], list[Array]], Reach | None]] = {
    **dict.fromkeys(
        ("Abs", "ArgMax", "Cast", "Clip", "Concat", "Dropout", "Flatten", "Gather", "GlobalMaxPool"), _kept
    ),
    **dict.fromkeys(
        ("Identity", "Max", "MaxPool", "Min", "Neg", "Pad", "Relu", "Reshape", "Slice", "Split", "Squeeze"),
        _kept,
    ),
    **dict.fromkeys(("TopK", "Transpose", "Unsqueeze"), _kept),
    **dict.fromkeys(("Add", "Sub", "Sum"), _add),
    **dict.fromkeys(("Mul", "Div"), _multiply),
    **dict.fromkeys(("Conv", "Gemm", "MatMul"), _layer),
    **dict.fromkeys(("AveragePool", "GlobalAveragePool", "ReduceMean"), _average),
    **dict.fromkeys(("LeakyRelu", "PRelu"), _steep),
    "BatchNormalization": _batch_norm,
    "Sigmoid": _squashed(0.25, 1.0),
    "HardSigmoid": _squashed(1.0, 1.0),
    "Tanh": _squashed(1.0, 1.0),
    "Softmax": _softmax,
    "LogSoftmax": _log_softmax,
}
