"""Layers that join, fork and reshape streams."""

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.base import Transformation
from qonnx.transformation.general import SortGraph

from rbonn_hw.compiler.hardware_nodes import (
    datatype,
    hardware_node,
    leading_shape,
    replace,
)


class InferAdd(Transformation):
    """Add of two streams, with the Mul by a constant before either -> RbonnAdd."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Convert every node at once."""
        for node in list(model.graph.node):
            if node.op_type == "Add":
                self._convert(model, node)
        return model, False

    def _convert(self, model: ModelWrapper, node: NodeProto) -> None:
        output, sources, factors, nodes = node.output[0], [], [], [node]
        for tensor in node.input:
            product = model.find_producer(tensor)
            scaled = product is not None and product.op_type == "Mul"
            sources.append(product.input[0] if scaled else tensor)
            factors.append(int(model.get_initializer(product.input[1]).item()) if scaled else 1)
            nodes += [product] if scaled else []
        new = hardware_node(
            "RbonnAdd", sources, [output], f"{node.name}_add",
            NumChannels=int(model.get_tensor_shape(output)[-1]), PE=1, factors=factors,
            numInputVectors=leading_shape(model, output),
            inputDataTypes=[datatype(model, name) for name in sources],
            outputDataType=datatype(model, output),
        )  # fmt: skip
        replace(model, nodes, new)


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
