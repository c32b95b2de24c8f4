"""Small QONNX files, written node by node, without Brevitas."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

QONNX = "qonnx.custom_op.general"


def save_network(
    path: Path,
    nodes: Sequence[Any],
    constants: dict[str, Any],
    in_shape: Sequence[int],
    out_shape: Sequence[int],
) -> Path:
    """Save a network from tensor ``x`` to tensor ``y``."""
    graph = helper.make_graph(
        list(nodes),
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, in_shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, out_shape)],
        [numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(QONNX, 1)]
    save(helper.make_model(graph, opset_imports=opsets, ir_version=8), str(path))
    return path


def bipolar(source: str, target: str) -> Any:
    """Return a BipolarQuant node of scale 1 (constant ``one``)."""
    return helper.make_node("BipolarQuant", [source, "one"], [target], name=f"{target}_quant", domain=QONNX)


def binary_mlp(path: Path, *, inputs: int = 12, hidden: int = 8, classes: int = 3, seed: int = 0) -> Path:
    """Save sign -> binary product -> per-channel affine of both signs -> sign -> binary product."""
    rng = np.random.default_rng(seed)
    nodes = [
        bipolar("x", "a0"),
        bipolar("w0", "q0"),
        helper.make_node("MatMul", ["a0", "q0"], ["p0"], name="fc0"),
        helper.make_node("Mul", ["p0", "gamma"], ["p1"], name="scale0"),
        helper.make_node("Add", ["p1", "beta"], ["p2"], name="bias0"),
        bipolar("p2", "a1"),
        bipolar("w1", "q1"),
        helper.make_node("MatMul", ["a1", "q1"], ["y"], name="fc1"),
    ]
    constants = {
        "one": 1.0,
        "w0": rng.uniform(-1, 1, (inputs, hidden)),
        "gamma": rng.choice([-1, 1], hidden) * rng.uniform(0.2, 1, hidden),
        "beta": rng.normal(size=hidden),
        "w1": rng.uniform(-1, 1, (hidden, classes)),
    }
    return save_network(path, nodes, constants, (1, inputs), (1, classes))


def float_mlp(path: Path) -> Path:
    """Save one float matrix product."""
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"], name="fc0")]
    return save_network(path, nodes, {"w": np.ones((4, 2))}, (1, 4), (1, 2))


def with_activation(path: Path, op_type: str, **attributes: Any) -> Path:
    """Save sign -> binary product -> one ONNX operator -> 4-bit quantizer -> binary product."""
    rng = np.random.default_rng(1)
    quantizer = helper.make_node(
        "Quant", ["p1", "one", "zero", "bits"], ["a1"], name="quant1", domain=QONNX,
        signed=1, narrow=0, rounding_mode="ROUND",
    )  # fmt: skip
    extra = ["slope"] if op_type == "PRelu" else []
    nodes = [
        bipolar("x", "a0"),
        bipolar("w0", "q0"),
        helper.make_node("MatMul", ["a0", "q0"], ["p0"], name="fc0"),
        helper.make_node(op_type, ["p0", *extra], ["p1"], name="strange0", **attributes),
        quantizer,
        bipolar("w1", "q1"),
        helper.make_node("MatMul", ["a1", "q1"], ["y"], name="fc1"),
    ]
    constants = {
        "one": 1.0, "zero": 0.0, "bits": 4.0, "slope": np.array([0.5, 0.25, -0.5, 0.0]),
        "w0": rng.uniform(-1, 1, (6, 4)), "w1": rng.uniform(-1, 1, (4, 2)),
    }  # fmt: skip
    used = {name for node in nodes for name in node.input}
    return save_network(path, nodes, {k: v for k, v in constants.items() if k in used}, (1, 6), (1, 2))
