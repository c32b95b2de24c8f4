"""Nodes that may change places: borders go behind their quantizer, changes of shape to the input."""

import copy
from typing import Any

import numpy as np
from onnx import NodeProto, numpy_helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_shapes import InferShapes

from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.ends import RANKS
from rbonn_hw.compiler.frontend.execution import run_nodes
from rbonn_hw.compiler.frontend.operators import ALIKE, LAYERS, QUANTIZERS, RESHAPES


def _constants(model: ModelWrapper) -> dict[str, Any]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def _sole_reader(model: ModelWrapper, name: str) -> NodeProto | None:
    """Return the only node that reads a tensor, if it makes each value of one value of that tensor."""
    readers = model.find_consumers(name) or []
    if len(readers) != 1 or readers[0].op_type not in ALIKE or name == model.graph.output[0].name:
        return None
    others = [other for other in readers[0].input if other and other != name]
    return readers[0] if all(model.get_initializer(other) is not None for other in others) else None


def _behind_layers(model: ModelWrapper) -> set[str]:
    """Return the tensors that depend on the result of a layer."""
    found: set[str] = set()
    for node in model.graph.node:
        if node.op_type in LAYERS or found & set(node.input):
            found |= set(node.output)
    return found


def borders_behind_quantizers(model: ModelWrapper) -> ModelWrapper:
    """Move a border of zeros behind the quantizer that follows, which makes zeros of them."""
    constants, late = _constants(model), _behind_layers(model)
    for pad in [node for node in model.graph.node if node.op_type == "Pad"]:
        if pad.input[0] not in late or attribute(pad, "mode", b"constant") != b"constant":
            continue
        given = constants.get(pad.input[2]) if len(pad.input) > 2 and pad.input[2] else np.zeros(1)
        if given is None or np.any(given != 0):
            continue
        chain, name = [], pad.output[0]
        value = np.zeros(model.get_tensor_shape(name), np.float32)
        while (node := _sole_reader(model, name)) is not None:
            value = run_nodes(model, [node], {name: value}, constants, [node.output[0]])[node.output[0]]
            chain.append(node)
            name = node.output[0]
            if node.op_type in QUANTIZERS:
                break
        if chain and chain[-1].op_type in QUANTIZERS and not np.any(value):
            _swap(model, pad, chain)
    return model.transform(InferShapes())


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
