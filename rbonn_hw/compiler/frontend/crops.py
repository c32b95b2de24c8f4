"""Parts of a map: rows and columns that a Slice or an index takes, and blocks of pixels as channels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from onnx import NodeProto, helper
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend.arithmetic import identifier
from rbonn_hw.compiler.frontend.attributes import attribute, integers_of
from rbonn_hw.compiler.frontend.values import IntTensor, Value, merge
from rbonn_hw.compiler.frontend.walk import Walk
from rbonn_hw.compiler.frontend.windows import Window
from rbonn_hw.errors import UnsupportedOperatorError

LEAST_RANK = 3
"""Axes of the smallest map, [1, c, l]."""


@dataclass(frozen=True, slots=True)
class Part:
    """Places of one axis that are kept: ``start``, ``start + step`` and so on, ``count`` of them.

    Attributes:
        start: First place.
        step: Places from one to the next, at least 1.
        count: How many, at least 1.
        size: Places of the axis before.
    """

    start: int
    step: int
    count: int
    size: int

    @classmethod
    def among(cls, places: Sequence[int], size: int) -> "Part | None":
        """Return the part that consists of these places; None where they are not equally far apart."""
        steps = set(np.diff(places).tolist())
        if not len(places) or len(steps) > 1 or any(step < 1 for step in steps):
            return None
        # One place is the first of windows that no second one follows.
        return cls(int(places[0]), int((steps or {size}).pop()), len(places), size)

    @property
    def end(self) -> int:
        """The place behind the last."""
        return self.start + (self.count - 1) * self.step + 1

    def window(self) -> tuple[int, int, int]:
        """Return taps and dilation of windows of which one tap each are these places, and which tap."""
        reach = max(self.start + 1, self.size - self.count * self.step + 1)
        if reach > 2 and self.start in (0, reach - 1):
            return 2, reach - 1, int(self.start > 0)
        return reach, 1, self.start


def parts_of(model: ModelWrapper, node: NodeProto) -> dict[int, Part] | None:
    """Return what a Slice keeps of each axis that it names; None where it is no constant, or turns back."""
    shape = list(model.get_tensor_shape(node.input[0]) or [])
    names = ("starts", "ends", "axes", "steps")
    starts, ends, axes, steps = (integers_of(model, node, 1 + rank, name) for rank, name in enumerate(names))
    if not shape or not starts or ends is None or axes is None or steps is None:
        return None
    found = {}
    axes, steps = axes or list(range(len(starts))), steps or [1] * len(starts)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        size = shape[axis]
        part = Part.among(range(*slice(start, end, step).indices(size)), size) if step > 0 else None
        if part is None:
            return None
        found[axis % len(shape)] = part
    return found


def indices_of(model: ModelWrapper, node: NodeProto) -> dict[int, Part] | None:
    """Return what a Gather of places of a map keeps of its axis, as :func:`parts_of` does."""
    shape = list(model.get_tensor_shape(node.input[0]) or [])
    indices = model.get_initializer(node.input[1])
    if len(shape) < LEAST_RANK or indices is None or indices.ndim > 1:
        return None
    axis = attribute(node, "axis", 0) % len(shape)
    part = Part.among([int(place) % shape[axis] for place in np.atleast_1d(indices)], shape[axis])
    return None if part is None or axis < 2 else {axis: part}


def slice_node(model: ModelWrapper, ends: tuple[str, str], parts: dict[int, Part], name: str) -> NodeProto:
    """Return a Slice from and to the tensors ``ends``, with everything that it may leave out."""
    columns = {
        "starts": [part.start for part in parts.values()],
        "ends": [part.end for part in parts.values()],
        "axes": list(parts),
        "steps": [part.step for part in parts.values()],
    }
    for what, values in columns.items():
        model.set_initializer(f"{ends[1]}_{what}", np.asarray(values, np.int64))
    operands = [ends[0], *(f"{ends[1]}_{what}" for what in columns)]
    return helper.make_node("Slice", operands, [ends[1]], name=name)


def spelled_out(model: ModelWrapper, node: NodeProto) -> Sequence[NodeProto] | None:
    """Write what a Slice or an index takes of a map as a Slice with all operands, channels by one more."""
    if node.op_type not in ("Slice", "Gather") or model.get_initializer(node.input[0]) is not None:
        return None
    shape = list(model.get_tensor_shape(node.input[0]) or [])
    parts = parts_of(model, node) if node.op_type == "Slice" else indices_of(model, node)
    if parts is None or len(shape) < LEAST_RANK or 0 in parts:
        return None
    channels = {axis: part for axis, part in parts.items() if axis == 1}
    places = {axis: part for axis, part in parts.items() if axis > 1}
    if node.op_type == "Slice" and not places:
        return None
    made, source, last = [], node.input[0], node.output[0]
    sliced = f"{last}_sliced"
    if channels:
        made.append(slice_node(model, (source, f"{last}_channels"), channels, f"{node.name}_channels"))
        source = f"{last}_channels"
    drops = len(model.get_tensor_shape(last) or shape) < len(shape)
    made.append(slice_node(model, (source, sliced if drops else last), places, node.name))
    if drops:
        model.set_initializer(f"{last}_shape", np.asarray(model.get_tensor_shape(last), np.int64))
        made.append(helper.make_node("Reshape", [sliced, f"{last}_shape"], [last], name=f"{node.name}_shape"))
    return made


def lower_crop(lowering: Walk, position: int, node: Any) -> Value:
    """Take some rows and columns of a map: one tap each of windows that reach from one to the next.

    Raises:
        UnsupportedOperatorError: Other axes than height and width, or places that are no constants.
    """
    value = lowering.affine(node.input[0], node.name)
    if not isinstance(value, IntTensor):
        reason = f"{node.name} ({node.op_type}) takes a part of floats; put a quantizer directly before it"
        return merge([value], position, reason if value.sources else "")
    parts = parts_of(lowering.reference, node)
    if parts is None or len(value.shape) != 4 or not set(parts) <= {2, 3}:
        raise UnsupportedOperatorError(
            f"{node.name} ({node.op_type}) does not take every n-th row and column, from a constant first to "
            f"a constant last, of a map [1, c, h, w]; its input has shape {value.shape}"
        )
    x, graph, label = lowering.emitter.padded(value, node.name), lowering.emitter.graph, identifier(node.name)
    whole = [Part(0, 1, size, size) for size in x.shape[2:]]
    high, wide = (parts.get(axis, part) for axis, part in zip((2, 3), whole, strict=True))
    (rows, down, top), (columns, across, left) = high.window(), wide.window()
    window = Window(kernel=(rows, columns), stride=(high.step, wide.step), dilation=(down, across))
    name = x.name
    if not window.trivial:
        name = lowering.emitter.window(x, f"{label}_window", window)
    if window.taps > 1:
        first = (top * columns + left) * x.channels
        kept = graph.index_constant(f"{label}_kept", list(range(first, first + x.channels)))
        shape = [*graph.shape(name)[:-1], x.channels]
        name = graph.add("Gather", label, [name, kept], shape, x.dtype, axis=3)
    shape_after = (1, x.channels, high.count, wide.count)
    return replace(x, origin=node.output[0], name=name, shape=shape_after, weights="")


def lower_blocks(lowering: Walk, position: int, node: Any) -> Value:
    """Lay the pixels of each block out as channels: windows that tile the map."""
    value = lowering.affine(node.input[0], node.name)
    if not isinstance(value, IntTensor):
        reason = f"{node.name} ({node.op_type}) moves floats; put a quantizer directly before it"
        return merge([value], position, reason if value.sources else "")
    size = int(attribute(node, "blocksize", 1))
    x = lowering.emitter.padded(value, node.name)
    window = Window(kernel=(size, size), stride=(size, size))
    name = x.name
    if not window.trivial:
        name = lowering.emitter.window(x, f"{identifier(node.name)}_window", window)
    starts = np.arange(window.taps)[:, None] * x.channels
    fields: dict[str, Any] = {
        field: np.tile(getattr(x, field), window.taps)
        for field in ("low", "high", "step", "offset", "scale", "noise")
    }
    shape = tuple(lowering.reference.get_tensor_shape(node.output[0]))
    order = (starts + x.order).reshape(-1)
    return replace(x, origin=node.output[0], name=name, shape=shape, order=order, weights="", **fields)
