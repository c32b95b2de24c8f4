"""Maxima and sums over windows."""

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.base import Transformation

from rbonn_hw.compiler.hardware_nodes import (
    datatype,
    hardware_node,
    replace,
)
from rbonn_hw.errors import UnsupportedOperatorError


class InferPool(Transformation):
    """MaxPoolNHWC, and Reshape + ReduceSum -> RbonnPool."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Convert every node at once."""
        for node in list(model.graph.node):
            if node.op_type == "MaxPoolNHWC":
                self._convert_max(model, node)
            elif node.op_type == "ReduceSum":
                self._convert_sum(model, node)
        return model, False

    def _convert_max(self, model: ModelWrapper, node: NodeProto) -> None:
        operator = getCustomOp(node)
        kernel, stride = operator.get_nodeattr("kernel_shape"), operator.get_nodeattr("strides")
        height, width = model.get_tensor_shape(node.input[0])[1:3]
        if (
            list(kernel) != list(stride)
            or any(operator.get_nodeattr("pads"))
            or height % kernel[0]
            or width % kernel[1]
        ):
            raise UnsupportedOperatorError(
                f"node {node.name!r} (max-pool): kernel {list(kernel)}, stride {list(stride)}, "
                f"pads {list(operator.get_nodeattr('pads'))} on a {height}x{width} map; windows must not "
                "overlap and must cover the map: stride = kernel, no padding, kernel divides the size"
            )
        self._replace(model, [node], "max", list(kernel))

    def _convert_sum(self, model: ModelWrapper, node: NodeProto) -> None:
        reshape = model.find_producer(node.input[0])
        if reshape is None or reshape.op_type != "Reshape":
            raise UnsupportedOperatorError(
                f"node {node.name!r} (ReduceSum) is not a sum-pool of square windows"
            )
        shape = model.get_tensor_shape(reshape.output[0])
        self._replace(model, [reshape, node], "sum", [int(shape[2]), int(shape[4])])

    def _replace(self, model: ModelWrapper, nodes: list[NodeProto], function: str, kernel: list[int]) -> None:
        source, output = nodes[0].input[0], nodes[-1].output[0]
        _, height, width, channels = model.get_tensor_shape(source)
        replace(
            model,
            nodes,
            hardware_node(
                "RbonnPool", [source], [output], f"{nodes[-1].name}_pool",
                Function=function, NumChannels=channels, PE=1, ImgDim=[height, width],
                KernelDim=[int(size) for size in kernel],
                inputDataType=datatype(model, source), outputDataType=datatype(model, output),
            ),
        )  # fmt: skip
