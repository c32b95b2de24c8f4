"""Layers whose input has several scales, as a Concat of different quantizers makes it."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from rbonn_hw.compiler.frontend.shapes import chosen_channels
from rbonn_hw.compiler.frontend.sums import TOLERANCE, add
from rbonn_hw.compiler.frontend.thresholds import scales_text
from rbonn_hw.compiler.frontend.values import Ints, IntTensor
from rbonn_hw.compiler.frontend.walk import Walk
from rbonn_hw.compiler.frontend.weights import Weights, integer_type
from rbonn_hw.errors import UnsupportedOperatorError

MOST_PARTS = 4
"""Most scales that get a layer of their own: each costs a layer and an adder."""
WIDEST = 8
"""Widest weights that a factor may make [bits]."""
Layer = Callable[[IntTensor, Weights, str], IntTensor]


def on_one_scale(x: IntTensor, weights: Weights, taps: int) -> tuple[IntTensor, Weights] | None:
    """Move factors between the scales of channels into the weights; None where these become too wide.

    Args:
        x: Input of a layer.
        weights: ``[taps * c, m]``, rows (tap, channel).
        taps: Pixels of a window, 1 for a vector.
    """
    smallest = float(np.abs(x.scale).min())
    ratios = [Fraction(float(scale / smallest)).limit_denominator(1 << (WIDEST - 1)) for scale in x.scale]
    common = int(np.lcm.reduce([ratio.denominator for ratio in ratios]))
    factors = np.array([int(ratio * common) for ratio in ratios])
    unit = smallest / common
    if np.abs(factors).max() >= 1 << (WIDEST - 1) or np.any(np.abs(factors * unit / x.scale - 1) > TOLERANCE):
        return None
    integers = weights.integers * np.tile(factors, taps)[:, None]
    dtype = integer_type(integers)
    if dtype.bits > WIDEST:
        return None
    lost = np.abs(x.scale - factors * unit) * np.maximum(np.abs(x.integer_low), np.abs(x.integer_high))
    made = replace(x, scale=np.full(x.channels, unit), noise=(x.noise + lost) / np.abs(factors))
    return made, Weights(integers, weights.scale, dtype)


def in_parts(lowering: Walk, node: Any, x: IntTensor, weights: Weights, taps: int, layer: Layer) -> IntTensor:
    """Append a layer for the channels of each scale, and the sum of their results.

    Args:
        lowering: The walk.
        node: The layer of the network.
        x: Its input, of several scales.
        weights: Rows (tap, channel).
        taps: Taps.
        layer: Appends the layer for some channels; its last argument names it.

    Raises:
        UnsupportedOperatorError: Too many scales, or some that have no ratio.
    """
    scales = list(dict.fromkeys(x.scale.tolist()))
    refusal = UnsupportedOperatorError(
        f"{node.name} ({node.op_type}): its input {x.origin} has {len(scales)} scales "
        f"({scales_text(x.scale)}), of which a layer takes up to {MOST_PARTS} that have a ratio of two small "
        "integers; quantize it with one scale per tensor, and what is concatenated with one shared quantizer"
    )
    if len(scales) > MOST_PARTS or np.any(x.step != x.step[0]):
        raise refusal
    grid = weights.integers.reshape(taps, x.channels, -1)
    total: IntTensor | None = None
    for number, scale in enumerate(scales):
        chosen: Ints = np.flatnonzero(x.scale == scale)
        part = chosen_channels(lowering, x, chosen, f"{node.name}_channels{number}", x.origin)
        rows = grid[:, chosen].reshape(-1, weights.scale.size)
        part_name = f"{node.name}_part{number}"
        made = layer(part, replace(weights, integers=rows), part_name)
        try:
            whole = made if total is None else add(lowering.emitter, total, made, x.origin, part_name)
        except UnsupportedOperatorError as error:
            raise refusal from error
        total = whole
    assert total is not None
    lowering.notes.append(
        f"{node.name}: its input has {len(scales)} scales ({x.origin}), so it is computed in as many parts, "
        "which are added; one shared quantizer before the Concat avoids this"
    )
    return replace(total, origin=node.output[0])
