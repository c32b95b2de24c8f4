"""Larger maps."""

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.base import Transformation

from rbonn_hw.compiler.hardware_nodes import datatype, hardware_node, replace


class InferUpsample(Transformation):
    """Resize by whole factors -> RbonnUpsample."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Convert every node at once."""
        for node in list(model.graph.node):
            if node.op_type == "Resize":
                self._convert(model, node)
        return model, False

    def _convert(self, model: ModelWrapper, node: NodeProto) -> None:
        source, output = node.input[0], node.output[0]
        _, height, width, channels = (int(size) for size in model.get_tensor_shape(source))
        _, rows, columns, _ = (int(size) for size in model.get_tensor_shape(output))
        replace(
            model,
            [node],
            hardware_node(
                "RbonnUpsample", [source], [output], f"{node.name}_upsample",
                NumChannels=channels, PE=1, ImgDim=[height, width], Scale=[rows // height, columns // width],
                dataType=datatype(model, source),
            ),
        )  # fmt: skip
