"""Give every layer's bias a node of its own, so that a layer is a pure sum of products."""

from typing import Any

import numpy as np
from onnx import helper
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend.attributes import attribute


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


def _split_gemm(model: ModelWrapper, node: Any) -> list[Any]:
    """``Gemm(x, w, b)`` is ``Add(Mul(MatMul(Transpose(x), Transpose(w)), alpha), Mul(b, beta))``."""
    x, weights, *rest = node.input
    bias = rest[0] if rest else ""
    nodes: list[Any] = []

    def append(kind: str, inputs: list[str], what: str, **attributes: Any) -> str:
        made = f"{node.output[0]}_{what}"
        name = node.name if kind == "MatMul" else f"{node.name}_{what}"
        nodes.append(helper.make_node(kind, inputs, [made], name=name, **attributes))
        return made

    def scaled(value: str, what: str) -> str:
        factor = float(attribute(node, what, 1.0))
        if factor == 1.0:
            return value
        model.set_initializer(f"{node.output[0]}_{what}_factor", np.asarray(factor, np.float32))
        return append("Mul", [value, f"{node.output[0]}_{what}_factor"], what)

    if attribute(node, "transA", 0):
        x = append("Transpose", [x], "input", perm=[1, 0])
    if attribute(node, "transB", 0):
        weights = append("Transpose", [weights], "weights", perm=[1, 0])
    total = scaled(append("MatMul", [x, weights], "sum"), "alpha")
    if bias and float(attribute(node, "beta", 1.0)) != 0.0:
        total = append("Add", [total, scaled(bias, "beta")], "bias")
    nodes[-1].output[0] = node.output[0]
    return nodes


def split_biases(model: ModelWrapper) -> None:
    """Rewrite Conv and Gemm in place."""
    nodes = []
    for node in model.graph.node:
        if node.op_type == "Conv" and len(node.input) > 2 and node.input[2] != "":
            nodes += _split_conv(model, node)
        elif node.op_type == "Gemm":
            nodes += _split_gemm(model, node)
        else:
            nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
