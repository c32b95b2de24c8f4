"""Bit-exact golden model of the repetition of pixels."""

from rbonn_hw.packing import Ints
from rbonn_hw.ref._stream import check_tensor
from rbonn_hw.spec.upsample import UpsampleSpec


def upsample(spec: UpsampleSpec, x: Ints) -> Ints:
    """Return every pixel ``scale_h`` x ``scale_w`` times.

    Args:
        spec: Shape and type; folding does not change the result.
        x: [n, height, width, channels], within ``spec.element``.

    Returns:
        [n, height * scale_h, width * scale_w, channels].

    Raises:
        ShapeError: Wrong shape, or a value out of range.
    """
    check_tensor("x", x, (spec.height, spec.width, spec.channels), spec.element)
    return x.repeat(spec.scale_h, axis=1).repeat(spec.scale_w, axis=2)
