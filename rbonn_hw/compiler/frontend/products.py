"""Sums of products: convolutions and matrix products over integers."""

from dataclasses import replace

import numpy as np

from rbonn_hw.compiler.frontend.arithmetic import BINARY, identifier, span, summation_noise
from rbonn_hw.compiler.frontend.emit import Emitter
from rbonn_hw.compiler.frontend.values import IntTensor, uniform
from rbonn_hw.compiler.frontend.weights import Weights
from rbonn_hw.compiler.frontend.windows import Window
from rbonn_hw.errors import UnsupportedOperatorError


def convolve(
    emitter: Emitter, x: IntTensor, weights: Weights, window: Window, origin: str, layer: str
) -> IntTensor:
    """Append a convolution; ``weights`` rows are (kh, kw, c) in the reference's order.

    The border of ``window`` includes that of x.
    """
    grid = weights.integers.reshape(*window.kernel, x.channels, -1)
    rows = grid[:, :, x.order].reshape(weights.integers.shape)
    windows = x
    if not window.trivial:
        name = emitter.window(x, f"{identifier(layer)}_window", window)
        windows = replace(x, name=name, pads=(0, 0, 0, 0))
    if any(window.pads):
        windows = replace(windows, low=np.minimum(x.low, 0), high=np.maximum(x.high, 0))
    return multiply(emitter, windows, replace(weights, integers=rows), window.taps, origin, layer)


def multiply(
    emitter: Emitter, x: IntTensor, weights: Weights, taps: int, origin: str, layer: str
) -> IntTensor:
    """Append a matrix product with weights ``[taps * c, m]`` in the lowered order of x."""
    if not x.has_one_scale() or np.any(x.step != x.step[0]):
        raise UnsupportedOperatorError(
            f"{layer}: its input has a scale per channel; quantize the activation with one scale per tensor"
        )
    matrix, step = weights.integers, int(x.step[0])
    k, m = matrix.shape
    low, high = (np.tile(side[x.order], taps)[:, None] for side in (x.low, x.high))
    offsets, noise = (np.tile(side[x.order], taps) for side in (x.offset, x.noise))
    shape = [*emitter.graph.shape(x.name)[:-1], m]
    if x.dtype == BINARY and weights.bipolar:
        low_sum, high_sum = uniform(m, 0), uniform(m, k)
        offset = step * (matrix.sum(axis=0) - k) // 2 + offsets @ matrix
        op_type, stored, qonnx_type = "XnorPopcountMatMul", (matrix + 1) // 2, "BINARY"
    else:
        low_sum = np.minimum(matrix * low, matrix * high).sum(axis=0)
        high_sum = np.maximum(matrix * low, matrix * high).sum(axis=0)
        offset = offsets @ matrix
        op_type, stored = "MatMul", matrix
        qonnx_type = "BIPOLAR" if weights.bipolar else weights.dtype.qonnx_name
    name = identifier(layer)
    initializer = emitter.graph.initializer(f"{name}_weights", stored, qonnx_type)
    dtype = span(low_sum, high_sum)
    output = emitter.graph.add(op_type, name, [x.name, initializer], shape, dtype)
    scale = x.scale[0] * weights.scale
    reach = np.maximum(np.abs(x.integer_low), np.abs(x.integer_high))
    largest = np.tile(reach[x.order], taps) @ np.abs(matrix)
    carried = np.asarray(noise @ np.abs(matrix) * np.abs(weights.scale), np.float64)
    return IntTensor(
        origin=origin,
        name=output,
        shape=(1, m, *shape[1:-1]),
        dtype=dtype,
        low=low_sum,
        high=high_sum,
        step=uniform(m, step),
        offset=offset,
        scale=scale,
        order=np.arange(m),
        weights=initializer,
        noise=summation_noise(scale, largest, k) + carried,
    )
