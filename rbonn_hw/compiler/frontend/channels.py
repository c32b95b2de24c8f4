"""Reordering and choosing of channels, in one form: Gather with constant indices along axis 1."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import NodeProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_shapes import InferShapes

from rbonn_hw.compiler.frontend.attributes import attribute, integers_of

SWAP = (0, 2, 1)
"""How a channel shuffle turns [1, groups, channels of a group, ..]."""


def gather(model: ModelWrapper, source: str, output: str, indices: Sequence[int], name: str) -> NodeProto:
    """Return a Gather of channels."""
    constant = f"{output}_channels"
    model.set_initializer(constant, np.asarray(indices, np.int64))
    return helper.make_node("Gather", [source, constant], [output], name=name, axis=1)


def _shape(model: ModelWrapper, name: str) -> list[int]:
    return list(model.get_tensor_shape(name) or [])


def _shuffle(model: ModelWrapper, node: NodeProto) -> tuple[list[NodeProto], list[NodeProto]] | None:
    """Return the nodes of the channel shuffle that begins here, and what stands for them."""
    chain = [node]
    for op_type in ("Transpose", "Reshape"):
        consumers = model.find_consumers(chain[-1].output[0]) or []
        if len(consumers) != 1 or consumers[0].op_type != op_type:
            return None
        chain.append(consumers[0])
    before, split = _shape(model, node.input[0]), _shape(model, node.output[0])
    perm = tuple(attribute(chain[1], "perm", []))
    whole = (
        len(split) == len(before) + 1
        and split[3:] == before[2:]
        and _shape(model, chain[2].output[0]) == before
    )
    if not whole or perm != (*SWAP, *range(3, len(split))):
        return None
    indices = np.arange(before[1]).reshape(split[1], split[2]).T.reshape(-1)
    return chain, [gather(model, node.input[0], chain[2].output[0], indices.tolist(), node.name)]


def _slice(model: ModelWrapper, node: NodeProto) -> list[NodeProto] | None:
    """Return what stands for a Slice along the channels."""
    parts = [
        integers_of(model, node, 1 + ind, name)
        for ind, name in enumerate(("starts", "ends", "axes", "steps"))
    ]
    starts, ends, axes, steps = parts
    rank = len(_shape(model, node.input[0]))
    if starts is None or ends is None or axes is None or steps is None or len(starts) != 1:
        return None
    if not axes or rank < 2 or axes[0] % rank != 1:
        return None
    chosen = np.arange(_shape(model, node.input[0])[1])[starts[0] : ends[0] : (steps or [1])[0]]
    return [gather(model, node.input[0], node.output[0], chosen.tolist(), node.name)]


def _split(model: ModelWrapper, node: NodeProto) -> list[NodeProto] | None:
    """Return what stands for a Split along the channels."""
    shape = _shape(model, node.input[0])
    if attribute(node, "axis", 0) % max(1, len(shape)) != 1:
        return None
    ends = np.cumsum([_shape(model, name)[1] for name in node.output])
    return [
        gather(model, node.input[0], name, range(end - _shape(model, name)[1], end), f"{node.name}_{ind}")
        for ind, (name, end) in enumerate(zip(node.output, ends.tolist(), strict=True))
    ]


def gather_channels(model: ModelWrapper) -> ModelWrapper:
    """Rewrite channel shuffles, and Slice and Split along the channels."""
    nodes: list[Any] = []
    gone: set[str] = set()
    for node in model.graph.node:
        made: list[NodeProto] | None = None
        if node.op_type == "Reshape":
            found = _shuffle(model, node)
            if found is not None:
                gone |= {each.output[0] for each in found[0]}
                nodes += found[1]
        elif node.op_type == "Slice":
            made = _slice(model, node)
        elif node.op_type == "Split":
            made = _split(model, node)
        if made is not None:
            nodes += made
        elif node.output[0] not in gone:
            nodes.append(copy.deepcopy(node))
    if len(nodes) == len(model.graph.node) and not any(node.op_type == "Gather" for node in nodes):
        return model
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model.transform(InferShapes())
