"""Matrix products with constant weights."""

from typing import Any

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.base import Transformation

from rbonn_hw.compiler.hardware_nodes import (
    datatype,
    hardware_node,
    leading_shape,
    replace,
    sole_consumer,
)
from rbonn_hw.errors import UnsupportedOperatorError


class InferMVAU(Transformation):
    """MatMul or XnorPopcountMatMul, with the one threshold a channel that alone follows it -> RbonnMVAU.

    Several thresholds stay a layer of their own: results of many synapse folds are far apart, and a unit of
    few lanes searches for all of them, where the product would have one a neuron.
    """

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
        inputs, nodes, output = [node.input[0], node.input[1]], [node], node.output[0]
        attributes: dict[str, Any] = {"noActivation": 1, "outputDataType": datatype(model, output)}
        steps = 0 if threshold is None else int(model.get_initializer(threshold.input[1]).shape[1])
        if threshold is not None and steps == 1:
            inputs.append(threshold.input[1])
            nodes.append(threshold)
            output = threshold.output[0]
            attributes = {
                "noActivation": 0,
                "numSteps": steps,
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
