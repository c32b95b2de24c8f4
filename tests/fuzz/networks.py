"""Networks in ONNX files, and what lowering them must come to: what ONNX itself says the file computes."""

from pathlib import Path

import numpy as np
import onnx
from onnx import helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_shapes import InferShapes

from rbonn_hw.compiler.frontend import compose, lower
from rbonn_hw.compiler.input_meaning import declared, settle
from tests.networks import QONNX, bipolar, save_network


def pooled(path: Path) -> Path:
    """Save quantizer -> padded binary convolution -> max-pool -> affine -> sign -> flatten -> product."""
    rng = np.random.default_rng(0)
    quantizer = helper.make_node(
        "Quant", ["x", "quarter", "zero", "four"], ["a0"], name="quant0", domain=QONNX,
        signed=1, narrow=0, rounding_mode="ROUND",
    )  # fmt: skip
    nodes = [
        quantizer, bipolar("w0", "q0"),
        helper.make_node("Conv", ["a0", "q0"], ["p0"], name="conv0", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("MaxPool", ["p0"], ["p1"], name="pool0", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Mul", ["p1", "gamma"], ["p2"], name="scale0"),
        helper.make_node("Add", ["p2", "beta"], ["p3"], name="bias0"),
        bipolar("p3", "a1"), helper.make_node("Flatten", ["a1"], ["f"], name="flatten0"), bipolar("w1", "q1"),
        helper.make_node("MatMul", ["f", "q1"], ["y"], name="fc0"),
    ]  # fmt: skip
    constants = {
        "one": 1.0, "quarter": 0.25, "zero": 0.0, "four": 4.0, "w0": rng.uniform(-1, 1, (3, 2, 3, 3)),
        "gamma": rng.uniform(0.2, 1, (1, 3, 1, 1)), "beta": rng.normal(size=(1, 3, 1, 1)),
        "w1": rng.uniform(-1, 1, (12, 3)),
    }  # fmt: skip
    return save_network(path, nodes, constants, (1, 2, 4, 4), (1, 3))


def lowered(path: Path) -> object:
    """Lower a network as `rbonn compile` does; return its answers to two frames.

    Raises:
        AssertionError: They are not those of the file, as QONNX executes it before we have touched it.
    """
    found = declared(path, None)
    made = lower(path, input_type=found.meaning.dtype if found else "")
    settle(made.reference, made.head, found)
    shape = made.reference.get_tensor_shape(made.reference.graph.input[0].name)
    frames = np.random.default_rng(2).integers(-9, 9, (2, *shape[1:])).astype(np.float32) / 8
    answers = compose(made, frames)
    if made.exact:
        _check(path, frames, answers)
    return answers.tobytes()


def _check(path: Path, frames: np.ndarray, answers: np.ndarray) -> None:
    try:
        model = ModelWrapper(onnx.load(path)).transform(InferShapes())
        source, sink = model.graph.input[0].name, model.graph.output[0].name
        expected = [execute_onnx(model, {source: frame[None]})[sink] for frame in frames]
    except Exception:  # noqa: BLE001 - QONNX cannot run the file as it stands: there is nothing to compare with
        return
    difference = np.abs(np.concatenate(expected).reshape(answers.shape) - answers).max()
    assert difference <= 1e-5 * max(1.0, float(np.abs(answers).max())), f"answers differ by {difference}"
