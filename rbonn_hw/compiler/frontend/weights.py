"""Constants of the reference, and weights as integers times a scale."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.execution import Array, run_nodes
from rbonn_hw.compiler.frontend.values import Floats, Ints
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import UnsupportedOperatorError

LARGEST = 127
"""Largest integer of a weight of 8 bits, whose sign is free."""
GRID_TOLERANCE = 2.0**-21
"""Relative distance of a stored weight from its integer times the scale, each of them rounded to float32."""
SHAPE_OPERATORS = ("Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity")


@dataclass(slots=True)
class Constants:
    """Every tensor of the reference that does not depend on its input.

    Attributes:
        values: Float value by tensor name.
        scales: Float per integer unit, of the value's shape, where a quantizer says so.
    """

    values: dict[str, Array]
    scales: dict[str, Array] = field(default_factory=dict)

    @classmethod
    def of(cls, reference: ModelWrapper) -> "Constants":
        """Start with the initializers."""
        names = [tensor.name for tensor in reference.graph.initializer]
        return cls({name: reference.get_initializer(name) for name in names})

    def absorb(self, reference: ModelWrapper, node: Any) -> bool:
        """Evaluate a node all of whose operands are constant; return whether it is one."""
        operands = [name for name in node.input if name]
        if not all(name in self.values for name in operands):
            return False
        self.values |= run_nodes(reference, [node], {}, self.values, list(node.output))
        result = node.output[0]
        if node.op_type in ("Quant", "IntQuant", "BipolarQuant", "DequantizeLinear"):
            scale = self.values[node.input[1]]
            if node.op_type == "DequantizeLinear" and scale.size > 1:
                scale = scale.reshape(
                    [
                        -1 if axis == attribute(node, "axis", 1) else 1
                        for axis in range(self.values[result].ndim)
                    ]
                )
            self.scales[result] = np.broadcast_to(scale, self.values[result].shape).copy()
        elif node.op_type in SHAPE_OPERATORS and operands[0] in self.scales:
            moved = {**self.values, operands[0]: self.scales[operands[0]]}
            self.scales[result] = run_nodes(reference, [node], {}, moved, [result])[result]
        return True


@dataclass(frozen=True, slots=True)
class Weights:
    """A layer's matrix as integers.

    Attributes:
        integers: ``[k, m]`` for k inputs and m outputs.
        scale: Float per unit, per output ``[m]``.
        dtype: Type that holds the integers; one bit means -1/+1.
    """

    integers: Ints
    scale: Floats
    dtype: IntType

    @property
    def bipolar(self) -> bool:
        """Whether every weight is -1 or +1."""
        return self.dtype.bits == 1


def _units(matrix: NDArray[np.float32], declared: NDArray[np.float32] | None) -> Floats | None:
    """Return the float per unit of every output ``[m]``, or None when the matrix is not quantized."""
    magnitude = np.abs(matrix).astype(np.float64)
    if np.all(magnitude == magnitude[0]):
        return np.where(magnitude[0] == 0, 1.0, magnitude[0])
    if declared is not None:
        column = declared[0].astype(np.float64)
        return np.where(column == 0, 1.0, column) if np.all(declared == declared[0]) else None
    return np.ones(matrix.shape[1]) if np.all(matrix == np.round(matrix)) else _grid(magnitude)


def _grid(magnitude: Floats) -> Floats | None:
    """Return the float of which every output's weights are multiples ``[m]``; None when they are just floats.

    Weights that another tool has quantized are stored so, without a quantizer.
    """
    found = np.zeros(magnitude.shape[1])
    smallest = np.where(magnitude > 0, magnitude, np.inf).min(axis=0)
    largest = magnitude.max(axis=0)
    found[largest == 0] = 1.0
    for steps in range(1, LARGEST + 1):
        unit = np.where(largest > 0, smallest / steps, 1.0)
        unit = largest / np.maximum(np.round(largest / unit), 1)
        multiples = magnitude / np.where(unit > 0, unit, 1.0)
        on_it = np.isclose(multiples, np.round(multiples), rtol=GRID_TOLERANCE, atol=0.0).all(axis=0)
        fits = (found == 0) & on_it & (multiples.max(axis=0) <= LARGEST)
        found = np.where(fits, unit, found)
    return None if np.any(found == 0) else found


def integer_type(integers: Ints) -> IntType:
    """Return the narrowest signed type; one bit when all weights are -1 or +1."""
    if np.all(np.abs(integers) == 1):
        return IntType(1, signed=False)
    low, high = int(integers.min()), int(integers.max())
    return IntType.holding(min(low, -1), max(high, 1))


def decompose(matrix: NDArray[np.float32], declared: NDArray[np.float32] | None, node: str) -> Weights:
    """Split a float matrix ``[k, m]`` into integers and one scale per output.

    Args:
        matrix: The reference's weights.
        declared: The scale that their quantizer applied, of the same shape; None without a quantizer.
        node: Name of the layer, for messages.

    Raises:
        UnsupportedOperatorError: The weights are floats, wider than 8 bits, or scaled along the inputs.
    """
    scale = _units(matrix, declared)
    if scale is None:
        kind = "floats" if declared is None else "quantized with a scale that differs between inputs"
        raise UnsupportedOperatorError(
            f"{node}: its weights are {kind}; a layer needs integers times one scale per output: "
            f"give it a weight quantizer per tensor or per output channel (1 to 8 bits)"
        )
    integers = np.round(matrix / scale).astype(np.int64)
    if not np.allclose(integers * scale, matrix, rtol=1e-6, atol=0.0):
        raise UnsupportedOperatorError(
            f"{node}: its weights are not multiples of their quantizer's scale "
            f"(a zero point other than 0?); use a symmetric weight quantizer"
        )
    dtype = integer_type(integers)
    if dtype.bits > 8:
        raise UnsupportedOperatorError(f"{node}: its weights need {dtype.bits} bits; kernels take 1 to 8")
    return Weights(integers, scale, dtype)
