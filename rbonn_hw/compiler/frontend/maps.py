"""Bring every map into [1, c, h, w]: those of one dimension get a height of 1, channels-last ones are turned.

Transposes that files of channels-last tools have around each layer cancel here; what needs the original
layout gets it back by a Transpose or Reshape of its own.
"""

import copy
from typing import Any

import numpy as np
from onnx import NodeProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_shapes import InferShapes

from rbonn_hw.compiler.frontend.biases import attribute
from rbonn_hw.compiler.frontend.channels import gather
from rbonn_hw.compiler.frontend.layouts import NCHW, NCL, NHWC, NLC, Layout, spatial
from rbonn_hw.compiler.frontend.operators import AVERAGES, ELEMENTWISE, QUANTIZERS, RESHAPES

POOLS = frozenset({"MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"})
REDUCTIONS = (AVERAGES | {"ReduceMax"}) - POOLS
ALIKE = ELEMENTWISE | QUANTIZERS
"""Operators that act on every value alike, whatever its place."""


class _Maps:
    """State of one walk: the nodes so far, and for tensors of another layout the map that stands for them."""

    def __init__(self, model: ModelWrapper) -> None:
        self.model = model
        self.nodes: list[NodeProto] = []
        self.maps: dict[str, tuple[str, Layout]] = {}
        self.restored: set[str] = set()
        self.dynamic = {model.graph.input[0].name}
        for node in model.graph.node:
            if self.dynamic & set(node.input):
                self.dynamic |= set(node.output)
        self.one_dimensional = any(
            node.op_type in POOLS | {"Conv"} and len(self.shape(node.input[0])) == NCL.rank
            for node in model.graph.node
        )

    def shape(self, name: str) -> tuple[int, ...]:
        """Return a tensor's shape; () where the file has none."""
        return tuple(self.model.get_tensor_shape(name) or ())

    def emit(self, op_type: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Append a node of our own."""
        node = helper.make_node(op_type, inputs, [output], name=f"{output}_{op_type}", **attributes)
        self.nodes.append(node)
        return output

    def constant(self, name: str, values: Any) -> str:
        """Store a constant."""
        self.model.set_initializer(name, np.asarray(values))
        return name

    def reshaped(self, source: str, output: str, shape: tuple[int, ...]) -> str:
        """Append a Reshape."""
        return self.emit("Reshape", [source, self.constant(f"{output}_shape", np.array(shape))], output)

    def begin(self, name: str, layout: Layout) -> None:
        """Make the map of a tensor that has none yet."""
        source = name
        if not layout.channels_first:
            source = self.emit("Transpose", [name], f"{name}_first", perm=list(layout.sorting))
        if layout.rank < NCHW.rank:
            source = self.reshaped(source, f"{name}_map", layout.map_shape(self.shape(name)))
        self.maps[name] = (source, layout)
        self.restored.add(name)

    def restore(self, name: str) -> None:
        """Make a tensor itself, for a node that needs its layout."""
        if name not in self.maps or name in self.restored:
            return
        (source, layout), shape = self.maps[name], self.shape(name)
        self.restored.add(name)
        if layout.channels_first:
            self.reshaped(source, name, shape)
        elif layout.rank == NCHW.rank:
            self.emit("Transpose", [source], name, perm=list(layout.restoring))
        else:
            flat = self.reshaped(source, f"{name}_flat", tuple(shape[axis] for axis in layout.sorting))
            self.emit("Transpose", [flat], name, perm=list(layout.restoring))

    def operand(self, name: str, layout: Layout) -> str:
        """Return the map of an operand, or a constant in the order of maps."""
        if name in self.maps:
            return self.maps[name][0]
        shape = self.shape(name)
        if not name or int(np.prod(shape)) == 1 or len(shape) > layout.rank:
            return name
        value = self.model.get_initializer(name)
        if value is not None:
            return self.constant(f"{name}_as_{layout.rank}", layout.constant(value))
        whole = (1,) * (layout.rank - len(shape)) + shape
        source = name
        if not layout.channels_first:
            source = self.reshaped(source, f"{name}_whole", whole)
            source = self.emit("Transpose", [source], f"{name}_first", perm=list(layout.sorting))
        return self.reshaped(source, f"{name}_as_{layout.rank}", layout.map_shape(whole))


def _changed(node: NodeProto, inputs: list[str], output: str, **attributes: Any) -> NodeProto:
    """Return a copy with other operands and attributes."""
    made = copy.deepcopy(node)
    del made.input[:], made.output[:]
    made.input.extend(inputs)
    made.output.append(output)
    kept = [entry for entry in made.attribute if entry.name not in attributes]
    del made.attribute[:]
    made.attribute.extend(
        [*kept, *(helper.make_attribute(name, value) for name, value in attributes.items())]
    )
    return made


def _layout(walk: _Maps, node: NodeProto) -> Layout | None:
    """Return the layout that all activations of a node share, None where they have none or differ."""
    layouts = [walk.maps.get(name, ("", NCHW))[1] for name in node.input if name in walk.dynamic]
    return layouts[0] if layouts and layouts[0] != NCHW and len(set(layouts)) == 1 else None


def _visit(walk: _Maps, node: NodeProto) -> None:
    """Append what stands for one node of the file."""
    layout, output = _layout(walk, node), node.output[0]
    handled = _turned(walk, node) if layout is None else _moved(walk, node, layout)
    if handled:
        return
    for name in node.input:
        walk.restore(name)
    walk.nodes.append(copy.deepcopy(node))
    if walk.one_dimensional and output in walk.dynamic and len(walk.shape(output)) == NCL.rank:
        walk.begin(output, NCL)


def _turned(walk: _Maps, node: NodeProto) -> bool:
    """Take a Transpose, Reshape or Squeeze of a map [1, c, h, w] into another layout off the graph."""
    source, output = node.input[0] if node.input else "", node.output[0]
    if source not in walk.dynamic:
        return False
    before, after = walk.shape(source), walk.shape(output)
    if node.op_type == "Transpose" and tuple(attribute(node, "perm", [])) == NHWC.axes:
        walk.maps[output] = (source, NHWC)
        return True
    if node.op_type not in RESHAPES - {"Transpose"} or len(after) != NCL.rank or not walk.one_dimensional:
        return False
    if len(before) == NCHW.rank and before == NCL.map_shape(after):
        walk.maps[output] = (source, NCL)
        return True
    mapped = walk.reshaped(source, f"{output}_map", NCL.map_shape(after))
    walk.maps[output] = (mapped, NCL)
    return True


def _moved(walk: _Maps, node: NodeProto, layout: Layout) -> bool:
    """Append a node on maps instead of tensors of another layout; return whether that is possible."""
    output, kind = node.output[0], node.op_type
    source = walk.maps[next(name for name in node.input if name in walk.maps)][0]
    made, operands, attributes = f"{output}_map", [source, *node.input[1:]], {}
    if kind == "BatchNormalization" and layout == NCL:
        pass
    elif kind in ALIKE - {"BatchNormalization"}:
        operands = [walk.operand(name, layout) for name in node.input]
    elif kind in RESHAPES:
        return _reshaped(walk, node, layout, source)
    elif kind in REDUCTIONS:
        return _reduced(walk, node, layout, source)
    elif kind == "Concat":
        operands = [walk.maps[name][0] for name in node.input]
        attributes = {"axis": layout.place(attribute(node, "axis", 1))}
    elif kind == "Pad":
        pads = walk.model.get_initializer(node.input[1])
        if pads is None or pads.size != 2 * layout.rank:
            return False
        whole = np.zeros((2, 4), np.int64)
        whole[:, list(layout.axes)] = pads.reshape(2, -1)
        operands[1] = walk.constant(f"{made}_pads", whole.reshape(-1))
    elif kind in POOLS | {"Conv"} and layout == NCL:
        attributes = spatial(node)
        if kind == "Conv":
            weights = walk.shape(node.input[1])
            operands[1] = walk.reshaped(node.input[1], f"{made}_filters", (*weights[:2], 1, weights[2]))
    else:
        return False
    walk.nodes.append(_changed(node, operands, made, **attributes))
    walk.maps[output] = (made, layout)
    return True


def _reshaped(walk: _Maps, node: NodeProto, layout: Layout, source: str) -> bool:
    """Follow a map through a change of layout, or flatten it."""
    output, after = node.output[0], walk.shape(node.output[0])
    if node.op_type == "Transpose":
        perm = attribute(node, "perm", list(range(layout.rank))[::-1])
        axes = tuple(layout.axes[axis] for axis in perm)
        if axes == NCHW.axes:
            walk.emit("Identity", [source], output)
        elif axes in (NCL.axes, NLC.axes, NHWC.axes):
            walk.maps[output] = (source, Layout(axes))
        else:
            return False
        return True
    shape = layout.map_shape(walk.shape(node.input[0]))
    if after == shape and layout == NCL:
        walk.emit("Identity", [source], output)
        return True
    if after != (1, int(np.prod(shape))):
        return False
    if layout.channels_first:
        walk.reshaped(source, output, after)
        return True
    # Features run over the places of the original layout, channels innermost.
    places = np.arange(after[1]).reshape(shape).transpose(*layout.axes, *({0, 1, 2, 3} - set(layout.axes)))
    flat = walk.reshaped(source, f"{output}_flat", after)
    walk.nodes.append(gather(walk.model, flat, output, places.reshape(-1).tolist(), node.name))
    return True


def _reduced(walk: _Maps, node: NodeProto, layout: Layout, source: str) -> bool:
    """Reduce a map over the same places."""
    axes = attribute(node, "axes", None)
    if axes is None and len(node.input) > 1:
        axes = walk.model.get_initializer(node.input[1])
    if axes is None:
        return False
    places = sorted(layout.place(int(axis)) for axis in np.asarray(axes).reshape(-1))
    places = [2, 3] if layout.rank < NCHW.rank and places == [3] else places
    keep = attribute(node, "keepdims", 1)
    if places != [2, 3] and not keep:
        return False
    name = f"{node.output[0]}_map" if keep else node.output[0]
    if len(node.input) > 1:
        operands, extra = [source, walk.constant(f"{name}_axes", np.array(places))], {}
    else:
        operands, extra = [source], {"axes": places}
    walk.nodes.append(_changed(node, operands, name, **extra))
    if keep:
        walk.maps[node.output[0]] = (name, layout)
    return True


def _input_layout(walk: _Maps) -> Layout | None:
    """Return the layout of the graph input where it is not [1, c, h, w]: where its values go tells."""
    pending, seen = [walk.model.graph.input[0].name], set()
    rank = len(walk.shape(pending[0]))
    while pending:
        name = pending.pop()
        seen.add(name)
        for node in walk.model.find_consumers(name) or []:
            perm = tuple(attribute(node, "perm", [])) if node.op_type == "Transpose" else ()
            for layout in (NHWC, NLC):
                if rank == layout.rank and perm == layout.sorting and walk.shape(node.input[0]):
                    return layout if rank == NCHW.rank or walk.one_dimensional else None
            if node.op_type in ALIKE:
                pending += [output for output in node.output if output not in seen]
    return NCL if rank == NCL.rank and walk.one_dimensional else None


def canonical_maps(model: ModelWrapper) -> ModelWrapper:
    """Return the network with every map in [1, c, h, w]; the graph input and output keep their shapes."""
    walk = _Maps(model)
    turned = any(tuple(attribute(node, "perm", [])) in (NHWC.axes, NHWC.sorting) for node in model.graph.node)
    if not walk.one_dimensional and not turned:
        return model
    layout = _input_layout(walk)
    if layout is not None:
        walk.begin(model.graph.input[0].name, layout)
    for node in model.graph.node:
        _visit(walk, node)
    walk.restore(model.graph.output[0].name)
    del model.graph.node[:]
    model.graph.node.extend(walk.nodes)
    kept = {value.name for value in (model.graph.input[0], model.graph.output[0])}
    stale = [value for value in model.graph.value_info if value.name not in kept]
    for value in stale:
        model.graph.value_info.remove(value)
    return model.transform(InferShapes())
