"""Golden model of the FIFO: what comes out is what went in."""

from rbonn_hw.packing import Ints
from rbonn_hw.ref._stream import check_tensor
from rbonn_hw.spec.fifo import FifoSpec


def fifo(spec: FifoSpec, x: Ints) -> Ints:
    """Return a copy of ``x``; the depth does not change the result.

    Args:
        spec: Shape of the FIFO.
        x: [n, beats, lanes].

    Raises:
        ShapeError: Wrong shape, or a value out of range.
    """
    check_tensor("x", x, (spec.beats, spec.lanes), spec.dtype)
    return x.copy()
