"""Maxima and sums over windows."""

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.base import Transformation

from rbonn_hw.compiler.hardware_nodes import datatype, hardware_node, replace
from rbonn_hw.compiler.infer.types import LAID_OUT_RANK
from rbonn_hw.errors import UnsupportedOperatorError

FUNCTIONS = {"ReduceMax": "max", "ReduceSum": "sum"}


class InferPool(Transformation):
    """MaxPoolNHWC, and Reshape + ReduceSum or ReduceMax -> RbonnPool."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Convert every node at once."""
        for node in list(model.graph.node):
            if node.op_type == "MaxPoolNHWC":
                kernel = getCustomOp(node).get_nodeattr("kernel_shape")
                self._tiled(model, [node], "max", list(kernel))
            elif node.op_type in FUNCTIONS:
                self._reduced(model, node)
        return model, False

    def _reduced(self, model: ModelWrapper, node: NodeProto) -> None:
        reshape, function = model.find_producer(node.input[0]), FUNCTIONS[node.op_type]
        if reshape is None or reshape.op_type != "Reshape":
            raise UnsupportedOperatorError(
                f"node {node.name!r} ({node.op_type}) does not reduce the windows of a map"
            )
        shape = model.get_tensor_shape(reshape.output[0])
        if len(shape) != LAID_OUT_RANK:
            self._tiled(model, [reshape, node], function, [int(shape[2]), int(shape[4])])
            return
        _, rows, columns, taps, channels = (int(size) for size in shape)
        image = [rows * columns, taps]
        self._replace(model, [reshape, node], function, channels, image, [1, taps], OutDim=[rows, columns])

    def _tiled(self, model: ModelWrapper, nodes: list[NodeProto], function: str, kernel: list[int]) -> None:
        _, height, width, channels = model.get_tensor_shape(nodes[0].input[0])
        self._replace(model, nodes, function, channels, [height, width], [int(size) for size in kernel])

    def _replace(
        self,
        model: ModelWrapper,
        nodes: list[NodeProto],
        function: str,
        channels: int,
        image: list[int],
        kernel: list[int],
        **attributes: list[int],
    ) -> None:
        source, output = nodes[0].input[0], nodes[-1].output[0]
        replace(
            model,
            nodes,
            hardware_node(
                "RbonnPool", [source], [output], f"{nodes[-1].name}_pool",
                Function=function, NumChannels=channels, PE=1, ImgDim=image, KernelDim=kernel,
                inputDataType=datatype(model, source), outputDataType=datatype(model, output), **attributes,
            ),
        )  # fmt: skip
