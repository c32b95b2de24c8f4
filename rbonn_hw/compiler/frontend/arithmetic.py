"""Ranges, rounding and names of integer operators."""

import re
import zlib

import numpy as np

from rbonn_hw.compiler.frontend.values import Floats, Ints
from rbonn_hw.datatypes import IntType

BINARY = IntType(1, signed=False)
FLOAT32_EPSILON = 2.0**-24
# Characters of a layer's name: files of it get suffixes, and file systems allow 255.
LONGEST_NAME = 80


def identifier(name: str) -> str:
    """Turn a node's name into what every HDL tool takes for a module and a file: A-Z a-z 0-9 _.

    Names may become equal; the lowered graph numbers those.
    """
    plain_name = re.sub(r"[^A-Za-z0-9_]+", "_", name.replace("/export_handler", "")).strip("_")
    if len(plain_name) > LONGEST_NAME:
        plain_name = f"{zlib.crc32(name.encode()):08x}_{plain_name[-LONGEST_NAME:].strip('_')}"
    # A module of a kernel may not be met by a layer of its name.
    own = plain_name.lower().startswith("rbonn")
    return f"layer_{plain_name}".rstrip("_") if not plain_name[:1].isalpha() or own else plain_name


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
