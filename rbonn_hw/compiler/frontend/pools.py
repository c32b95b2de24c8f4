"""Maxima and sums over windows of any size, stride and border."""

from dataclasses import replace

import numpy as np

from rbonn_hw.compiler.frontend.arithmetic import identifier, span, summation_noise
from rbonn_hw.compiler.frontend.emit import Emitter
from rbonn_hw.compiler.frontend.values import IntTensor
from rbonn_hw.compiler.frontend.windows import Window
from rbonn_hw.datatypes import IntType


def max_pool(
    emitter: Emitter, x: IntTensor, window: Window, shape: tuple[int, ...], origin: str, layer: str
) -> IntTensor:
    """Append a maximum over windows; a border is the least integer of the type, which never wins."""
    x = emitter.padded(x, layer)
    out = [1, shape[2], shape[3], shape[1]]
    if window.tiles((x.shape[2], x.shape[3])):
        name = emitter.graph.add(
            "MaxPoolNHWC", identifier(layer), [x.name], out, x.dtype,
            kernel_shape=list(window.kernel), strides=list(window.stride), pads=[0, 0, 0, 0],
        )  # fmt: skip
    else:
        taps = laid_out(emitter, x, window, layer, fill=x.dtype.min)
        name = emitter.graph.add("ReduceMax", identifier(layer), [taps], out, x.dtype, axes=[3], keepdims=0)
    return replace(x, origin=origin, name=name, shape=shape, weights="")


def sum_pool(emitter: Emitter, x: IntTensor, window: Window, layer: str) -> IntTensor:
    """Append a sum over windows, whose border is 0; the result keeps the origin of x."""
    if any(window.pads):
        x = emitter.valued(x, layer)
    window = window.within(x.pads)
    if any(window.pads):
        x = replace(x, pads=(0, 0, 0, 0), low=np.minimum(x.low, 0), high=np.maximum(x.high, 0))
    _, height, width, c = emitter.graph.shape(x.name)
    rows, columns = window.out((height, width))
    count, out = window.taps, [1, rows, columns, c]
    low, high = x.low * count, x.high * count
    dtype = span(low, high)
    name = _sum(emitter, x, window, layer, out, dtype)
    largest = np.maximum(np.abs(x.integer_low), np.abs(x.integer_high)) * count
    return replace(
        x,
        name=name,
        shape=(1, c, rows, columns),
        dtype=dtype,
        low=low,
        high=high,
        offset=x.offset * count,
        noise=count * x.noise + summation_noise(x.scale, largest, count),
        weights="",
    )


def _sum(emitter: Emitter, x: IntTensor, window: Window, layer: str, out: list[int], dtype: IntType) -> str:
    """Sum the pixels of each window, read once where the windows tile the map."""
    graph, node = emitter.graph, identifier(layer)
    _, height, width, c = graph.shape(x.name)
    if not window.tiles((height, width)):
        taps = laid_out(emitter, x, window, layer)
        axes = graph.index_constant(f"{node}_axes", [3])
        return graph.add("ReduceSum", node, [taps, axes], out, dtype, keepdims=0)
    tiles = [1, out[1], window.kernel[0], out[2], window.kernel[1], c]
    shape = graph.index_constant(f"{node}_shape", tiles)
    split = graph.add("Reshape", f"{node}_tiles", [x.name, shape], tiles, x.dtype)
    axes = graph.index_constant(f"{node}_axes", [2, 4])
    return graph.add("ReduceSum", node, [split, axes], out, dtype, keepdims=0)


def laid_out(emitter: Emitter, x: IntTensor, window: Window, layer: str, *, fill: int = 0) -> str:
    """Lay the windows of a map out as [1, rows, columns, taps, c] and return that tensor's name."""
    graph, node = emitter.graph, identifier(layer)
    c, name = graph.shape(x.name)[-1], x.name
    if not window.trivial:
        name = emitter.window(x, f"{node}_window", window, fill=fill)
    rows, columns = graph.shape(name)[1:3]
    taps = [1, rows, columns, window.taps, c]
    shape = graph.index_constant(f"{node}_shape", taps)
    return graph.add("Reshape", f"{node}_taps", [name, shape], taps, x.dtype)
