"""Nodes that may change places: borders and crops go behind quantizers, changes of shape to the input."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from onnx import NodeProto, numpy_helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_shapes import InferShapes

from rbonn_hw.compiler.frontend.attributes import attribute, with_attributes
from rbonn_hw.compiler.frontend.crops import Part, parts_of
from rbonn_hw.compiler.frontend.ends import RANKS
from rbonn_hw.compiler.frontend.execution import run_nodes
from rbonn_hw.compiler.frontend.operators import ALIKE, LAYERS, QUANTIZERS, RESHAPES

PER_CHANNEL = ("BatchNormalization", "MultiThreshold")
"""Operators whose constants begin with the channels."""


def _constants(model: ModelWrapper) -> dict[str, Any]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def _sole_reader(model: ModelWrapper, name: str) -> NodeProto | None:
    """Return the only node that reads a tensor, if it makes each value of one value of that tensor."""
    readers = model.find_consumers(name) or []
    if len(readers) != 1 or readers[0].op_type not in ALIKE or name == model.graph.output[0].name:
        return None
    others = [other for other in readers[0].input if other and other != name]
    return readers[0] if all(model.get_initializer(other) is not None for other in others) else None


def quantizing_chain(model: ModelWrapper, name: str) -> list[NodeProto]:
    """Return the nodes that act on each value alone, up to a quantizer; [] where none follows."""
    chain: list[NodeProto] = []
    while (node := _sole_reader(model, name)) is not None:
        chain.append(node)
        if node.op_type in QUANTIZERS:
            return chain
        name = node.output[0]
    return []


def _behind_layers(model: ModelWrapper) -> set[str]:
    """Return the tensors that depend on the result of a layer."""
    found: set[str] = set()
    for node in model.graph.node:
        if node.op_type in LAYERS or found & set(node.input):
            found |= set(node.output)
    return found


def late_behind_quantizers(model: ModelWrapper) -> ModelWrapper:
    """Move a border of zeros, and a crop, behind the quantizer that follows and does not notice."""
    late = _behind_layers(model)
    for node in [node for node in model.graph.node if node.op_type in ("Pad", "Slice")]:
        if node.input[0] not in late:
            continue
        chain = quantizing_chain(model, node.output[0])
        unnoticed = _zeros_stay if node.op_type == "Pad" else _same_in_all_places
        if chain and unnoticed(model, node, chain):
            _swap(model, node, chain)
    return model.transform(InferShapes())


def _zeros_stay(model: ModelWrapper, pad: NodeProto, chain: list[NodeProto]) -> bool:
    """Tell whether a border is of zeros, of which the nodes behind it make zeros."""
    constants = _constants(model)
    given = constants.get(pad.input[2]) if len(pad.input) > 2 and pad.input[2] else np.zeros(1)
    if attribute(pad, "mode", b"constant") != b"constant" or given is None or np.any(given != 0):
        return False
    name, last = pad.output[0], chain[-1].output[0]
    zeros = np.zeros(model.get_tensor_shape(name), np.float32)
    return not np.any(run_nodes(model, chain, {name: zeros}, constants, [last])[last])


def _same_in_all_places(model: ModelWrapper, crop: NodeProto, chain: list[NodeProto]) -> bool:
    """Tell whether the nodes behind a crop have the same constants in all places that it chooses from."""
    parts = parts_of(model, crop)
    return parts is not None and all(_same_along(model, node, parts) for node in chain)


def _same_along(model: ModelWrapper, node: NodeProto, axes: Iterable[int]) -> bool:
    """Tell whether the constants of a node are the same everywhere along axes of its result."""
    if node.op_type in PER_CHANNEL:
        return min(axes) > 1
    rank = len(model.get_tensor_shape(node.output[0]))
    values = [model.get_initializer(name) for name in node.input if name]
    shapes = [(1,) * (rank - value.ndim) + value.shape for value in values if value is not None]
    return all(shape[axis] == 1 for shape in shapes for axis in axes)


def crops_into_layers(model: ModelWrapper) -> None:
    """Compute nothing that a crop takes away: the border of the convolution ahead is that much narrower."""
    for crop in [node for node in model.graph.node if node.op_type == "Slice"]:
        parts = parts_of(model, crop)
        layer = None if parts is None else _layer_ahead(model, crop, parts)
        if layer is None or parts is None:
            continue
        pads = _narrower(model, layer, parts)
        if pads is None:
            continue
        layer.CopyFrom(with_attributes(layer, pads=pads))
        crop.op_type = "Identity"
        del crop.input[1:]


def _layer_ahead(model: ModelWrapper, crop: NodeProto, axes: Iterable[int]) -> NodeProto | None:
    """Return the convolution whose result only a crop sees, through nodes that act on each value alone."""
    node = crop
    while (producer := model.find_producer(node.input[0])) is not None:
        sole = len(model.find_consumers(node.input[0]) or []) == 1
        if not sole or producer.output[0] == model.graph.output[0].name:
            return None
        if producer.op_type == "Conv":
            return producer
        others = [model.get_initializer(name) for name in producer.input[1:] if name]
        known = all(value is not None for value in others)
        if producer.op_type not in ALIKE or not known or not _same_along(model, producer, axes):
            return None
        node = producer
    return None


def _narrower(model: ModelWrapper, layer: NodeProto, parts: Mapping[int, Part]) -> list[int] | None:
    """Return the border with which a convolution gives the kept places alone; None where there is none."""
    size, kernel = (model.get_tensor_shape(name)[2:] for name in layer.input[:2])
    axes = len(size)
    pads = [int(pad) for pad in attribute(layer, "pads", [0] * 2 * axes)]
    for place, part in parts.items():
        axis = place - 2
        if axis < 0 or (part.step > 1 and part.count > 1):
            return None
        stride = attribute(layer, "strides", [1] * axes)[axis]
        reach = attribute(layer, "dilations", [1] * axes)[axis] * (kernel[axis] - 1) + 1
        begin = pads[axis] - part.start * stride
        end = max(0, (part.count - 1) * stride + reach - size[axis] - begin)
        if begin < 0 or (size[axis] + begin + end - reach) // stride + 1 != part.count:
            return None
        pads[axis], pads[axis + axes] = begin, end
    return pads


def _swap(model: ModelWrapper, first: NodeProto, chain: list[NodeProto]) -> None:
    """Put the node ``first`` behind a chain that begins with its result; tensors keep their names."""
    source, made, end = first.input[0], first.output[0], chain[-1].output[0]
    inner = f"{end}_before_{first.op_type}"
    for node in chain:
        for position, name in enumerate(node.input):
            node.input[position] = source if name == made else name
        _forget(model, node.output[0])
    chain[-1].output[0] = inner
    moved = copy.deepcopy(first)
    moved.input[0], moved.output[0] = inner, end
    nodes = []
    for node in model.graph.node:
        if node.output[0] == made:
            continue
        nodes.append(copy.deepcopy(node))
        if node.output[0] == inner:
            nodes.append(moved)
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _forget(model: ModelWrapper, name: str) -> None:
    """Drop a shape that is about to change."""
    for value in [value for value in model.graph.value_info if value.name == name]:
        model.graph.value_info.remove(value)


def shape_at_the_input(model: ModelWrapper) -> ModelWrapper:
    """Give an input of other axes than [1, f] and [1, c, h, w] its shape before what acts on each value."""
    graph_input = model.graph.input[0].name
    if len(model.get_tensor_shape(graph_input)) in RANKS:
        return model
    chain, name = [], graph_input
    while True:
        readers = model.find_consumers(name) or []
        if len(readers) != 1:
            return model
        (node,) = readers
        if node.op_type in RESHAPES - {"Transpose"}:
            break
        others = [model.get_initializer(other) for other in node.input if other and other != name]
        if node.op_type not in ALIKE or any(value is None or value.size > 1 for value in others):
            return model
        chain.append(node)
        name = node.output[0]
    if not chain:
        return model
    shape = model.get_tensor_shape(node.output[0])
    moved = copy.deepcopy(node)
    moved.input[0], moved.output[0] = graph_input, f"{graph_input}_shaped"
    for each in chain:
        for position, operand in enumerate(each.input):
            each.input[position] = moved.output[0] if operand == graph_input else operand
        _forget(model, each.output[0])
    chain[-1].output[0] = node.output[0]
    model.set_tensor_shape(moved.output[0], shape)
    nodes = [moved, *(copy.deepcopy(each) for each in model.graph.node if each.input[0] != name)]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model.transform(InferShapes())
