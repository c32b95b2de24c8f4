"""Windows over maps."""

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.base import Transformation

from rbonn_hw.compiler.hardware_nodes import datatype, hardware_node, replace


class InferWindow(Transformation):
    """Im2Col, with its border or the Pad before it -> RbonnWindow."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Convert every node at once."""
        for node in list(model.graph.node):
            if node.op_type == "Im2Col":
                self._convert(model, node)
        return model, False

    def _convert(self, model: ModelWrapper, node: NodeProto) -> None:
        operator = getCustomOp(node)
        pads, fill = list(operator.get_nodeattr("pad_amount")), operator.get_nodeattr("pad_value")
        border = model.find_producer(node.input[0])
        nodes = [node]
        if border is not None and border.op_type == "Pad":
            _, top, left, _, _, bottom, right, _ = model.get_initializer(border.input[1]).tolist()
            pads, fill = [top, left, bottom, right], int(model.get_initializer(border.input[2]))
            nodes = [border, node]
        source = nodes[0].input[0]
        _, height, width, channels = model.get_tensor_shape(source)
        replace(
            model,
            nodes,
            hardware_node(
                "RbonnWindow", [source], [node.output[0]], f"{node.name}_swg",
                NumChannels=channels, SIMD=1, inLanes=1, ImgDim=[height, width],
                KernelDim=operator.get_nodeattr("kernel_size"), Stride=operator.get_nodeattr("stride"),
                Dilation=operator.get_nodeattr("dilations"), Padding=pads, padValue=fill,
                depthwise=operator.get_nodeattr("depthwise"),
                dataType=datatype(model, source),
            ),
        )  # fmt: skip
