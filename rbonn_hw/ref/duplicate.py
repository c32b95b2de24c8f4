"""Golden model of the stream fork."""

import numpy as np

from rbonn_hw.packing import Ints
from rbonn_hw.ref._stream import check_tensor
from rbonn_hw.spec.duplicate import DuplicateSpec


def duplicate(spec: DuplicateSpec, x: Ints) -> Ints:
    """Return every output's beats.

    Args:
        spec: Shape of the fork.
        x: [n, beats, lanes].

    Returns:
        [copies, n, beats, lanes].

    Raises:
        ShapeError: Wrong shape, or a value out of range.
    """
    check_tensor("x", x, (spec.beats, spec.lanes), spec.dtype)
    return np.stack([x] * spec.copies)
