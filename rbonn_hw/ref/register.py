"""Golden model of the register stage: what comes out is what went in."""

from rbonn_hw.packing import Ints
from rbonn_hw.ref._stream import check_tensor
from rbonn_hw.spec.register import RegisterSpec


def register(spec: RegisterSpec, x: Ints) -> Ints:
    """Return a copy of ``x``.

    Args:
        spec: Width of the stage.
        x: [n, beats, lanes].

    Raises:
        ShapeError: Wrong shape, or a value out of range.
    """
    check_tensor("x", x, (spec.beats, spec.lanes), spec.dtype)
    return x.copy()
