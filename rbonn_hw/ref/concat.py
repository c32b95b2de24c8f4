"""Bit-exact golden model of the concatenation of two streams' channels."""

import numpy as np

from rbonn_hw.packing import Ints
from rbonn_hw.ref._stream import check_tensor
from rbonn_hw.spec.concat import ConcatSpec


def concat(spec: ConcatSpec, x0: Ints, x1: Ints) -> Ints:
    """Return the channels of x0, then those of x1.

    Args:
        spec: Shape and types; folding does not change the result.
        x0: [n, vectors, channels0], within ``spec.input0``.
        x1: [n, vectors, channels1], within ``spec.input1``.

    Returns:
        [n, vectors, channels0 + channels1].

    Raises:
        ShapeError: Wrong shape, or a value out of range.
    """
    check_tensor("x0", x0, (spec.vectors, spec.channels0), spec.input0)
    check_tensor("x1", x1, (spec.vectors, spec.channels1), spec.input1)
    return np.concatenate([x0, x1], axis=2)
