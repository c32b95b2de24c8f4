"""Bit-exact golden model of the element-wise sum of two streams."""

from rbonn_hw.packing import Ints
from rbonn_hw.ref._stream import check_tensor
from rbonn_hw.spec.add import AddSpec


def add(spec: AddSpec, x0: Ints, x1: Ints) -> Ints:
    """Return ``factor0 * x0 + factor1 * x1``.

    Args:
        spec: Shape and types; folding does not change the result.
        x0: [n, vectors, channels], within ``spec.input0``.
        x1: [n, vectors, channels], within ``spec.input1``.

    Returns:
        [n, vectors, channels], within ``spec.output``.

    Raises:
        ShapeError: Wrong shape, or a value out of range.
    """
    shape = (spec.vectors, spec.channels)
    check_tensor("x0", x0, shape, spec.input0)
    check_tensor("x1", x1, shape, spec.input1)
    return spec.factor0 * x0 + spec.factor1 * x1
