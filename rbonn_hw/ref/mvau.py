"""Bit-exact golden model of the matrix-vector-activation unit.

Products of +-1 values are popcounts: with weights and inputs in {-1, +1} stored as bits,

    dot = 2 * popcount(xnor(w, x)) - MW.
"""

import numpy as np

from rbonn_hw.errors import ShapeError
from rbonn_hw.memory import check_weights
from rbonn_hw.packing import Ints
from rbonn_hw.ref.threshold import threshold
from rbonn_hw.spec.mvau import MvauSpec


def mvau(spec: MvauSpec, weights: Ints, x: Ints, thresholds: Ints | None = None) -> Ints:
    """Return ``weights @ x``, or its popcount form, for every vector, with thresholds if there are any.

    Args:
        spec: Shape of the unit; folding does not change the result.
        weights: [mh, mw]; +1 and -1 where ``spec.weight_bits`` is 1.
        x: [n, mw], within ``spec.input``; for xnor bits, 1 is +1 and 0 is -1.
        thresholds: [mh, steps], compared with what comes out without thresholds; non-decreasing along a row.

    Returns:
        [n, mh]: matching positions 0 .. mw for xnor, else dot products; with thresholds
        ``spec.out_bias`` plus the number of thresholds reached.

    Raises:
        ShapeError: A shape or a value disagrees with ``spec``; a result does not fit the accumulator.

    Source:
        Umuroglu et al., FINN, FPGA 2017, sec. 4.2 (XNOR-popcount-threshold).
    """
    check_weights(spec, weights)
    if (thresholds is None) != (spec.steps == 0):
        raise ShapeError(f"thresholds must be given exactly if steps={spec.steps} is not 0")
    if x.ndim != 2 or x.shape[1] != spec.mw:
        raise ShapeError(f"x has shape {x.shape}, expected (n, {spec.mw})")
    if x.size and (x.min() < spec.input.min or x.max() > spec.input.max):
        raise ShapeError(
            f"x has values {x.min()} .. {x.max()}, outside {spec.input.qonnx_name} "
            f"({spec.input.min} .. {spec.input.max})"
        )
    w = weights.astype(np.int64)
    if spec.xnor:
        ones = (w > 0).astype(np.int64)
        acc = x @ ones.T + (1 - x) @ (1 - ones).T  # both 1, or both 0
    else:
        acc = x @ w.T
    kind = spec.accumulator_type
    if acc.size and (acc.min() < kind.min or acc.max() > kind.max):
        raise ShapeError(
            f"results {acc.min()} .. {acc.max()} do not fit accumulator={kind.qonnx_name}; leave it None"
        )
    unit = spec.threshold
    return acc if unit is None or thresholds is None else threshold(unit, thresholds, acc)
