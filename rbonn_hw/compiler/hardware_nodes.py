"""Building blocks of layer inference: making, replacing and reading nodes of a FINN graph."""

from typing import Any

from finn.transformation.fpgadataflow.specialize_layers import SpecializeLayers
from onnx import NodeProto, helper
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.datatypes import IntType

DOMAIN = "finn.custom_op.fpgadataflow"


def hardware_node(
    op_type: str, inputs: list[str], outputs: list[str], name: str, **attributes: Any
) -> NodeProto:
    """Return a FINN hardware layer."""
    return helper.make_node(
        op_type, inputs, outputs, name=name, domain=DOMAIN, backend="fpgadataflow", **attributes
    )


def replace(model: ModelWrapper, old: list[NodeProto], new: NodeProto) -> None:
    """Put ``new`` where the first of ``old`` stands, and remove ``old``."""
    place = list(model.graph.node).index(old[0])
    model.graph.node.insert(place, new)
    for node in old:
        model.graph.node.remove(node)


def datatype(model: ModelWrapper, tensor: str) -> str:
    """Return the QONNX name of a tensor's type."""
    return str(model.get_tensor_datatype(tensor).name)


def sole_consumer(model: ModelWrapper, tensor: str, op_type: str) -> NodeProto | None:
    """Return the one consumer of ``tensor`` if it is of ``op_type``."""
    consumers = model.find_consumers(tensor)
    if len(consumers) != 1 or consumers[0].op_type != op_type:
        return None
    node: NodeProto = consumers[0]
    return node


def widen(model: ModelWrapper, tensor: str, low: int, high: int) -> None:
    """Give ``tensor`` a type that holds what its kernel can compute, not only what the network can reach."""
    known = IntType.from_qonnx(datatype(model, tensor))
    wide = IntType.holding(min(low, known.min), max(high, known.max))
    model.set_tensor_datatype(tensor, DataType[wide.qonnx_name])


def leading_shape(model: ModelWrapper, tensor: str) -> list[int]:
    """Return the shape of a tensor without its channels."""
    return [int(size) for size in model.get_tensor_shape(tensor)[:-1]]


def specialize(model: ModelWrapper, part: str) -> ModelWrapper:
    """Choose FINN's RTL variant of every layer, and keep the layers' names, which FINN would number anew."""
    names = {node.output[0]: node.name for node in model.graph.node}
    model = model.transform(SpecializeLayers(part))
    for node in model.graph.node:
        node.name = names[node.output[0]]
    return model
