"""Layer inference: from the lowered integer graph (stock QONNX nodes) to FINN hardware layers.

Convolution windows become FINN's own FMPadding and ConvolutionInputGenerator; everything else becomes our
operators. Each transformation is a FINN transformation in its own right and can be used alone.
"""

from typing import Any

import numpy as np
from finn.transformation.fpgadataflow.convert_to_hw.conv_inp_gen import InferConvInpGen
from numpy.typing import NDArray
from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.base import Transformation
from qonnx.transformation.general import SortGraph
from qonnx.transformation.infer_datatypes import InferDataTypes

from rbonn_hw.compiler.hardware_nodes import (
    DOMAIN,
    datatype,
    hardware_node,
    leading_shape,
    replace,
    sole_consumer,
    widen,
)
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import UnsupportedOperatorError


class InferMVAU(Transformation):
    """MatMul or XnorPopcountMatMul, with a MultiThreshold that alone follows it -> RbonnMVAU."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Convert every node at once."""
        for node in list(model.graph.node):
            if node.op_type in ("MatMul", "XnorPopcountMatMul"):
                self._convert(model, node)
        return model, False

    def _convert(self, model: ModelWrapper, node: NodeProto) -> None:
        weights = model.get_initializer(node.input[1])
        if weights is None:
            raise UnsupportedOperatorError(
                f"node {node.name!r} multiplies two activations; only constant weights have a kernel"
            )
        threshold = sole_consumer(model, node.output[0], "MultiThreshold")
        widen(model, node.output[0], *_product_bounds(model, node, weights))
        inputs, nodes, output = [node.input[0], node.input[1]], [node], node.output[0]
        attributes: dict[str, Any] = {"noActivation": 1, "outputDataType": datatype(model, output)}
        if threshold is not None:
            inputs.append(threshold.input[1])
            nodes.append(threshold)
            output = threshold.output[0]
            attributes = {
                "noActivation": 0,
                "numSteps": int(model.get_initializer(threshold.input[1]).shape[1]),
                "ActVal": int(getCustomOp(threshold).get_nodeattr("out_bias")),
                "outputDataType": datatype(model, output),
            }
        mw, mh = weights.shape
        replace(
            model,
            nodes,
            hardware_node(
                "RbonnMVAU", inputs, [output], f"{node.name}_mvau",
                MW=mw, MH=mh, PE=1, SIMD=1, numInputVectors=leading_shape(model, node.output[0]),
                inputDataType=datatype(model, node.input[0]), weightDataType=datatype(model, node.input[1]),
                accDataType=datatype(model, node.output[0]),
                binaryXnorMode=int(node.op_type == "XnorPopcountMatMul"), **attributes,
            ),
        )  # fmt: skip


def _product_bounds(model: ModelWrapper, node: NodeProto, weights: NDArray[Any]) -> tuple[int, int]:
    """Return the least and the greatest result of these weights over all inputs of the input's type."""
    if node.op_type == "XnorPopcountMatMul":
        return 0, len(weights)
    dtype = IntType.from_qonnx(datatype(model, node.input[0]))
    corners = np.rint([weights * dtype.min, weights * dtype.max]).astype(np.int64)
    return int(corners.min(axis=0).sum(axis=0).min()), int(corners.max(axis=0).sum(axis=0).max())


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


class InferAdd(Transformation):
    """Add of two streams -> RbonnAdd."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Convert every node at once."""
        for node in list(model.graph.node):
            if node.op_type == "Add":
                output = node.output[0]
                types = [IntType.from_qonnx(datatype(model, name)) for name in node.input]
                widen(model, output, sum(kind.min for kind in types), sum(kind.max for kind in types))
                new = hardware_node(
                    "RbonnAdd", list(node.input), [output], f"{node.name}_add",
                    NumChannels=int(model.get_tensor_shape(output)[-1]), PE=1,
                    numInputVectors=leading_shape(model, output),
                    inputDataTypes=[datatype(model, name) for name in node.input],
                    outputDataType=datatype(model, output),
                )  # fmt: skip
                replace(model, [node], new)
        return model, False


class InferFlatten(Transformation):
    """Reshape -> RbonnDWC: on a stream a flattened map is the same beats, possibly at another width."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Convert every node at once."""
        for node in list(model.graph.node):
            if node.op_type == "Reshape":
                source, output = node.input[0], node.output[0]
                new = hardware_node(
                    "RbonnDWC", [source], [output], f"{node.name}_flatten",
                    inShape=model.get_tensor_shape(source), outShape=model.get_tensor_shape(output),
                    inLanes=1, outLanes=1, dataType=datatype(model, source),
                )  # fmt: skip
                replace(model, [node], new)
        return model, False


class InferDuplicate(Transformation):
    """A tensor with several consumers -> RbonnDuplicate with one output for each."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Convert every fork at once."""
        tensors = [name for node in model.graph.node for name in node.output] + [model.graph.input[0].name]
        for tensor in tensors:
            readers = [
                (node, ind)
                for node in model.graph.node
                for ind, name in enumerate(node.input)
                if name == tensor
            ]
            if len(readers) > 1:
                self._fork(model, tensor, readers)
        return model.transform(SortGraph()), False

    def _fork(self, model: ModelWrapper, tensor: str, readers: list[tuple[NodeProto, int]]) -> None:
        shape, copies = model.get_tensor_shape(tensor), []
        for copy, (node, ind) in enumerate(readers):
            name = f"{tensor}_copy{copy}"
            model.set_tensor_shape(name, shape)
            model.set_tensor_datatype(name, model.get_tensor_datatype(tensor))
            node.input[ind] = name
            copies.append(name)
        producer = model.find_producer(tensor)
        model.graph.node.append(
            hardware_node(
                "RbonnDuplicate", [tensor], copies, f"{'input' if producer is None else producer.name}_fork",
                NumChannels=int(shape[-1]), PE=1, NumOutputStreams=len(copies),
                numInputVectors=[int(size) for size in shape[:-1]], inputDataType=datatype(model, tensor),
            )
        )  # fmt: skip


def infer_hardware_layers(model: ModelWrapper) -> ModelWrapper:
    """Convert a lowered graph into FINN hardware layers, unfolded attributes at 1.

    Raises:
        UnsupportedOperatorError: A node is left that no kernel implements.
    """
    for transformation in (
        InferAdd(),
        InferMVAU(),
        InferThreshold(),
        InferPool(),
        InferFlatten(),
        InferConvInpGen(),
        InferDuplicate(),
        InferDataTypes(),
    ):
        model = model.transform(transformation)
    for node in model.graph.node:
        for prefix, suffix in (("ConvolutionInputGenerator_", "_swg"), ("FMPadding_Batch_", "_padding")):
            if node.name.startswith(prefix):
                node.name = node.name.removeprefix(prefix) + suffix
        if not node.domain.startswith(DOMAIN):
            raise UnsupportedOperatorError(
                f"node {node.name!r} ({node.op_type}) has no hardware kernel; supported are convolution, "
                "matrix product, thresholds, max- and sum-pool, add and flatten"
            )
    return model
