"""Joining and choosing channels."""

import math

from onnx import NodeProto
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.base import Transformation

from rbonn_hw.compiler.hardware_nodes import datatype, hardware_node, leading_shape, replace
from rbonn_hw.datatypes import IntType
from rbonn_hw.spec.select import block


class InferChannels(Transformation):
    """Concat along the channels -> RbonnConcat, pair by pair; Gather of channels -> RbonnSelect."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Convert every node at once."""
        for node in list(model.graph.node):
            if node.op_type == "Concat":
                self._join(model, node)
            elif node.op_type == "Gather":
                self._choose(model, node)
        return model, False

    def _join(self, model: ModelWrapper, node: NodeProto) -> None:
        left, place = node.input[0], list(model.graph.node).index(node)
        for ind, right in enumerate(node.input[1:], start=1):
            last = ind == len(node.input) - 1
            name = node.name if last else f"{node.name}_part{ind}"
            output = node.output[0] if last else f"{name}_out"
            channels = [int(model.get_tensor_shape(tensor)[-1]) for tensor in (left, right)]
            if not last:
                self._declare(model, output, left, right, sum(channels))
            made = hardware_node(
                "RbonnConcat", [left, right], [output], f"{name}_concat",
                Channels=channels, Block=math.gcd(*channels), PE=1,
                numInputVectors=leading_shape(model, left),
                inputDataTypes=[datatype(model, tensor) for tensor in (left, right)],
                outputDataType=datatype(model, output),
            )  # fmt: skip
            model.graph.node.insert(place + ind - 1, made)
            left = output
        model.graph.node.remove(node)

    def _declare(self, model: ModelWrapper, output: str, left: str, right: str, channels: int) -> None:
        types = [IntType.from_qonnx(datatype(model, tensor)) for tensor in (left, right)]
        wide = IntType.holding(min(kind.min for kind in types), max(kind.max for kind in types))
        model.set_tensor_shape(output, [*leading_shape(model, left), channels])
        model.set_tensor_datatype(output, DataType[wide.qonnx_name])

    def _choose(self, model: ModelWrapper, node: NodeProto) -> None:
        source, output = node.input[0], node.output[0]
        channels = int(model.get_tensor_shape(source)[-1])
        kept = [int(channel) for channel in model.get_initializer(node.input[1])]
        replace(
            model,
            [node],
            hardware_node(
                "RbonnSelect", [source], [output], f"{node.name}_select",
                NumChannels=channels, Kept=kept, Block=block(channels, tuple(kept)), PE=1,
                numInputVectors=leading_shape(model, source), dataType=datatype(model, source),
            ),
        )  # fmt: skip
