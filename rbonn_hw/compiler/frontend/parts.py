"""Joins of channels: a quantizer behind a Concat goes before it, biases before one go behind it."""

import copy

import numpy as np
from onnx import NodeProto, helper
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.execution import Array
from rbonn_hw.compiler.frontend.operators import ALIKE, LAYERS, QUANTIZERS
from rbonn_hw.compiler.frontend.order import PER_CHANNEL, quantizing_chain


def _channels(model: ModelWrapper, join: NodeProto) -> list[int]:
    """Return where each part of a Concat of channels begins, and the last ends; [] for another Concat."""
    shapes = [model.get_tensor_shape(name) or [] for name in join.input]
    along = attribute(join, "axis", 1) % max(1, len(shapes[0]))
    if along != 1 or any(model.get_initializer(name) is not None for name in join.input):
        return []
    return [0, *np.cumsum([shape[1] for shape in shapes]).tolist()]


def _of_channels(value: Array, node: NodeProto, rank: int, channels: slice, total: int) -> Array:
    """Return the constant of a node for some of the channels of its operand of ``rank`` axes."""
    axis = 0 if node.op_type in PER_CHANNEL else value.ndim - rank + 1
    if axis < 0 or value.ndim <= axis or value.shape[axis] != total:
        return value
    return value[(slice(None),) * axis + (channels,)]


def _before(model: ModelWrapper, join: NodeProto, chain: list[NodeProto]) -> list[NodeProto]:
    """Return a copy of the chain for each part of a Concat, and the Concat of their results."""
    ends, last = _channels(model, join), chain[-1].output[0]
    rank = len(model.get_tensor_shape(join.output[0]))
    made, parts = [], []
    for number, (source, start, end) in enumerate(zip(join.input, ends[:-1], ends[1:], strict=True)):
        renamed = {join.output[0]: source}
        for node in chain:
            part = copy.deepcopy(node)
            part.name, output = f"{node.name}_part{number}", f"{node.output[0]}_part{number}"
            for position, name in enumerate(node.input):
                value = model.get_initializer(name) if name else None
                part.input[position] = renamed.get(name, name)
                if value is not None:
                    part.input[position] = f"{output}_{position}"
                    model.set_initializer(
                        part.input[position], _of_channels(value, node, rank, slice(start, end), ends[-1])
                    )
            del part.output[:]
            part.output.append(output)
            renamed[node.output[0]] = output
            made.append(part)
        parts.append(renamed[last])
    return [*made, helper.make_node("Concat", parts, [last], name=join.name, axis=1)]


def _unquantized(model: ModelWrapper, join: NodeProto) -> bool:
    """Tell whether a part of a Concat is floats that nodes made of each value alone."""
    makers = [model.find_producer(name) for name in join.input]
    return any(maker is not None and maker.op_type in ALIKE - QUANTIZERS for maker in makers)


def _bias(model: ModelWrapper, name: str) -> tuple[str, Array] | None:
    """Return the layer's sums and the constant of which a tensor is the Add; None where it is another."""
    maker = model.find_producer(name)
    if maker is not None and maker.op_type in LAYERS:
        return name, np.zeros(1, np.float32)
    if maker is None or maker.op_type != "Add" or len(model.find_consumers(name) or []) != 1:
        return None
    for source, other in (maker.input, maker.input[::-1]):
        value, layer = model.get_initializer(other), model.find_producer(source)
        if value is not None and layer is not None and layer.op_type in LAYERS:
            return source, value
    return None


def _behind(model: ModelWrapper, join: NodeProto) -> list[NodeProto] | None:
    """Return a Concat of sums of layers, and one Add of their biases; None where there are other parts."""
    biases = [_bias(model, name) for name in join.input]
    shape = model.get_tensor_shape(join.output[0])
    columns, sources = [], []
    for part, name in zip(biases, join.input, strict=True):
        whole = list(model.get_tensor_shape(name))
        column = () if part is None else (1,) * (len(whole) - part[1].ndim) + part[1].shape
        if part is None or any(size > 1 for axis, size in enumerate(column) if axis != 1):
            return None
        sources.append(part[0])
        columns.append(np.broadcast_to(part[1].reshape(column), [1, whole[1], *[1] * (len(whole) - 2)]))
    constant, summed = f"{join.output[0]}_biases", f"{join.output[0]}_sums"
    model.set_initializer(constant, np.concatenate(columns, axis=1))
    model.set_tensor_shape(summed, shape)
    joined = helper.make_node("Concat", sources, [summed], name=join.name, axis=1)
    return [joined, helper.make_node("Add", [summed, constant], list(join.output), name=f"{join.name}_bias")]


def joins_behind_quantizers(model: ModelWrapper) -> None:
    """Rewrite every Concat of channels whose parts are floats, in place."""
    for join in [node for node in model.graph.node if node.op_type == "Concat"]:
        if not _channels(model, join) or not _unquantized(model, join):
            continue
        chain = quantizing_chain(model, join.output[0])
        made = _before(model, join, chain) if chain else _behind(model, join)
        if made is None:
            continue
        nodes = list(model.graph.node)
        gone = [nodes.index(node) for node in (join, *chain)]
        kept = [copy.deepcopy(node) for rank, node in enumerate(nodes) if rank not in gone]
        kept[gone[0] : gone[0]] = made
        del model.graph.node[:]
        model.graph.node.extend(kept)
