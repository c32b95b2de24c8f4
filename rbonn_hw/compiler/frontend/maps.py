"""Bring every map into [1, c, h, w]: those of one dimension get a height of 1, channels-last ones are turned.

Transposes that files of channels-last tools have around each layer cancel here; what needs the original
layout gets it back by a Transpose or Reshape of its own.
"""

import copy

import numpy as np
from onnx import NodeProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_shapes import InferShapes

from rbonn_hw.compiler.frontend.attributes import attribute, integers_of
from rbonn_hw.compiler.frontend.channels import gather
from rbonn_hw.compiler.frontend.execution import Array
from rbonn_hw.compiler.frontend.layouts import HEIGHT, NCHW, NCL, NHWC, NLC, Layout, spatial
from rbonn_hw.compiler.frontend.map_walk import MapWalk, changed
from rbonn_hw.compiler.frontend.operators import ALIKE, AVERAGES, POOLS, RESHAPES

REDUCTIONS = (AVERAGES | {"ReduceMax"}) - POOLS


def _layout(walk: MapWalk, node: NodeProto) -> Layout | None:
    """Return the layout that all activations of a node share, None where they have none or differ."""
    layouts = [walk.maps.get(name, ("", NCHW))[1] for name in node.input if name in walk.dynamic]
    return layouts[0] if layouts and layouts[0] != NCHW and len(set(layouts)) == 1 else None


def _visit(walk: MapWalk, node: NodeProto) -> None:
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


def _turned(walk: MapWalk, node: NodeProto) -> bool:
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


def _moved(walk: MapWalk, node: NodeProto, layout: Layout) -> bool:
    """Append a node on maps instead of tensors of another layout; return whether that is possible."""
    output, kind = node.output[0], node.op_type
    source = walk.maps[next(name for name in node.input if name in walk.maps)][0]
    made, operands, attributes = f"{output}_map", [source, *node.input[1:]], {}
    other = _replaced(walk, node, layout, source)
    if other is not None:
        return other
    if kind in ALIKE - {"BatchNormalization"}:
        operands = [walk.operand(name, layout) for name in node.input]
    elif kind == "Concat":
        operands = [walk.maps[name][0] for name in node.input]
        attributes = {"axis": layout.place(attribute(node, "axis", 1))}
    elif kind in ("Pad", "Slice"):
        position = 1 if kind == "Pad" else 3
        places = _pads(walk, node, layout) if kind == "Pad" else _axes(walk, node, layout)
        if places is None:
            return False
        operands[position] = walk.constant(f"{made}_places", places)
    elif kind in POOLS | {"Conv"} and layout == NCL:
        attributes = spatial(node)
        if kind == "Conv":
            weights = walk.shape(node.input[1])
            operands[1] = walk.reshaped(node.input[1], f"{made}_filters", (*weights[:2], 1, weights[2]))
    elif kind != "BatchNormalization" or layout != NCL:
        return False
    walk.nodes.append(changed(node, operands, made, **attributes))
    walk.maps[output] = (made, layout)
    return True


def _replaced(walk: MapWalk, node: NodeProto, layout: Layout, source: str) -> bool | None:
    """Append other nodes for one that is not the same on maps; None where it is, False where none can be."""
    if node.op_type in RESHAPES:
        return _reshaped(walk, node, layout, source)
    if node.op_type in REDUCTIONS:
        return _reduced(walk, node, layout, source)
    if walk.pointwise(node) and layout in (NLC, NHWC):
        return _multiplied(walk, node, layout, source)
    return None


def _pads(walk: MapWalk, node: NodeProto, layout: Layout) -> Array | None:
    """Return the border of a Pad for the map [1, c, h, w]."""
    pads = walk.model.get_initializer(node.input[1])
    if pads is None or pads.size != 2 * layout.rank:
        return None
    whole = np.zeros((2, 4), np.int64)
    whole[:, list(layout.axes)] = pads.reshape(2, -1)
    return whole.reshape(-1)


def _axes(walk: MapWalk, node: NodeProto, layout: Layout) -> Array | None:
    """Return the axes of a Slice for the map [1, c, h, w], if they are height and width."""
    places = [layout.place(axis) for axis in integers_of(walk.model, node, 3, "axes") or []]
    return np.array(places) if places and min(places) >= HEIGHT else None


def _multiplied(walk: MapWalk, node: NodeProto, layout: Layout, source: str) -> bool:
    """Write a product of every pixel with one matrix as a convolution of one tap."""
    made, weights = f"{node.output[0]}_map", node.input[1]
    inputs, outputs = walk.shape(weights)
    turned = walk.emit("Transpose", [weights], f"{made}_turned", perm=[1, 0])
    filters = walk.reshaped(turned, f"{made}_filters", (outputs, inputs, 1, 1))
    walk.nodes.append(
        helper.make_node("Conv", [source, filters], [made], name=node.name, kernel_shape=[1, 1])
    )
    walk.maps[node.output[0]] = (made, layout)
    return True


def _reshaped(walk: MapWalk, node: NodeProto, layout: Layout, source: str) -> bool:
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


def _reduced(walk: MapWalk, node: NodeProto, layout: Layout, source: str) -> bool:
    """Reduce a map over the same places."""
    axes = integers_of(walk.model, node, 1, "axes")
    if not axes:
        return False
    places = sorted(layout.place(axis) for axis in axes)
    places = [2, 3] if layout.rank < NCHW.rank and places == [3] else places
    keep = attribute(node, "keepdims", 1)
    if places != [2, 3] and not keep:
        return False
    name = f"{node.output[0]}_map" if keep else node.output[0]
    if len(node.input) > 1:
        operands, extra = [source, walk.constant(f"{name}_axes", np.array(places))], {}
    else:
        operands, extra = [source], {"axes": places}
    walk.nodes.append(changed(node, operands, name, **extra))
    if keep:
        walk.maps[node.output[0]] = (name, layout)
    return True


def _input_layout(walk: MapWalk) -> Layout | None:
    """Return the layout of the graph input where it is not [1, c, h, w]: where its values go tells."""
    pending, seen = [walk.model.graph.input[0].name], set()
    rank = len(walk.shape(pending[0]))
    while pending:
        name = pending.pop()
        seen.add(name)
        for node in walk.model.find_consumers(name) or []:
            perm = tuple(attribute(node, "perm", [])) if node.op_type == "Transpose" else ()
            for layout in (NHWC, NLC):
                last = perm == layout.sorting or (walk.pointwise(node) and node.input[0] == name)
                if rank == layout.rank and last and walk.shape(node.input[0]):
                    return layout if rank == NCHW.rank or walk.one_dimensional else None
            if node.op_type in ALIKE:
                pending += [output for output in node.output if output not in seen]
    return NCL if rank == NCL.rank and walk.one_dimensional else None


def canonical_maps(model: ModelWrapper) -> ModelWrapper:
    """Return the network with every map in [1, c, h, w]; the graph input and output keep their shapes."""
    walk = MapWalk(model)
    turned = any(tuple(attribute(node, "perm", [])) in (NHWC.axes, NHWC.sorting) for node in model.graph.node)
    turned = turned or any(walk.pointwise(node) for node in model.graph.node)
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
