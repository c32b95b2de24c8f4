"""Nodes that move values and compute nothing: borders, changes of shape, choices and rows of channels."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from rbonn_hw.compiler.frontend.arithmetic import identifier, span
from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.execution import Array
from rbonn_hw.compiler.frontend.products import convolve
from rbonn_hw.compiler.frontend.thresholds import scales_text
from rbonn_hw.compiler.frontend.values import Derived, Ints, IntTensor, Value, merge
from rbonn_hw.compiler.frontend.walk import Walk
from rbonn_hw.compiler.frontend.weights import Weights
from rbonn_hw.compiler.frontend.windows import Window
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import UnsupportedOperatorError

MOST_LEVELS = 127
"""Most levels of a common unit to which a table brings a part of a Concat."""


def lower_pad(lowering: Walk, position: int, node: Any) -> Value:
    """Remember a constant border, which the next window makes."""
    value = lowering.affine(node.input[0], node.name)
    if isinstance(value, Derived):
        way_out = "pad behind the quantizer, with -1 for +-1 maps and 0 for integers"
        reason = f"{node.name} (Pad) pads floats; {way_out}"
        return merge([value], position, reason)
    pads = [int(pad) for pad in lowering.constants.values[node.input[1]].reshape(-1)]
    fill = 0.0
    if len(node.input) > 2 and node.input[2]:
        fill = float(lowering.constants.values[node.input[2]].reshape(-1)[0])
    mode = attribute(node, "mode", b"constant").decode()
    if len(pads) == 8 and pads[1] + pads[5] and not any(pads[2:4] + pads[6:]) and min(pads) >= 0 and not fill:
        return _more_channels(lowering, value, (pads[1], pads[5]), node)
    if len(pads) != 8 or any(pads[:2]) or any(pads[4:6]) or min(pads) < 0 or mode != "constant":
        raise UnsupportedOperatorError(
            f"{node.name} (Pad): pads {pads}, mode {mode}; pad height and width, with a constant"
        )
    if fill == 0.0:
        value = lowering.zero_padded(value, node.name)
    stored_zero = value.offset * value.scale
    if not np.allclose(stored_zero, fill, rtol=1e-6, atol=0.0):
        raise UnsupportedOperatorError(
            f"{node.name} (Pad): value {fill} in a tensor whose border can be "
            f"{scales_text(stored_zero)}; "
            f"pad +-1 maps with minus their scale and integers with 0"
        )
    border = (pads[2], pads[3], pads[6], pads[7])
    value = lowering.emitter.padded(value, identifier(node.name))
    shape = tuple(lowering.reference.get_tensor_shape(node.output[0]))
    return replace(value, origin=node.output[0], shape=shape, pads=border, weights="")


def _more_channels(lowering: Walk, x: IntTensor, more: tuple[int, int], node: Any) -> IntTensor:
    """Add channels of zeros before and behind those of x, by a product with ones and zeros."""
    x = lowering.emitter.padded(lowering.zero_padded(x, node.name), node.name)
    matrix = np.eye(x.channels + sum(more), dtype=np.int64)[more[0] : more[0] + x.channels]
    weights = Weights(matrix, np.ones(matrix.shape[1]), IntType(2, signed=True))
    return convolve(lowering.emitter, x, weights, Window(kernel=(1, 1)), node.output[0], node.name)


def lower_reshape(lowering: Walk, position: int, node: Any) -> Value:
    """Lower a flatten, or a vector that becomes a map; leave what changes nothing."""
    value = lowering.values[node.input[0]]
    before, after = (
        tuple(lowering.reference.get_tensor_shape(name)) for name in (node.input[0], node.output[0])
    )
    flattens = len(before) == 4 and after == (1, int(np.prod(before)))
    lifts = len(before) == 2 and len(after) == 4 and (after[2:] == (1, 1) or after[1] == 1)
    permutes = node.op_type == "Transpose" and list(attribute(node, "perm", [])) != list(range(len(before)))
    # One value a channel with an axis of size 1 behind it: how older exporters write BatchNorm1d.
    column = (
        {len(before), len(after)} == {2, 3} and before[:2] == after[:2] and 1 in (before[2:] or after[2:])
    )
    if column and not permutes:
        return merge([value], position)
    regrids = len(before) == len(after) == 4 and before[:2] == after[:2] and isinstance(value, IntTensor)
    if permutes or not (flattens or lifts or regrids or before == after):
        turned = f"{node.name} ({node.op_type}) turns {before} into {after}"
        reason = f"{turned}; only flattening [1, c, h, w], and channels last around layers, are possible"
        return merge([value], position, reason if isinstance(value, IntTensor) or value.sources else "")
    if isinstance(value, Derived):
        return merge([value], position)
    if flattens:
        return lowering.emitter.flatten(value, node.output[0], node.name)
    if regrids and before != after:
        return lowering.emitter.regrid(value, node.output[0], after, node.name)
    return _lift(lowering, value, after, node) if lifts else replace(value, origin=node.output[0])


def _lift(lowering: Walk, x: IntTensor, shape: tuple[int, ...], node: Any) -> IntTensor:
    """Turn a vector into a map of one pixel, or of one channel if all features are alike."""
    if shape[1] == x.channels:
        return lowering.emitter.lift(x, node.output[0], node.name)
    alike = all(np.all(values == values[0]) for values in (x.step, x.offset, x.scale))
    if not alike or np.any(x.order != np.arange(x.channels)):
        raise UnsupportedOperatorError(
            f"{node.name} ({node.op_type}): features of {x.origin} differ in scale or order, and become "
            "pixels of one channel; quantize them with one scale first"
        )
    name, out = f"{identifier(node.name)}_map", [1, *shape[2:], 1]
    constant = lowering.emitter.graph.index_constant(f"{name}_shape", out)
    made = lowering.emitter.graph.add("Reshape", name, [x.name, constant], out, x.dtype)
    first = {field: getattr(x, field)[:1] for field in ("step", "offset", "scale")}
    low, high, noise = x.low.min(keepdims=True), x.high.max(keepdims=True), x.noise.max(keepdims=True)
    return replace(
        x, origin=node.output[0], name=made, shape=shape, order=np.zeros(1, np.int64), weights="",
        low=low, high=high, noise=noise, **first,
    )  # fmt: skip


def lower_gather(lowering: Walk, position: int, node: Any) -> Value:
    """Reorder channels, which costs nothing, or choose some."""
    value = lowering.affine(node.input[0], node.name)
    indices = lowering.constants.values.get(node.input[1])
    if not isinstance(value, IntTensor):
        reason = f"{node.name} ({node.op_type}) moves channels of floats; put a quantizer directly before it"
        return merge([value], position, reason if value.sources else "")
    if indices is None or indices.ndim != 1 or attribute(node, "axis", 0) % len(value.shape) != 1:
        raise UnsupportedOperatorError(
            f"{node.name} ({node.op_type}): only constant channels (axis 1) can be chosen"
        )
    chosen = np.asarray(indices, np.int64) % value.channels
    if np.unique(chosen).size < chosen.size:
        raise UnsupportedOperatorError(f"{node.name} ({node.op_type}): takes a channel twice; take each once")
    return chosen_channels(lowering, value, chosen, node.name, node.output[0])


def chosen_channels(lowering: Walk, x: IntTensor, chosen: Ints, layer: str, origin: str) -> IntTensor:
    """Return channels ``chosen`` of x in that order; the accelerator keeps its own order."""
    kept = np.isin(x.order, chosen)
    name = x.name
    if not kept.all():
        graph, label = lowering.emitter.graph, identifier(layer)
        shape = [*graph.shape(name)[:-1], int(kept.sum())]
        constant = graph.index_constant(f"{label}_kept", np.flatnonzero(kept).tolist())
        name = graph.add("Gather", label, [name, constant], shape, x.dtype, axis=len(shape) - 1)
    place = np.full(x.channels, -1)
    place[chosen] = np.arange(chosen.size)
    fields = {
        field: getattr(x, field)[chosen] for field in ("low", "high", "step", "offset", "scale", "noise")
    }
    shape_after = (1, chosen.size, *x.shape[2:])
    return replace(
        x,
        origin=origin,
        name=name,
        shape=shape_after,
        order=place[x.order[kept]],
        weights="",
        **fields,
    )


def lower_concat(lowering: Walk, position: int, node: Any) -> Value:
    """Put the channels of several integer tensors one behind the other."""
    operands = [lowering.values.get(name) for name in node.input]
    if any(value is None or (not isinstance(value, IntTensor) and not value.sources) for value in operands):
        known = [value for value in operands if value is not None]
        return merge(known, position, f"{node.name} (Concat) joins constants or floats; quantize each part")
    parts = [lowering.emitter.padded(lowering.integer(name, node.name), node.name) for name in node.input]
    if attribute(node, "axis", 1) % len(parts[0].shape) != 1:
        raise UnsupportedOperatorError(f"{node.name} (Concat): only channels (axis 1) can be joined")
    parts = _alike(lowering, parts, node.name)
    graph, total = lowering.emitter.graph, sum(part.channels for part in parts)
    dtype = span(np.array([part.dtype.min for part in parts]), np.array([part.dtype.max for part in parts]))
    shape = [*graph.shape(parts[0].name)[:-1], total]
    name = graph.add(
        "Concat", identifier(node.name), [part.name for part in parts], shape, dtype, axis=len(shape) - 1
    )
    starts = np.cumsum([0, *(part.channels for part in parts)])

    def joined(field: str) -> Array:
        return np.concatenate([getattr(part, field) for part in parts])

    order = np.concatenate([part.order + start for part, start in zip(parts, starts[:-1], strict=True)])
    return replace(
        parts[0], origin=node.output[0], name=name, shape=(1, total, *parts[0].shape[2:]), dtype=dtype,
        order=order, weights="", low=joined("low"), high=joined("high"), step=joined("step"),
        offset=joined("offset"), scale=joined("scale"), noise=joined("noise"),
    )  # fmt: skip


def _alike(lowering: Walk, parts: list[IntTensor], layer: str) -> list[IntTensor]:
    """Store all parts in one unit where a table can bring them there; otherwise each keeps its scale."""
    if any(np.any(part.step != parts[0].step[0]) for part in parts):
        parts = [lowering.emitter.valued(part, layer) for part in parts]
    if any(not part.has_one_scale() or part.scale[0] <= 0 for part in parts):
        return parts
    ratios = [Fraction(float(part.scale[0] / parts[0].scale[0])).limit_denominator(64) for part in parts]
    close = [
        abs(float(ratio) * parts[0].scale[0] / part.scale[0] - 1.0) <= 2.0**-22 if ratio else False
        for ratio, part in zip(ratios, parts, strict=True)
    ]
    common = int(np.lcm.reduce([ratio.denominator for ratio in ratios]))
    factors = [int(ratio * common) for ratio in ratios]
    if not all(close) or factors == [1] * len(parts):
        return parts
    reach = max(
        factor * int(max(-part.low.min(), part.high.max()))
        for factor, part in zip(factors, parts, strict=True)
    )
    if reach > MOST_LEVELS:
        return parts
    return [
        lowering.emitter.multiple(part, factor, layer) for factor, part in zip(factors, parts, strict=True)
    ]
