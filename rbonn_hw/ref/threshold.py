"""Bit-exact golden model of the multi-threshold unit."""

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import ShapeError
from rbonn_hw.memory import check_thresholds
from rbonn_hw.packing import Ints
from rbonn_hw.spec.threshold import ThresholdSpec


def threshold(spec: ThresholdSpec, thresholds: Ints, x: Ints, flip: NDArray[np.bool_] | None = None) -> Ints:
    """Return ``out_bias + #{k : x >= T[k]}`` per channel, with ``-x`` for the flipped channels.

    Args:
        spec: Shape of the unit; folding does not change the result.
        thresholds: [channels, steps], non-decreasing along a row.
        x: [n, channels], within ``spec.input``.
        flip: [channels], True where the input is negated before the comparison; None flips nothing.

    Returns:
        [n, channels], within ``spec.output``.

    Raises:
        ShapeError: A shape disagrees with ``spec``, a row decreases, or channels are flipped although
            ``spec.flip`` is False.

    Source:
        Umuroglu et al., FINN, FPGA 2017, sec. 4.2; QONNX MultiThreshold.
    """
    check_thresholds(spec, thresholds, flip)
    if x.ndim != 2 or x.shape[1] != spec.channels:
        raise ShapeError(f"x has shape {x.shape}, expected (n, {spec.channels})")
    sign = np.ones(spec.channels, dtype=np.int64) if flip is None else np.where(flip, -1, 1)
    counts = [
        np.searchsorted(row, column, side="right")  # thresholds that do not exceed the value
        for row, column in zip(thresholds, (x * sign).T, strict=True)
    ]
    return spec.out_bias + np.stack(counts, axis=1).astype(np.int64)
