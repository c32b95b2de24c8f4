"""Ranges, rounding and names of integer operators."""

import re

import numpy as np

from rbonn_hw.compiler.frontend.values import Floats, Ints
from rbonn_hw.datatypes import IntType

BINARY = IntType(1, signed=False)
FLOAT32_EPSILON = 2.0**-24


def identifier(name: str) -> str:
    """Turn a node's name into letters, digits and underscores."""
    plain_name = re.sub(r"\W+", "_", name.replace("/export_handler", "")).strip("_")
    return f"layer_{plain_name}" if plain_name[:1].isdigit() else plain_name


def span(low: Ints, high: Ints) -> IntType:
    """Return the narrowest type for per-channel ranges."""
    return IntType.holding(int(low.min()), int(high.max()))


def odd_part(scale: Floats) -> Floats:
    """Return the smallest integer that is ``scale`` times a power of two: its significant bits."""
    mantissa, _ = np.frexp(np.abs(scale))
    integer = np.asarray(mantissa * 2.0**53).astype(np.int64)
    odd: Floats = (integer // np.maximum(integer & -integer, 1)).astype(np.float64)
    return odd


def summation_noise(scale: Floats, largest: Ints, terms: int) -> Floats:
    """Bound what the reference's float32 summation loses; 0 where every partial sum is exact.

    Args:
        scale: Float per unit ``[c]``.
        largest: Largest partial sum [units], ``[c]``.
        terms: Number of products in a sum.
    """
    exact = odd_part(scale) * largest < 2.0**24
    return np.where(exact, 0.0, (terms + 2) * FLOAT32_EPSILON * np.abs(scale) * largest)
