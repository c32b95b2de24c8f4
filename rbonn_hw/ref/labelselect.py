"""Bit-exact golden model of the label-select unit."""

import numpy as np

from rbonn_hw.errors import ShapeError
from rbonn_hw.packing import Ints
from rbonn_hw.spec.labelselect import LabelSelectSpec


def labelselect(spec: LabelSelectSpec, x: Ints) -> Ints:
    """Return the index of the largest value of each vector, the least of several.

    Args:
        spec: Shape of the unit; folding does not change the result.
        x: [n, labels], within ``spec.input``.

    Returns:
        [n, 1], within ``spec.output``.

    Raises:
        ShapeError: ``x`` disagrees with ``spec``.
    """
    if x.ndim != 2 or x.shape[1] != spec.labels:
        raise ShapeError(f"x has shape {x.shape}, expected (n, {spec.labels})")
    labels: Ints = np.argmax(x, axis=1, keepdims=True).astype(np.int64)
    return labels
