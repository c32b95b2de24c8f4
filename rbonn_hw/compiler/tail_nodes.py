"""ONNX nodes as steps of the driver: no attribute is left to a default that depends on a version."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.operators import RESHAPES
from rbonn_hw.errors import UnsupportedOperatorError

EXACT: Final = RESHAPES | {
    "Abs", "Add", "Cast", "Ceil", "Clip", "Div", "Dropout", "Floor", "Gather", "Identity", "LeakyRelu", "Max",
    "Min", "Mul", "Neg", "PRelu", "Relu", "Round", "Sqrt", "Sub",
}  # fmt: skip
"""Operators of which IEEE 754 leaves one result, in any implementation."""
PLAIN: Final = {
    "Abs", "Add", "Ceil", "Div", "Exp", "Floor", "Log", "MatMul", "Max", "Min", "Mul", "Neg", "PRelu", "Relu",
    "Round", "Sigmoid", "Softplus", "Sqrt", "Sub", "Tanh",
}  # fmt: skip
"""Operators that the driver has by the same name, without attributes."""
NumpyStep = tuple[str, list[str], dict[str, Any]]
"""Operator, operands and attributes."""


def numpy_step(node: Any, model: ModelWrapper, opset: int) -> NumpyStep:
    """Return a node as the driver's operator, its operands by their names in the model, and its attributes.

    Raises:
        UnsupportedOperatorError: The driver has none; the node is named.
    """
    shapes = [tuple(model.get_tensor_shape(name) or ()) for name in node.input if name]
    rule = RULES.get(node.op_type)
    if node.op_type in RESHAPES - {"Transpose"}:
        after = model.get_tensor_shape(node.output[0])
        return "Reshape", [node.input[0]], {"shape": [int(size) for size in after[1:]]}
    if node.op_type in PLAIN:
        return node.op_type, [name for name in node.input if name], {}
    made = rule(node, model, opset, shapes) if rule is not None else None
    if made is None:
        raise UnsupportedOperatorError(
            f"{node.name} ({node.op_type}) stands behind the last integers, and the driver has no NumPy for "
            "it in this form; compile with --label-select where the class is enough, put a quantizer behind "
            "it, or cut it off the network"
        )
    return made


Shapes = list[tuple[int, ...]]
Rule = Callable[[Any, ModelWrapper, int, Shapes], NumpyStep | None]


def _same(node: Any, model: ModelWrapper, opset: int, shapes: Shapes) -> NumpyStep:
    del model, opset, shapes
    return "Identity", [node.input[0]], {}


def _cast(node: Any, model: ModelWrapper, opset: int, shapes: Shapes) -> NumpyStep | None:
    del model, opset, shapes
    name = {1: "Single", 11: "Double"}.get(int(attribute(node, "to", 0)))
    return None if name is None else (name, [node.input[0]], {})


def _clip(node: Any, model: ModelWrapper, opset: int, shapes: Shapes) -> NumpyStep | None:
    """With both limits, as ReLU6 and hard tanh have them."""
    del model, opset, shapes
    given = [name for name in node.input[1:] if name]
    return ("Clip", list(node.input), {}) if len(given) == 2 else None


def _transpose(node: Any, model: ModelWrapper, opset: int, shapes: Shapes) -> NumpyStep | None:
    del model, opset
    perm = [int(axis) for axis in attribute(node, "perm", list(range(len(shapes[0])))[::-1])]
    return ("Transpose", [node.input[0]], {"perm": perm}) if perm[0] == 0 else None


def _along(node: Any, model: ModelWrapper, opset: int, shapes: Shapes) -> NumpyStep | None:
    """Softmax and its like: before opset 13 over all axes from one on, which is that axis for vectors."""
    del model
    axis = int(attribute(node, "axis", -1 if opset >= 13 else 1)) % len(shapes[0])
    if axis == 0 or (opset < 13 and axis != len(shapes[0]) - 1):
        return None
    return node.op_type, [node.input[0]], {"axis": axis}


def _sloped(node: Any, model: ModelWrapper, opset: int, shapes: Shapes) -> NumpyStep:
    del model, opset, shapes
    return "LeakyRelu", [node.input[0]], {"alpha": float(attribute(node, "alpha", 0.01))}


def _gemm(node: Any, model: ModelWrapper, opset: int, shapes: Shapes) -> NumpyStep | None:
    del opset, shapes
    if attribute(node, "transA", 0) or model.get_initializer(node.input[1]) is None:
        return None
    attributes: dict[str, Any] = {name: float(attribute(node, name, 1.0)) for name in ("alpha", "beta")}
    attributes["transB"] = int(attribute(node, "transB", 0))
    return "Gemm", [name for name in node.input if name], attributes


def _batch_norm(node: Any, model: ModelWrapper, opset: int, shapes: Shapes) -> NumpyStep:
    del model, opset, shapes
    return "BatchNormalization", list(node.input), {"epsilon": float(attribute(node, "epsilon", 1e-5))}


def _reduce(node: Any, model: ModelWrapper, opset: int, shapes: Shapes) -> NumpyStep | None:
    del opset
    rank = len(shapes[0])
    if node.op_type in ("GlobalAveragePool", "GlobalMaxPool"):
        kind = "ReduceMean" if node.op_type == "GlobalAveragePool" else "ReduceMax"
        return kind, [node.input[0]], {"axes": list(range(2, rank)), "keepdims": 1}
    axes = attribute(node, "axes", None)
    if axes is None and len(node.input) > 1:
        axes = model.get_initializer(node.input[1])
    if axes is None:
        return None
    positive = sorted(int(axis) % rank for axis in np.asarray(axes).reshape(-1))
    keep = int(attribute(node, "keepdims", 1))
    return None if 0 in positive else (node.op_type, [node.input[0]], {"axes": positive, "keepdims": keep})


def _arg_max(node: Any, model: ModelWrapper, opset: int, shapes: Shapes) -> NumpyStep | None:
    del model, opset
    axis = int(attribute(node, "axis", 0)) % len(shapes[0])
    if axis == 0 or attribute(node, "select_last_index", 0):
        return None
    return "ArgMax", [node.input[0]], {"axis": axis, "keepdims": int(attribute(node, "keepdims", 1))}


def _top_k(node: Any, model: ModelWrapper, opset: int, shapes: Shapes) -> NumpyStep | None:
    del opset
    axis = int(attribute(node, "axis", -1)) % len(shapes[0])
    count = model.get_initializer(node.input[1]) if len(node.input) > 1 else None
    if axis == 0 or count is None or not attribute(node, "largest", 1):
        return None
    if model.graph.output[0].name == node.output[0]:
        return None  # The values, not the positions.
    return "TopK", [node.input[0]], {"axis": axis, "k": int(np.asarray(count).reshape(-1)[0])}


def _gather(node: Any, model: ModelWrapper, opset: int, shapes: Shapes) -> NumpyStep | None:
    del opset
    axis = int(attribute(node, "axis", 0)) % len(shapes[0])
    if axis == 0 or model.get_initializer(node.input[1]) is None:
        return None
    return "Gather", list(node.input), {"axis": axis}


def _concat(node: Any, model: ModelWrapper, opset: int, shapes: Shapes) -> NumpyStep | None:
    del opset
    axis = int(attribute(node, "axis", 1)) % len(shapes[0])
    varying = all(model.get_initializer(name) is None for name in node.input)
    return ("Concat", list(node.input), {"axis": axis}) if axis and varying else None


RULES: Final[dict[str, Rule]] = {
    "Identity": _same, "Dropout": _same, "Cast": _cast, "Clip": _clip, "Transpose": _transpose,
    "Softmax": _along, "LogSoftmax": _along, "LeakyRelu": _sloped, "Gemm": _gemm,
    "BatchNormalization": _batch_norm, "GlobalAveragePool": _reduce, "GlobalMaxPool": _reduce,
    "ReduceMean": _reduce, "ReduceSum": _reduce, "ReduceMax": _reduce, "ArgMax": _arg_max, "TopK": _top_k,
    "Gather": _gather, "Concat": _concat,
}  # fmt: skip
