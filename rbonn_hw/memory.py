"""Memory contents: folds weights and thresholds into the words that the RTL reads with ``$readmemh``."""

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import ShapeError
from rbonn_hw.packing import Ints, Words, pack
from rbonn_hw.spec.depthwise import DepthwiseSpec
from rbonn_hw.spec.mvau import MvauSpec
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


def mvau_weight_words(spec: MvauSpec, weights: Ints) -> Words:
    """Fold weights into the rows of ``WeightFile`` that ``rbonn_mvau.sv`` documents.

    Args:
        spec: Shape of the unit; ``spec.weight_row_bits`` is the width of a row.
        weights: [mh, mw]; +1 and -1 where ``spec.weight_bits`` is 1.

    Returns:
        [spec.weight_rows, bytes]; row ``nf * synapse_fold + sf`` holds the weights of neurons
        ``nf * pe ..`` for synapses ``sf * simd ..``, synapses of one neuron side by side.

    Raises:
        ShapeError: See :func:`check_weights`; or these weights can give a result outside
            ``spec.accumulator_type``.
    """
    check_weights(spec, weights)
    low, high = accumulator_bounds(spec, weights)
    kind = spec.accumulator_type
    if low < kind.min or high > kind.max:
        raise ShapeError(
            f"accumulator={kind.qonnx_name} does not hold {low} .. {high}, which these weights can give"
        )
    stored = (weights > 0).astype(np.int64) if spec.weight_bits == 1 else weights
    tiles = stored.reshape(spec.neuron_fold, spec.pe, spec.synapse_fold, spec.simd).transpose(0, 2, 1, 3)
    return pack(tiles.reshape(spec.weight_rows, spec.pe * spec.simd), spec.weight_bits)


def accumulator_bounds(spec: MvauSpec, weights: Ints) -> tuple[int, int]:
    """Return the least and the greatest result of ``weights`` [mh, mw] over all inputs of ``spec.input``."""
    if spec.xnor:
        return spec.bounds
    corners = np.stack([weights * spec.input.min, weights * spec.input.max])
    return int(corners.min(axis=0).sum(axis=1).min()), int(corners.max(axis=0).sum(axis=1).max())


def check_weights(spec: MvauSpec, weights: Ints) -> None:
    """Check the weights of an MVAU.

    Raises:
        ShapeError: The shape disagrees with ``spec``, or a value is not one of ``spec.weight_bits``.
    """
    if weights.shape != (spec.mh, spec.mw):
        raise ShapeError(
            f"weights have shape {weights.shape}, expected ({spec.mh}, {spec.mw}): one row per output"
        )
    _check_values(spec.weight_bits, weights)


def _check_values(bits: int, weights: Ints) -> None:
    """Check that weights fit into ``bits``."""
    half = 1 << (bits - 1)
    if bits == 1:
        wrong = np.abs(weights) != 1
        rule = "BIPOLAR: -1 or 1"
    else:
        wrong = (weights < -half) | (weights >= half)
        rule = f"INT{bits}: {-half} .. {half - 1}"
    if wrong.any():
        raise ShapeError(f"weights hold {weights[wrong][0]}, which is not {rule}")


def depthwise_weight_words(spec: DepthwiseSpec, weights: Ints) -> Words:
    """Fold weights into the rows of ``WeightFile`` that ``rbonn_depthwise.sv`` documents.

    Args:
        spec: Shape of the unit; ``spec.weight_row_bits`` is the width of a row.
        weights: [taps, channels]; +1 and -1 where ``spec.weight_bits`` is 1.

    Returns:
        [spec.weight_rows, bytes].

    Raises:
        ShapeError: See :func:`check_depthwise_weights`.
    """
    check_depthwise_weights(spec, weights)
    stored = (weights > 0).astype(np.int64) if spec.weight_bits == 1 else weights
    tiles = stored.reshape(-1, spec.simd, spec.fold, spec.pe).transpose(0, 2, 3, 1)
    return pack(tiles.reshape(spec.weight_rows, spec.pe * spec.simd), spec.weight_bits)


def check_depthwise_weights(spec: DepthwiseSpec, weights: Ints) -> None:
    """Check the weights of a depthwise convolution.

    Raises:
        ShapeError: The shape disagrees with ``spec``, or a value is not one of ``spec.weight_bits``.
    """
    if weights.shape != (spec.taps, spec.channels):
        raise ShapeError(
            f"weights have shape {weights.shape}, expected ({spec.taps}, {spec.channels}): one row per tap"
        )
    _check_values(spec.weight_bits, weights)
