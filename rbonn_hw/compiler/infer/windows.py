"""Windows over maps."""

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.base import Transformation

from rbonn_hw.compiler.hardware_nodes import datatype, hardware_node, replace


class InferWindow(Transformation):
    """Im2Col with its border -> RbonnWindow."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Convert every node at once."""
        for node in list(model.graph.node):
            if node.op_type == "Im2Col":
                self._convert(model, node)
        return model, False

    def _convert(self, model: ModelWrapper, node: NodeProto) -> None:
        operator = getCustomOp(node)
        _, height, width, channels = model.get_tensor_shape(node.input[0])
        replace(
            model,
            [node],
            hardware_node(
                "RbonnWindow", [node.input[0]], [node.output[0]], f"{node.name}_swg",
                NumChannels=channels, SIMD=1, inLanes=1, ImgDim=[height, width],
                KernelDim=operator.get_nodeattr("kernel_size"), Stride=operator.get_nodeattr("stride"),
                Dilation=operator.get_nodeattr("dilations"), Padding=operator.get_nodeattr("pad_amount"),
                padValue=operator.get_nodeattr("pad_value"), depthwise=operator.get_nodeattr("depthwise"),
                dataType=datatype(model, node.input[0]),
            ),
        )  # fmt: skip
