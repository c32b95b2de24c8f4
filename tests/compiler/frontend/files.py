"""Small files written node by node, in the many ways in which tools write one network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper, save

from rbonn_hw.compiler.frontend import Lowered, compose

GENERAL = "qonnx.custom_op.general"
Floats = NDArray[np.float64]
FEATURES, HIDDEN, CLASSES = 8, 6, 3
ROUNDINGS: dict[str, Callable[[Floats], Floats]] = {
    "ROUND": np.round,
    "HALF_EVEN": np.round,
    "CEIL": np.ceil,
    "FLOOR": np.floor,
    "UP": lambda x: np.sign(x) * np.ceil(np.abs(x)),
    "DOWN": np.trunc,
    "ROUND_TO_ZERO": np.trunc,
    "HALF_UP": lambda x: np.sign(x) * np.floor(np.abs(x) + 0.5),
    "HALF_DOWN": lambda x: np.sign(x) * np.ceil(np.abs(x) - 0.5),
}


def node(kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> Any:
    """Return a node of one output, named after it."""
    return helper.make_node(kind, list(inputs), [output], name=f"{output}_{kind}", **attributes)


@dataclass
class Style:
    """How a tool writes a file."""

    domain: str = GENERAL
    kind: str = "Quant"
    rounding: str = "ROUND"
    opset: int = 13
    imports: bool = True
    ir_version: int = 8
    listed: bool = False
    input_type: int = TensorProto.FLOAT
    batch: int | str = 1
    changes: dict[str, Any] = field(default_factory=dict)

    def quant(self, x: str, scale: str, bits: str, y: str, *, signed: int = 1) -> Any:
        """Return a quantizer node."""
        return node(
            self.kind, [x, scale, "zero", bits], y, domain=self.domain,
            signed=signed, narrow=0, rounding_mode=self.rounding,
        )  # fmt: skip

    def write(
        self,
        path: Path,
        nodes: Sequence[Any],
        constants: dict[str, Any],
        ins: Sequence[Any],
        out: Sequence[Any],
    ) -> Path:
        """Write the network from ``x`` to the last node's output."""
        values = {
            "zero": 0.0, "eight": 8.0, "four": 4.0, "s": 0.25, "s8": 1 / 64, **constants, **self.changes,
        }  # fmt: skip
        used = {name for entry in nodes for name in entry.input}
        tensors = [
            numpy_helper.from_array(
                value if np.asarray(value).dtype == np.int64 else np.asarray(value, np.float32), name
            )
            for name, value in values.items()
            if name in used
        ]
        inputs = [helper.make_tensor_value_info("x", self.input_type, [self.batch, *ins])]
        if self.listed:
            inputs += [
                helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
                for tensor in tensors
            ]
        output = helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, [self.batch, *out])
        graph = helper.make_graph(list(nodes), "g", inputs, [output], tensors)
        opsets = [helper.make_opsetid("", self.opset)]
        if self.imports:
            opsets.append(helper.make_opsetid(self.domain, 1))
        save(helper.make_model(graph, opset_imports=opsets, ir_version=self.ir_version), str(path))
        return path


def weights() -> tuple[Floats, Floats]:
    """Draw the two matrices of :func:`perceptron`."""
    rng = np.random.default_rng(0)
    return rng.normal(0, 0.6, (FEATURES, HIDDEN)), rng.normal(0, 0.6, (HIDDEN, CLASSES))


def perceptron(
    path: Path, style: Style, middle: Sequence[Any] | None = None, first: Sequence[Any] | None = None
) -> Path:
    """Save x -> quantizer -> a -> product -> b -> ``middle`` -> c -> product -> y.

    Args:
        path: File.
        style: How it is written.
        middle: Nodes from ``b`` to ``c``: a ReLU and a 4-bit quantizer without.
        first: Nodes from ``x`` to ``a``: an 8-bit quantizer without.
    """
    w, v = weights()
    if middle is None:
        middle = [node("Relu", ["b"], "r"), style.quant("r", "s", "four", "c", signed=0)]
    nodes = [
        *(first or [style.quant("x", "s8", "eight", "a")]),
        style.quant("w", "s", "four", "wq"), node("MatMul", ["a", "wq"], "b"), *middle,
        style.quant("v", "s", "four", "vq"), node("MatMul", ["c", "vq"], "y"),
    ]  # fmt: skip
    return style.write(path, nodes, {"w": w, "v": v}, [FEATURES], [CLASSES])


def quantized(x: Floats, scale: float, bits: int, *, signed: bool = True, rounding: str = "ROUND") -> Floats:
    """Quantize by the definition of QONNX's Quant, of zero point 0."""
    low = -(2 ** (bits - 1)) if signed else 0
    high = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
    return ROUNDINGS[rounding](np.clip(x / scale, low, high)) * scale


def expected(
    x: Floats, middle: Callable[[Floats], Floats] | None = None, *, rounding: str = "ROUND"
) -> Floats:
    """Compute :func:`perceptron` by hand; its scales are powers of two, so every sum is exact."""
    w, v = (quantized(matrix, 0.25, 4, rounding=rounding) for matrix in weights())
    b = quantized(x, 1 / 64, 8, rounding=rounding) @ w
    if middle is None:
        return quantized(np.maximum(b, 0), 0.25, 4, signed=False, rounding=rounding) @ v
    return middle(b) @ v


def frames(count: int = 10, *, low: float = -2.2, high: float = 2.2) -> Floats:
    """Draw frames of :func:`perceptron`."""
    return (
        np.random.default_rng(1).uniform(low, high, (count, FEATURES)).astype(np.float32).astype(np.float64)
    )


def check(
    lowered: Lowered, middle: Callable[[Floats], Floats] | None = None, *, rounding: str = "ROUND"
) -> None:
    """Require the answers of :func:`expected`, which differ between frames."""
    drawn = frames()
    answers = compose(lowered, drawn.astype(np.float32))
    assert np.array_equal(answers, expected(drawn, middle, rounding=rounding))
    assert np.any(answers != answers[0])
