"""What the parameters of a quantizer node say about its output."""

from typing import Any

import numpy as np

from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.table_writer import Target
from rbonn_hw.compiler.frontend.weights import Constants
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import UnsupportedOperatorError

MOST_INPUT_BITS = 16
"""Widest quantizer of the network's input: what a layer takes [bits]."""


def _parameter(node: Any, position: int, constants: Constants) -> Any:
    name = node.input[position]
    if name not in constants.values:
        raise UnsupportedOperatorError(
            f"{node.name} ({node.op_type}): its parameter {name} depends on the input; export a "
            "network in eval() mode"
        )
    return constants.values[name].reshape(-1).astype(np.float64)


def _scale(node: Any, constants: Constants) -> Any:
    scale = _parameter(node, 1, constants)
    if np.any(scale == 0):
        raise UnsupportedOperatorError(
            f"{node.name} ({node.op_type}): its scale is 0, which divides its input; train or export again"
        )
    return scale


def integer_range(node: Any, constants: Constants, most_bits: int = 8) -> tuple[int, int]:
    """Return the smallest and largest integer that a Quant node can make (its zero point taken off).

    Raises:
        UnsupportedOperatorError: Too many bits, or a zero point or width that is no single integer.
    """
    zero_point, bits = _parameter(node, 2, constants), _parameter(node, 3, constants)
    if np.any(zero_point != zero_point[0]) or zero_point[0] != round(zero_point[0]):
        raise UnsupportedOperatorError(
            f"{node.name}: zero point {zero_point[:4]}; use one integer per tensor"
        )
    if bits.size != 1 or bits[0] != round(bits[0]) or not 1 <= bits[0] <= most_bits:
        raise UnsupportedOperatorError(
            f"{node.name}: {bits[:4]} bits; activations take 1 to 8 bits, the network's input up to "
            f"{MOST_INPUT_BITS}"
        )
    return declared(
        int(attribute(node, "signed", 1)), int(attribute(node, "narrow", 0)), int(bits[0]), int(zero_point[0])
    )


def target_of(node: Any, constants: Constants, most_bits: int = 8) -> Target:
    """Return scale and type of a quantizer's output as far as its parameters tell."""
    if node.op_type == "BipolarQuant":
        return Target(_scale(node, constants), IntType(1, signed=False), bipolar=True)
    if node.op_type not in ("Quant", "IntQuant"):
        return Target()
    scale = _scale(node, constants)
    low, high = integer_range(node, constants, most_bits)
    if _parameter(node, 3, constants)[0] == 1 and (low, high) == (-1, 1):
        return Target(scale, IntType(1, signed=False), bipolar=True)
    return Target(scale, IntType.holding(low, high))


def declared(signed: int, narrow: int, bits: int, zero_point: int) -> tuple[int, int]:
    """Return the smallest and largest integer ``q - zero_point`` of a Quant; a signed bit is -1 or +1."""
    if signed and bits == 1:
        return -1 - zero_point, 1 - zero_point
    low = -(1 << (bits - 1)) + narrow if signed else 0
    high = (1 << (bits - 1)) - 1 if signed else (1 << bits) - 1 - narrow
    return low - zero_point, high - zero_point
