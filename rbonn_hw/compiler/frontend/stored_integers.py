"""What files store or take as integers, written as floats with their type as QONNX does."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.errors import ModelError, UnsupportedOperatorError

GENERAL = "qonnx.custom_op.general"
INTEGER_INPUTS = {
    TensorProto.UINT8: "UINT8", TensorProto.INT8: "INT8", TensorProto.UINT16: "UINT16",
    TensorProto.INT16: "INT16", TensorProto.INT32: "", TensorProto.INT64: "", TensorProto.UINT32: "",
    TensorProto.BOOL: "BINARY",
}  # fmt: skip
"""QONNX types of an input; empty where it is wider than what a layer takes, and a quantizer must follow."""


def title(node: Any) -> str:
    """Return what a message calls a node: its name, or where its result goes."""
    return (
        f"{node.name or 'the node that makes ' + (node.output[0] if node.output else '?')} ({node.op_type})"
    )


def quantize_constants(graph: Any) -> None:
    """Write constants that are stored as integers with a scale as quantized floats, as QONNX does.

    A bias of 32 bits becomes plain floats.
    """
    values = {tensor.name: tensor for tensor in graph.initializer}
    nodes = []
    for node in graph.node:
        if node.op_type != "DequantizeLinear" or any(name not in values for name in node.input if name):
            nodes.append(node)
            continue
        stored, scale, *zero = (numpy_helper.to_array(values[name]) for name in node.input if name)
        output = node.output[0]
        if scale.ndim == 1 and stored.ndim > 1:
            axis = int(attribute(node, "axis", 1)) % stored.ndim
            shape = [-1 if position == axis else 1 for position in range(stored.ndim)]
            scale, zero = scale.reshape(shape), [part.reshape(shape) for part in zero]
        integers = stored.astype(np.int64) - (zero[0].astype(np.int64) if zero else 0)
        floats = (integers * scale.astype(np.float64)).astype(np.float32)
        if stored.dtype.itemsize > 1:
            graph.initializer.append(numpy_helper.from_array(floats, output))
            continue
        # The difference of two bytes has nine bits.
        parameters = {
            "float": floats,
            "scale": scale.astype(np.float32),
            "zero": np.float32(0),
            "bits": np.float32(9),
        }
        for suffix, value in parameters.items():
            graph.initializer.append(numpy_helper.from_array(np.asarray(value), f"{output}_{suffix}"))
        nodes.append(
            helper.make_node(
                "Quant", [f"{output}_{suffix}" for suffix in parameters], [output], name=node.name,
                domain=GENERAL, signed=1, narrow=0, rounding_mode="ROUND",
            )
        )  # fmt: skip
    del graph.node[:]
    graph.node.extend(nodes)


def read_input_type(path: Path, graph: Any) -> None:
    """Make integer inputs floats that are annotated with their type, as QONNX writes them."""
    for value in graph.input:
        kind = value.type.tensor_type.elem_type
        if kind == TensorProto.FLOAT:
            continue
        users = [node for node in graph.node if value.name in node.input]
        if kind not in INTEGER_INPUTS or any(not _takes_integers(node) for node in users):
            raise ModelError(
                f"{path}: input {value.name} is of type {TensorProto.DataType.Name(kind)} and goes into "
                f"{', '.join(title(node) for node in users) or 'nothing'}; the network must take "
                "float32, or integers that a Cast or DequantizeLinear makes floats: export it so"
            )
        value.type.tensor_type.elem_type = TensorProto.FLOAT
        _as_floats(graph, users)
        if INTEGER_INPUTS[kind] and value.name not in {
            known.tensor_name for known in graph.quantization_annotation
        }:
            annotation = onnx.TensorAnnotation(tensor_name=value.name)
            annotation.quant_parameter_tensor_names.append(
                onnx.StringStringEntryProto(key="finn_datatype", value=INTEGER_INPUTS[kind])
            )
            graph.quantization_annotation.append(annotation)


def _takes_integers(node: Any) -> bool:
    casts = node.op_type == "Cast" and attribute(node, "to", 0) == TensorProto.FLOAT
    return bool(casts) or node.op_type == "DequantizeLinear"


def _as_floats(graph: Any, users: list[Any]) -> None:
    """Write the DequantizeLinear nodes of an integer input as minus zero point, times scale."""
    values = {tensor.name: tensor for tensor in graph.initializer}
    nodes = []
    for node in graph.node:
        if node not in users or node.op_type != "DequantizeLinear":
            nodes.append(node)
            continue
        x, scale = node.input[:2]
        if len(node.input) > 2 and node.input[2]:
            zero, centred = f"{node.output[0]}_zero", f"{node.output[0]}_centred"
            if node.input[2] not in values:
                raise UnsupportedOperatorError(
                    f"{title(node)}: its zero point is no constant; store it as one"
                )
            floats = numpy_helper.to_array(values[node.input[2]]).astype(np.float32)
            graph.initializer.append(numpy_helper.from_array(floats, zero))
            nodes.append(helper.make_node("Sub", [x, zero], [centred], name=f"{node.name}_zero"))
            x = centred
        nodes.append(helper.make_node("Mul", [x, scale], list(node.output), name=node.name))
    del graph.node[:]
    graph.node.extend(nodes)
