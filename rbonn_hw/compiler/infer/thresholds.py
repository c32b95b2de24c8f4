"""Thresholds that stand alone."""

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.base import Transformation

from rbonn_hw.compiler.hardware_nodes import (
    datatype,
    hardware_node,
    leading_shape,
    replace,
)


class InferThreshold(Transformation):
    """MultiThreshold, with the Mul by +-1 before it -> RbonnThreshold."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Convert every node at once."""
        for node in list(model.graph.node):
            if node.op_type == "MultiThreshold":
                self._convert(model, node)
        return model, False

    def _convert(self, model: ModelWrapper, node: NodeProto) -> None:
        inputs, nodes = [node.input[0], node.input[1]], [node]
        flip = model.find_producer(node.input[0])
        flipped = flip is not None and flip.op_type == "Mul"
        if flipped:
            inputs = [flip.input[0], node.input[1], flip.input[1]]
            nodes = [flip, node]
            channels = int(model.get_tensor_shape(node.input[0])[-1])
            model.set_initializer(flip.input[1], model.get_initializer(flip.input[1]).reshape(channels))
        channels, steps = model.get_initializer(node.input[1]).shape
        replace(
            model,
            nodes,
            hardware_node(
                "RbonnThreshold", inputs, [node.output[0]], f"{node.name}_threshold",
                NumChannels=channels, PE=1, numSteps=steps, flip=int(flipped),
                numInputVectors=leading_shape(model, node.output[0]),
                inputDataType=datatype(model, inputs[0]), outputDataType=datatype(model, node.output[0]),
                ActVal=int(getCustomOp(node).get_nodeattr("out_bias")),
            ),
        )  # fmt: skip
