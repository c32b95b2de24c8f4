"""Sums of two integer tensors, each times an integer factor where their scales differ."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np

from rbonn_hw.compiler.frontend.arithmetic import identifier, span, summation_noise
from rbonn_hw.compiler.frontend.emit import Emitter
from rbonn_hw.compiler.frontend.thresholds import scales_text
from rbonn_hw.compiler.frontend.values import Ints, IntTensor
from rbonn_hw.errors import UnsupportedOperatorError

MOST = 1 << 13
"""Largest numerator and denominator of a ratio of scales: enough for any ratio near 1 in float32."""
TOLERANCE = 2.0**-22
"""Relative distance between a ratio and the quotient of two scales, each of which is rounded to float32."""


def add(emitter: Emitter, a: IntTensor, b: IntTensor, origin: str, layer: str) -> IntTensor:
    """Append the sum of two tensors.

    Raises:
        UnsupportedOperatorError: Unequal shapes or orders, or scales that have no common unit.
    """
    a, b = emitter.padded(a, layer), emitter.padded(b, layer)
    if a.shape != b.shape:
        raise UnsupportedOperatorError(
            f"{layer} (Add): shapes {a.shape} and {b.shape}; add tensors of equal shape"
        )
    if not np.array_equal(a.order, b.order):
        raise UnsupportedOperatorError(f"{layer} (Add): {_unequal_orders(a, b)}")
    ratio = _ratio(a, b, layer)
    p, q = ratio.numerator, ratio.denominator
    ahead, behind = p * _step(a, layer), q * _step(b, layer)
    step = math.gcd(ahead, behind)
    x, y = _times(emitter, a, ahead // step, layer), _times(emitter, b, behind // step, layer)
    low, high = x.low + y.low, x.high + y.high
    dtype = span(low, high)
    name = emitter.graph.add("Add", identifier(layer), [x.name, y.name], emitter.graph.shape(a.name), dtype)
    scale, reach = b.scale / q, _reach(a)
    noise = a.noise + b.noise + np.abs(a.scale - p * scale) * reach
    return replace(
        a,
        origin=origin,
        name=name,
        dtype=dtype,
        low=low,
        high=high,
        step=np.full(a.channels, step),
        offset=p * a.offset + q * b.offset,
        scale=scale,
        noise=noise + summation_noise(scale, p * reach + q * _reach(b), 1),
        weights="",
    )


def _unequal_orders(a: IntTensor, b: IntTensor) -> str:
    """Say which operand has its channels or features in an order of its own."""
    one, other = (a, b) if np.any(np.diff(a.order) != 1) else (b, a)
    if len(a.shape) == 2 and not np.any(np.diff(other.order) != 1):
        return (
            f"the features of {one.origin} are those of a flattened map, channels innermost in the "
            f"accelerator, those of {other.origin} are not; add before flattening, or flatten both"
        )
    return (
        f"the channels of {one.origin} were put into another order than those of {other.origin}; add before "
        "the shuffle, or shuffle both alike"
    )


def _reach(x: IntTensor) -> Ints:
    """Return the largest magnitude of each channel's integers."""
    return np.maximum(np.abs(x.integer_low), np.abs(x.integer_high))


def _ratio(a: IntTensor, b: IntTensor, layer: str) -> Fraction:
    """Return the scale of a in units of that of b: the simplest fraction that is it."""
    quotients = a.scale / b.scale
    wanted = float(quotients[0])
    if wanted > 0 and np.all(np.abs(quotients / wanted - 1.0) <= TOLERANCE):
        for bits in range(MOST.bit_length()):
            ratio = Fraction(wanted).limit_denominator(1 << bits)
            if 0 < ratio.numerator <= MOST and abs(float(ratio) / wanted - 1.0) <= TOLERANCE:
                return ratio
    raise UnsupportedOperatorError(
        f"{layer} (Add): scales {scales_text(a.scale)} of {a.origin} and {scales_text(b.scale)} of "
        f"{b.origin} have no ratio of two integers up to {MOST} that is the same in all channels; quantize "
        f"both branches with one shared quantizer, or one scale per tensor"
    )


def _step(x: IntTensor, layer: str) -> int:
    if np.any(x.step != x.step[0]):
        raise UnsupportedOperatorError(
            f"{layer} (Add): the channels of {x.origin} are stored in different units; "
            "put a quantizer before it"
        )
    return int(x.step[0])


def _times(emitter: Emitter, x: IntTensor, factor: int, layer: str) -> IntTensor:
    """Append a product with a positive constant, which layer inference moves into the adder."""
    if factor == 1:
        return x
    node = f"{identifier(layer)}_factor"
    constant = emitter.graph.initializer(f"{node}_value", np.array([factor]), f"UINT{factor.bit_length()}")
    low, high = factor * x.low, factor * x.high
    name = emitter.graph.add("Mul", node, [x.name, constant], emitter.graph.shape(x.name), span(low, high))
    return replace(x, name=name, low=low, high=high)
