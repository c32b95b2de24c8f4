"""Bit-exact golden model of the choice of channels."""

from rbonn_hw.packing import Ints
from rbonn_hw.ref._stream import check_tensor
from rbonn_hw.spec.select import SelectSpec


def select(spec: SelectSpec, x: Ints) -> Ints:
    """Return the kept channels.

    Args:
        spec: Shape and type; folding does not change the result.
        x: [n, vectors, channels], within ``spec.element``.

    Returns:
        [n, vectors, len(kept)].

    Raises:
        ShapeError: Wrong shape, or a value out of range.
    """
    check_tensor("x", x, (spec.vectors, spec.channels), spec.element)
    result: Ints = x[..., list(spec.kept)]
    return result
