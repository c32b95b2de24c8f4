"""ONNX Runtime on files whose quantizers are written in ONNX's own operators: an oracle without QONNX."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper, numpy_helper


def _sign(node: Any) -> Sequence[Any]:
    """Write a BipolarQuant as Less, Neg and Where: a 0 is +1."""
    y, (x, scale) = node.output[0], node.input
    return [
        helper.make_node("Sub", [x, x], [f"{y}_0"]),
        helper.make_node("Less", [x, f"{y}_0"], [f"{y}_1"]),
        helper.make_node("Neg", [scale], [f"{y}_2"]),
        helper.make_node("Where", [f"{y}_1", f"{y}_2", scale], [y]),
    ]


def _quantizer(node: Any, values: dict[str, Any], constants: list[Any]) -> Sequence[Any]:
    """Write a Quant as Div, Add, Clip, Round, Sub and Mul."""
    attributes = {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}
    bits, signed, narrow = int(values[node.input[3]]), attributes["signed"], attributes["narrow"]
    low = -(2 ** (bits - 1)) + narrow if signed else 0
    high = 2 ** (bits - 1) - 1 if signed else 2**bits - 1 - narrow
    y, (x, scale, zero, _) = node.output[0], node.input
    for side, bound in (("low", low), ("high", high)):
        constants.append(numpy_helper.from_array(np.float32(bound), f"{y}_{side}"))
    return [
        helper.make_node("Div", [x, scale], [f"{y}_1"]),
        helper.make_node("Add", [f"{y}_1", zero], [f"{y}_2"]),
        helper.make_node("Clip", [f"{y}_2", f"{y}_low", f"{y}_high"], [f"{y}_3"]),
        helper.make_node("Round", [f"{y}_3"], [f"{y}_4"]),
        helper.make_node("Sub", [f"{y}_4", zero], [f"{y}_5"]),
        helper.make_node("Mul", [f"{y}_5", scale], [y]),
    ]


def answers(proto: Any, frames: NDArray[Any]) -> NDArray[Any]:
    """Return the network's outputs for frames ``[n, ...]``, one after the other, flat ``[n, k]``."""
    model = onnx.ModelProto()
    model.CopyFrom(proto)
    constants: list[Any] = []
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    nodes: list[Any] = []
    for node in model.graph.node:
        if node.op_type == "Quant":
            nodes += _quantizer(node, values, constants)
        else:
            nodes += _sign(node) if node.op_type == "BipolarQuant" else [node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(constants)
    own = [entry for entry in model.opset_import if entry.domain == ""]
    del model.opset_import[:]
    model.opset_import.extend(own)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it warns of bit widths, which its own operators do not take
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name
    return np.stack([np.asarray(session.run(None, {name: frame[None]})[0]).reshape(-1) for frame in frames])
