"""Forms of layers: biases, Gemm's factors, borders, shapes, batches, outputs; computed by hand and equal."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from onnx import TensorProto, helper, numpy_helper

from rbonn_hw.compiler.frontend import compose, lower
from rbonn_hw.errors import UnsupportedOperatorError
from tests.compiler.frontend.files import Floats, Style, node, quantized

CHANNELS, FILTERS, SIZE, CLASSES = 2, 4, 4, 3
RNG = np.random.default_rng(4)
W, V = RNG.normal(0, 0.6, (FILTERS, CHANNELS, 3, 3)), RNG.normal(0, 0.6, (FILTERS * SIZE * SIZE, CLASSES))
BIAS, SHIFT = RNG.normal(size=FILTERS).astype(np.float32), RNG.normal(size=CLASSES).astype(np.float32)


def _ints(*values: int) -> Any:
    return np.array(values, np.int64)


@dataclass
class Form:
    """A network of one convolution and one linear layer in one of its forms.

    Attributes:
        conv: Inputs of the Conv besides ``a``; its attributes.
        border: Nodes from the quantizer's ``q`` to the convolution's input ``a``.
        flatten: Nodes from ``c`` to ``d``.
        linear: Nodes from ``d`` and the quantized weights ``vq`` to ``y``.
        bias: What the convolution adds.
        tail: Function of the linear layer's sums.
        constants: Further constants.
        transposed: Whether ``v`` is stored with a row a class.
    """

    conv: tuple[str, ...] = ("wq",)
    attributes: dict[str, Any] = field(default_factory=lambda: {"pads": [1, 1, 1, 1]})
    border: list[Any] = field(default_factory=lambda: [node("Identity", ["q"], "a")])
    flatten: list[Any] = field(default_factory=lambda: [node("Flatten", ["c"], "d")])
    linear: list[Any] = field(default_factory=lambda: [node("MatMul", ["d", "vq"], "y")])
    bias: bool = False
    tail: Callable[[Floats], Floats] = lambda sums: sums
    constants: dict[str, Any] = field(default_factory=dict)
    transposed: bool = False

    def write(self, path: Path, style: Style) -> Path:
        """Write the file."""
        nodes = [
            style.quant("x", "s8", "eight", "q"), *self.border, style.quant("w", "s", "four", "wq"),
            node("Conv", ["a", *self.conv], "b", **self.attributes), node("Relu", ["b"], "r"),
            style.quant("r", "s", "four", "c", signed=0), *self.flatten,
            style.quant("v", "s", "four", "vq"), *self.linear,
        ]  # fmt: skip
        constants = {
            "w": W,
            "v": V.T if self.transposed else V,
            "bias": BIAS,
            "shift": SHIFT,
            **self.constants,
        }
        return style.write(path, nodes, constants, [CHANNELS, SIZE, SIZE], [CLASSES])

    def expected(self, x: Floats) -> Floats:
        """Compute it by hand."""
        w, v = quantized(W, 0.25, 4), quantized(V, 0.25, 4)
        bordered = np.pad(quantized(x, 1 / 64, 8), ((0, 0), (0, 0), (1, 1), (1, 1)))
        taps = sliding_window_view(bordered, (3, 3), axis=(2, 3))
        sums = np.einsum("nchwij,fcij->nfhw", taps, w)
        # The reference adds in float32.
        biased = (
            (sums.astype(np.float32) + BIAS.reshape(1, -1, 1, 1)).astype(np.float64) if self.bias else sums
        )
        levels = quantized(np.maximum(biased, 0), 0.25, 4, signed=False)
        return self.tail(levels.reshape(len(x), -1) @ v)


def _gemm(*inputs: str, **attributes: Any) -> list[Any]:
    return [node("Gemm", ["d", "vq", *inputs], "y", **attributes)]


def _reshape(*shape: int) -> dict[str, Any]:
    return {"flatten": [node("Reshape", ["c", "shape"], "d")], "constants": {"shape": _ints(*shape)}}


def _pad(border: list[int], *inputs: str, **attributes: Any) -> dict[str, Any]:
    pads = {} if attributes else {"border": _ints(*border), "axes": _ints(2, 3)}
    names = ["q"] if attributes else ["q", "border", *inputs]
    return {"border": [node("Pad", names, "a", **attributes)], "attributes": {}, "constants": pads}


AROUND = [0, 0, 1, 1, 0, 0, 1, 1]
SHIFTED = (lambda sums: (sums.astype(np.float32) + SHIFT).astype(np.float64),)
FORMS: dict[str, tuple[Form, int]] = {
    "plain": (Form(), 13),
    "bias": (Form(conv=("wq", "bias"), bias=True), 13),
    "no bias, written": (Form(conv=("wq", "")), 13),
    "auto_pad": (Form(attributes={"auto_pad": "SAME_UPPER"}), 13),
    "gemm": (Form(linear=_gemm()), 13),
    "gemm bias": (Form(linear=_gemm("shift"), tail=SHIFTED[0]), 13),
    "gemm transB": (Form(linear=_gemm("shift", transB=1), tail=SHIFTED[0], transposed=True), 13),
    "gemm alpha": (Form(linear=_gemm(alpha=0.5), tail=lambda sums: sums / 2), 13),
    "gemm beta": (
        Form(linear=_gemm("shift", alpha=0.5, beta=2.0),
             tail=lambda sums: (sums.astype(np.float32) / 2 + 2 * SHIFT).astype(np.float64)), 13,
    ),
    "gemm beta 0": (Form(linear=_gemm("shift", beta=0.0)), 13),
    "reshape 1 -1": (Form(**_reshape(1, -1)), 13),
    "reshape 0 -1": (Form(**_reshape(0, -1)), 13),
    "reshape -1 64": (Form(**_reshape(-1, 64)), 13),
    "flatten from behind": (Form(flatten=[node("Flatten", ["c"], "d", axis=-3)]), 13),
    "pad node": (Form(**_pad(AROUND)), 13),
    "pad attributes": (Form(**_pad([], pads=AROUND)), 9),
    "pad of two axes": (Form(**_pad([1, 1, 1, 1], "", "axes")), 18),
}  # fmt: skip


def _frames(count: int = 6) -> Floats:
    draw = np.random.default_rng(5).uniform(-2.2, 2.2, (count, CHANNELS, SIZE, SIZE))
    return draw.astype(np.float32).astype(np.float64)


@pytest.mark.parametrize("name", FORMS)
def test_forms(name: str, tmp_path: Path) -> None:
    form, opset = FORMS[name]
    lowered = lower(form.write(tmp_path / "net.onnx", Style(opset=opset)))
    answers = compose(lowered, _frames().astype(np.float32))
    assert np.array_equal(answers, form.expected(_frames()))
    assert np.any(answers != answers[0])


@pytest.mark.parametrize(("batch", "rest"), [(3, -1), (3, FILTERS * SIZE * SIZE), ("n", -1)])
def test_a_reshape_to_the_batch_of_the_export(batch: int | str, rest: int, tmp_path: Path) -> None:
    form = Form(**_reshape(3, rest))
    lowered = lower(form.write(tmp_path / "net.onnx", Style(batch=batch)))
    assert np.array_equal(compose(lowered, _frames().astype(np.float32)), form.expected(_frames()))


def test_a_flatten_that_asks_for_the_batch(tmp_path: Path) -> None:
    """Shape, Gather, Unsqueeze, Concat, Reshape: how torch writes x.view(x.size(0), -1)."""
    flatten = [
        node("Shape", ["c"], "all"), node("Gather", ["all", "first"], "n"),
        node("Unsqueeze", ["n", "axis"], "n1"),
        node("Concat", ["n1", "rest"], "shape", axis=0), node("Reshape", ["c", "shape"], "d"),
    ]  # fmt: skip
    constants = {"first": np.array(0, np.int64), "axis": _ints(0), "rest": _ints(-1)}
    form = Form(flatten=flatten, constants=constants)
    lowered = lower(form.write(tmp_path / "net.onnx", Style(batch="n")))
    assert np.array_equal(compose(lowered, _frames().astype(np.float32)), form.expected(_frames()))


def test_top_k_as_the_output(tmp_path: Path) -> None:
    top = helper.make_node("TopK", ["z", "k"], ["values", "y"], name="top", axis=1)
    form = Form(linear=[node("MatMul", ["d", "vq"], "z"), top], constants={"k": _ints(2)})
    path = form.write(tmp_path / "net.onnx", Style())
    proto = onnx.load(path)
    proto.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.INT64, [1, 2]))
    onnx.save(proto, path)
    sums = form.expected(_frames())
    wanted = np.argsort(-sums, axis=1, kind="stable")[:, :2]
    assert np.array_equal(compose(lower(path), _frames().astype(np.float32)), wanted)


def test_batch_norm_behind_an_unsqueeze(tmp_path: Path) -> None:
    """Older exporters write BatchNorm1d of vectors with an axis of size 1."""
    style = Style(changes={"one": np.ones(5), "mean": np.arange(5) / 8, "axis": _ints(2)})
    nodes = [
        style.quant("x", "s8", "eight", "a"), style.quant("w", "s", "four", "wq"),
        node("MatMul", ["a", "wq"], "b"), node("Unsqueeze", ["b", "axis"], "b3"),
        node("BatchNormalization", ["b3", "one", "mean", "mean", "one"], "n", epsilon=0.0),
        node("Squeeze", ["n", "axis"], "n2"), style.quant("n2", "s", "four", "c"),
        node("MatMul", ["c", "u"], "y"),
    ]  # fmt: skip
    w, u = np.random.default_rng(0).normal(0, 0.5, (7, 5)), np.eye(5)
    path = style.write(tmp_path / "net.onnx", nodes, {"w": w, "u": u}, [7], [5])
    x = np.random.default_rng(1).uniform(-1.5, 1.5, (9, 7)).astype(np.float32)
    wanted = quantized(quantized(x.astype(np.float64), 1 / 64, 8) @ quantized(w, 0.25, 4), 0.25, 4)
    assert np.array_equal(compose(lower(path), x), wanted)


@pytest.mark.parametrize("axis", [None, 0])
def test_weights_stored_as_integers_with_a_scale(axis: int | None, tmp_path: Path) -> None:
    """DequantizeLinear on weights alone, per tensor and per filter, and on a bias of 32 bits."""
    scale = np.full(FILTERS, 0.25, np.float32) if axis == 0 else np.float32(0.25)
    attributes = {} if axis is None else {"axis": axis}
    style = Style()
    form = Form(conv=("wd", "bd"), bias=True)
    path = form.write(tmp_path / "net.onnx", style)
    proto = onnx.load(path)
    zero = np.arange(FILTERS, dtype=np.int8) - 2 if axis == 0 else np.int8(5)
    stored = np.clip(np.round(W / 0.25), -8, 7).astype(np.int8)
    stored += zero.reshape(-1, *[1] * (W.ndim - 1)) if axis == 0 else zero
    bias = np.round(BIAS * 4096).astype(np.int32)
    values = {"wi": stored, "ws": scale, "wz": zero, "bi": bias, "bs": np.float32(1 / 4096)}
    for name, value in values.items():
        proto.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    for position, (inputs, output) in enumerate(((["wi", "ws", "wz"], "wd"), (["bi", "bs"], "bd"))):
        made = node("DequantizeLinear", inputs, output, **(attributes if output == "wd" else {}))
        proto.graph.node.insert(position, made)
    onnx.save(proto, path)
    answers = compose(lower(path), _frames().astype(np.float32))
    rounded = bias.astype(np.float64) / 4096
    w, v = quantized(W, 0.25, 4), quantized(V, 0.25, 4)
    taps = sliding_window_view(
        np.pad(quantized(_frames(), 1 / 64, 8), ((0, 0), (0, 0), (1, 1), (1, 1))), (3, 3), axis=(2, 3)
    )
    sums = np.einsum("nchwij,fcij->nfhw", taps, w) + rounded.reshape(1, -1, 1, 1)
    wanted = quantized(np.maximum(sums, 0), 0.25, 4, signed=False).reshape(len(answers), -1) @ v
    assert np.array_equal(answers, wanted)


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [("QLinearConv", "QOperator form.*QDQ form"), ("ConvInteger", "QOperator"), ("If", "control flow")],
)
def test_refused_forms(kind: str, pattern: str, tmp_path: Path) -> None:
    form = Form(border=[node(kind, ["q"], "a")])
    with pytest.raises(UnsupportedOperatorError, match=rf"(?s)a_{kind} \({kind}\) .*{pattern}"):
        lower(form.write(tmp_path / "net.onnx", Style()))


def test_training_mode_is_refused(tmp_path: Path) -> None:
    form = Form(border=[node("BatchNormalization", ["q", "e", "e", "e", "e"], "a", training_mode=1)])
    form.constants["e"] = np.ones(CHANNELS)
    with pytest.raises(UnsupportedOperatorError, match=r"a_BatchNormalization .*training mode.*eval\(\)"):
        lower(form.write(tmp_path / "net.onnx", Style(opset=15)))
