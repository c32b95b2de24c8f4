"""Give every layer's bias a node of its own, so that a layer is a pure sum of products."""

from typing import Any

import numpy as np
from onnx import helper
from qonnx.core.modelwrapper import ModelWrapper


def attribute(node: Any, name: str, default: Any) -> Any:
    """Return a node's attribute, or what ONNX assumes without it."""
    for entry in node.attribute:
        if entry.name == name:
            return helper.get_attribute_value(entry)
    return default


def _split_conv(model: ModelWrapper, node: Any) -> list[Any]:
    """``Conv(x, w, b)`` is ``Add(Conv(x, w), Reshape(b))``."""
    total, bias = f"{node.output[0]}_sum", f"{node.output[0]}_bias"
    shape = np.array([1, -1] + [1] * (len(model.get_tensor_shape(node.output[0])) - 2))
    model.set_initializer(f"{bias}_shape", shape)
    attributes = {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}
    return [
        helper.make_node("Conv", node.input[:2], [total], name=node.name, **attributes),
        helper.make_node("Reshape", [node.input[2], f"{bias}_shape"], [bias], name=f"{node.name}_bias_shape"),
        helper.make_node("Add", [total, bias], [node.output[0]], name=f"{node.name}_bias"),
    ]


def _split_gemm(node: Any) -> list[Any]:
    """``Gemm(x, w, b)`` is ``Add(MatMul(x, Transpose(w)), b)``."""
    weights, total = node.input[1], node.output[0]
    nodes = []
    if attribute(node, "transB", 0):
        weights = f"{node.output[0]}_weights"
        nodes.append(
            helper.make_node(
                "Transpose", [node.input[1]], [weights], name=f"{node.name}_weights", perm=[1, 0]
            )
        )
    has_bias = len(node.input) > 2 and node.input[2] != ""
    if has_bias:
        total = f"{node.output[0]}_sum"
    nodes.append(helper.make_node("MatMul", [node.input[0], weights], [total], name=node.name))
    if has_bias:
        nodes.append(
            helper.make_node("Add", [total, node.input[2]], [node.output[0]], name=f"{node.name}_bias")
        )
    return nodes


def split_biases(model: ModelWrapper) -> None:
    """Rewrite Conv and Gemm in place; a Gemm that scales or transposes its input stays as it is."""
    nodes = []
    for node in model.graph.node:
        if node.op_type == "Conv" and len(node.input) > 2 and node.input[2] != "":
            nodes += _split_conv(model, node)
        elif (
            node.op_type == "Gemm"
            and not attribute(node, "transA", 0)
            and attribute(node, "alpha", 1.0) == attribute(node, "beta", 1.0) == 1.0
        ):
            nodes += _split_gemm(node)
        else:
            nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
