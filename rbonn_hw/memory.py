"""Memory contents: folds weights and thresholds into the words that the RTL reads with ``$readmemh``."""

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import ShapeError
from rbonn_hw.packing import Ints, Words, pack
from rbonn_hw.spec.threshold import ThresholdSpec


def threshold_words(spec: ThresholdSpec, thresholds: Ints, flip: NDArray[np.bool_] | None = None) -> Words:
    """Fold thresholds into the rows of ``ThresholdFile`` that ``rbonn_threshold.sv`` documents.

    Args:
        spec: Shape of the unit; ``spec.threshold_row_bits`` is the width of a row.
        thresholds: [channels, steps], non-decreasing along a row. One below the input range always
            counts and one above it never does, however far they are outside.
        flip: [channels], True where the input is negated before the comparison.

    Returns:
        [spec.threshold_rows, bytes].

    Raises:
        ShapeError: See :func:`check_thresholds`.
    """
    check_thresholds(spec, thresholds, flip)
    never = 1 << spec.input.bits
    # The unit compares u = x - min, and for a flipped channel its complement max - x: -x >= T is
    # max - x >= T + max.
    origin = np.full((spec.channels, 1), -spec.input.min)
    if flip is not None:
        origin[flip] = spec.input.max
    tree = np.full((spec.channels, (1 << spec.stages) - 1), never, dtype=np.int64)
    tree[:, : spec.steps] = np.clip(thresholds + origin, 0, never)
    fields = np.zeros((spec.threshold_rows, spec.stages, spec.pe), dtype=np.int64)
    for stage in range(spec.stages):
        half = 1 << (spec.stages - 1 - stage)
        nodes = tree[:, half - 1 :: 2 * half].reshape(spec.folds, spec.pe, 1 << stage)
        fields[: spec.folds << stage, stage] = nodes.transpose(0, 2, 1).reshape(-1, spec.pe)
    return pack(fields.reshape(spec.threshold_rows, -1), spec.threshold_bits)


def flip_words(spec: ThresholdSpec, flip: NDArray[np.bool_]) -> Words:
    """Fold flip bits [channels] into the rows of ``FlipFile``, [spec.folds, bytes], ``spec.pe`` bits wide.

    Raises:
        ShapeError: ``flip`` is not one bit per channel.
    """
    if flip.shape != (spec.channels,):
        raise ShapeError(f"flip has shape {flip.shape}, expected ({spec.channels},)")
    return pack(flip.reshape(spec.folds, spec.pe).astype(np.int64), 1)


def check_thresholds(spec: ThresholdSpec, thresholds: Ints, flip: NDArray[np.bool_] | None) -> None:
    """Check the constants of a multi-threshold unit.

    Raises:
        ShapeError: A shape disagrees with ``spec``, a row decreases, or channels are flipped although
            ``spec.flip`` is False.
    """
    if thresholds.shape != (spec.channels, spec.steps):
        raise ShapeError(
            f"thresholds have shape {thresholds.shape}, expected ({spec.channels}, {spec.steps}): "
            "one row per channel, one column per step"
        )
    falling = np.flatnonzero((np.diff(thresholds, axis=1) < 0).any(axis=1))
    if falling.size:
        channel = int(falling[0])
        raise ShapeError(
            f"thresholds of channel {channel} decrease: {thresholds[channel].tolist()}; sort each row"
        )
    if flip is not None and flip.shape != (spec.channels,):
        raise ShapeError(f"flip has shape {flip.shape}, expected ({spec.channels},)")
    if flip is not None and flip.any() and not spec.flip:
        raise ShapeError(f"channels {np.flatnonzero(flip).tolist()} are flipped, but the unit has flip=False")
