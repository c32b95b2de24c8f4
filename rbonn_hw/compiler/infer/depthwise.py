"""Products of windows with a filter per channel."""

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.base import Transformation

from rbonn_hw.compiler.hardware_nodes import datatype, hardware_node, leading_shape, replace


class InferDepthwise(Transformation):
    """Reshape to [1, rows, columns, taps, channels] + Mul by weights + ReduceSum -> RbonnDepthwise."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Convert every node at once."""
        for node in list(model.graph.node):
            product = model.find_producer(node.input[0])
            if node.op_type == "ReduceSum" and product is not None and product.op_type == "Mul":
                self._convert(model, model.find_producer(product.input[0]), product, node)
        return model, False

    def _convert(self, model: ModelWrapper, reshape: NodeProto, product: NodeProto, node: NodeProto) -> None:
        taps, channels = model.get_initializer(product.input[1]).shape
        source, output = reshape.input[0], node.output[0]
        replace(
            model,
            [reshape, product, node],
            hardware_node(
                "RbonnDepthwise", [source, product.input[1]], [output], f"{node.name}_depthwise",
                NumChannels=channels, Taps=taps, PE=1, SIMD=1, numInputVectors=leading_shape(model, output),
                inputDataType=datatype(model, source), weightDataType=datatype(model, product.input[1]),
                outputDataType=datatype(model, output),
            ),
        )  # fmt: skip
