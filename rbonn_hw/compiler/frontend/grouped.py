"""Convolutions whose outputs see some of the channels only."""

from dataclasses import replace

import numpy as np

from rbonn_hw.compiler.frontend.arithmetic import identifier, span, summation_noise
from rbonn_hw.compiler.frontend.emit import Emitter
from rbonn_hw.compiler.frontend.pools import laid_out
from rbonn_hw.compiler.frontend.values import IntTensor
from rbonn_hw.compiler.frontend.weights import Weights
from rbonn_hw.compiler.frontend.windows import Window
from rbonn_hw.datatypes import IntType


def depthwise(
    emitter: Emitter, x: IntTensor, weights: Weights, window: Window, origin: str, layer: str
) -> IntTensor:
    """Append a convolution of each channel with its own filter; scales may differ between channels.

    Args:
        emitter: The lowered graph.
        x: Its input.
        weights: ``[taps, c]`` in the reference's order.
        window: Its windows; the border includes that of x.
        origin: Name of the result in the reference.
        layer: Name of the node.
    """
    graph, node, matrix = emitter.graph, identifier(layer), weights.integers
    low, high = x.low, x.high
    if any(window.pads):
        low, high = np.minimum(low, 0), np.maximum(high, 0)
    taps = laid_out(emitter, x, window, layer)
    kind = "BIPOLAR" if weights.bipolar else weights.dtype.qonnx_name
    constant = graph.initializer(f"{node}_weights", matrix[:, x.order], kind)
    corners = np.stack([matrix * low, matrix * high])
    least, most = corners.min(axis=0), corners.max(axis=0)
    shape, products = graph.shape(taps), span(least, most)
    product = graph.add("Mul", f"{node}_products", [taps, constant], shape, products)
    axes = graph.index_constant(f"{node}_axes", [3])
    low_sum, high_sum = least.sum(axis=0), most.sum(axis=0)
    dtype, out = span(low_sum, high_sum), [*shape[:3], x.channels]
    name = graph.add("ReduceSum", node, [product, axes], out, dtype, keepdims=0)
    scale, gain = x.scale * weights.scale, np.abs(matrix).sum(axis=0)
    largest = np.maximum(np.abs(x.integer_low), np.abs(x.integer_high)) * gain
    return replace(
        x,
        origin=origin,
        name=name,
        shape=(1, x.channels, out[1], out[2]),
        dtype=dtype,
        low=low_sum,
        high=high_sum,
        offset=x.offset * matrix.sum(axis=0),
        scale=scale,
        noise=x.noise * gain * np.abs(weights.scale) + summation_noise(scale, largest, window.taps),
        weights="",
        pads=(0, 0, 0, 0),
    )


def block_diagonal(weights: Weights, taps: int, groups: int) -> Weights:
    """Return the weights of a grouped convolution over all channels: 0 for those of other groups.

    Args:
        weights: ``[taps * c, m]`` for c channels of one group, rows (tap, channel of the group).
        taps: Pixels of a window.
        groups: Groups of c channels, and of m / groups outputs.

    Returns:
        ``[taps * groups * c, m]``, rows (tap, channel).
    """
    inside = weights.integers.reshape(taps, -1, groups, weights.scale.size // groups)
    whole = np.zeros((taps, groups, *inside.shape[1:]), np.int64)
    for group in range(groups):
        whole[:, group, :, group] = inside[:, :, group]
    low, high = int(min(whole.min(), -1)), int(max(whole.max(), 1))
    integers = whole.reshape(-1, weights.scale.size)
    return Weights(integers, weights.scale, IntType.holding(low, high))
