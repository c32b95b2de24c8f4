"""One network as many tools write it: always the same answers, or a refusal that names the layer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from rbonn_hw.compiler.frontend import compose, lower
from rbonn_hw.errors import ModelError, UnsupportedOperatorError
from tests.compiler.frontend.files import (
    FEATURES,
    GENERAL,
    ROUNDINGS,
    Floats,
    Style,
    check,
    expected,
    frames,
    node,
    perceptron,
    quantized,
)

DOMAINS = ("onnx.brevitas", "finn.custom_op.general", GENERAL)


@pytest.mark.parametrize("imports", [True, False])
@pytest.mark.parametrize("kind", ["Quant", "IntQuant"])
@pytest.mark.parametrize("domain", DOMAINS)
def test_domains_with_and_without_import(domain: str, kind: str, imports: bool, tmp_path: Path) -> None:
    style = Style(domain=domain, kind=kind, imports=imports)
    check(lower(perceptron(tmp_path / "net.onnx", style)))


def _bipolar(style: Style) -> list[Any]:
    return [node("BipolarQuant", ["b", "s"], "c", domain=style.domain)]


def _trunc_of_four_bits(style: Style) -> list[Any]:
    """Eight bits in steps of 1/4 to four bits in steps of 4, downwards."""
    trunc = node(
        "Trunc", ["t", "s", "zero", "eight", "four"], "c", domain=style.domain, rounding_mode="FLOOR"
    )
    return [style.quant("b", "s", "eight", "t"), trunc]


def _trunc_with_a_scale(style: Style) -> list[Any]:
    inputs = ["t", "s", "zero", "eight", "coarse", "four"]
    trunc = node("Trunc", inputs, "c", domain=style.domain, rounding_mode="FLOOR", signed=1, narrow=0)
    return [style.quant("b", "s", "eight", "t"), trunc]


MIDDLES: dict[str, tuple[Callable[[Style], list[Any]], Callable[[Floats], Floats]]] = {
    "BipolarQuant": (_bipolar, lambda b: np.where(b >= 0, 0.25, -0.25)),
    # The older form keeps the scale of its input.
    "Trunc": (_trunc_of_four_bits, lambda b: np.floor(quantized(b, 0.25, 8) / 0.25 / 16) * 0.25),
    "Trunc of version 2": (
        _trunc_with_a_scale,
        lambda b: np.clip(np.floor(np.clip(np.round(b / 0.25), -128, 127) / 4), -8, 7),
    ),
}


@pytest.mark.parametrize("imports", [True, False])
@pytest.mark.parametrize("kind", MIDDLES)
@pytest.mark.parametrize("domain", DOMAINS)
def test_other_quantizers(domain: str, kind: str, imports: bool, tmp_path: Path) -> None:
    style = Style(domain=domain, imports=imports, changes={"coarse": 1.0})
    make, function = MIDDLES[kind]
    check(lower(perceptron(tmp_path / "net.onnx", style, make(style))), function)


@pytest.mark.parametrize("domain", DOMAINS)
def test_float_quantizer_is_refused(domain: str, tmp_path: Path) -> None:
    middle = [node("FloatQuant", ["b", "s", "four", "four", "zero", "zero"], "c", domain=domain)]
    with pytest.raises(UnsupportedOperatorError, match=r"c_FloatQuant .*floating-point"):
        lower(perceptron(tmp_path / "net.onnx", Style(domain=domain), middle))


@pytest.mark.parametrize("rounding", [*ROUNDINGS, "round", "Floor"])
def test_rounding_modes(rounding: str, tmp_path: Path) -> None:
    check(lower(perceptron(tmp_path / "net.onnx", Style(rounding=rounding))), rounding=rounding.upper())


@pytest.mark.parametrize("rounding", ["DPU", "STOCHASTIC", ""])
def test_unknown_rounding_mode_is_refused(rounding: str, tmp_path: Path) -> None:
    with pytest.raises(
        UnsupportedOperatorError, match=rf"a_Quant .*'{rounding}' is not defined; use .*HALF_UP"
    ):
        lower(perceptron(tmp_path / "net.onnx", Style(rounding=rounding)))


@pytest.mark.parametrize("opset", range(7, onnx.defs.onnx_opset_version() + 1))
def test_opsets(opset: int, tmp_path: Path) -> None:
    check(lower(perceptron(tmp_path / "net.onnx", Style(opset=opset))))


def test_opset_of_the_future_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"opset 99, the installed onnx knows up to \d+"):
        lower(perceptron(tmp_path / "net.onnx", Style(opset=99)))


@pytest.mark.parametrize("opset", [9, 10, 11, 13, 18])
def test_clip_with_attributes_and_with_inputs(opset: int, tmp_path: Path) -> None:
    style = Style(opset=opset, changes={"low": -0.5, "high": 1.0})
    clip = (
        node("Clip", ["b"], "k", min=-0.5, max=1.0) if opset < 11 else node("Clip", ["b", "low", "high"], "k")
    )
    lowered = lower(perceptron(tmp_path / "net.onnx", style, [clip, style.quant("k", "s", "four", "c")]))
    check(lowered, lambda b: quantized(np.clip(b, -0.5, 1.0), 0.25, 4))


@pytest.mark.parametrize(("low", "high"), [("", "high"), ("low", ""), ("low", "infinite"), ("none", "high")])
def test_clip_with_one_bound(low: str, high: str, tmp_path: Path) -> None:
    style = Style(changes={"low": -0.5, "high": 1.0, "infinite": np.inf, "none": -np.inf})
    clip = node("Clip", ["b", low, high] if high else ["b", low], "k")
    lowered = lower(perceptron(tmp_path / "net.onnx", style, [clip, style.quant("k", "s", "four", "c")]))
    bounds = (-0.5 if low == "low" else -np.inf, 1.0 if high == "high" else np.inf)
    check(lowered, lambda b: quantized(np.clip(b, *bounds), 0.25, 4))


def test_initializers_listed_as_inputs(tmp_path: Path) -> None:
    """IR version 3 wants them there."""
    check(lower(perceptron(tmp_path / "net.onnx", Style(listed=True, ir_version=3, opset=9))))


def test_ir_version_of_the_future(tmp_path: Path) -> None:
    check(lower(perceptron(tmp_path / "net.onnx", Style(ir_version=99))))


@pytest.mark.parametrize("batch", [4, "batch", "N"])
def test_batches(batch: int | str, tmp_path: Path) -> None:
    check(lower(perceptron(tmp_path / "net.onnx", Style(batch=batch))))


def _edited(tmp_path: Path, edit: Callable[[Any], None]) -> Path:
    path = perceptron(tmp_path / "net.onnx", Style())
    proto = onnx.load(path)
    edit(proto)
    onnx.save(proto, path)
    return path


def _constants_as_nodes(proto: Any) -> None:
    made = [
        helper.make_node("Constant", [], [tensor.name], value=tensor) for tensor in proto.graph.initializer
    ]
    number = helper.make_node("Constant", [], ["four"], value_float=4.0)
    made = [number if entry.output[0] == "four" else entry for entry in made]
    nodes = [*made, *proto.graph.node]
    del proto.graph.initializer[:], proto.graph.node[:]
    proto.graph.node.extend(nodes)


def _backwards(proto: Any) -> None:
    nodes = list(proto.graph.node)[::-1]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)


def _own_domain_first(proto: Any) -> None:
    imports = list(proto.opset_import)[::-1]
    del proto.opset_import[:]
    proto.opset_import.extend(imports)


def _nameless(proto: Any) -> None:
    for entry in proto.graph.node:
        entry.name = ""


def _one_name(proto: Any) -> None:
    for entry in proto.graph.node:
        entry.name = "layer"


def _names_of_qonnx(proto: Any) -> None:
    """Tensors that are called as QONNX would call others."""
    names = {"a": "tensor_3", "b": "tensor_0", "w": "tensor_1", "c": "a_Quant_out0", "x": "global_out"}
    for entry in proto.graph.node:
        for tensors in (entry.input, entry.output):
            new = [names.get(name, name) for name in tensors]
            del tensors[:]
            tensors.extend(new)
    for named in (*proto.graph.input, *proto.graph.initializer):
        named.name = names.get(named.name, named.name)


def _functions(proto: Any) -> None:
    """The ReLU as a function of the model, as torch's newer exporter writes modules."""
    opsets = [helper.make_opsetid("", 13)]
    function = helper.make_function(
        "local", "Activation", ["in"], ["out"], [helper.make_node("Relu", ["in"], ["out"])], opsets
    )
    proto.functions.append(function)
    proto.opset_import.append(helper.make_opsetid("local", 1))
    relu = next(entry for entry in proto.graph.node if entry.op_type == "Relu")
    relu.op_type, relu.domain = "Activation", "local"


def _passing_nodes(proto: Any) -> None:
    """Identity, Dropout and Cast around every tensor of the activation path."""
    nodes = []
    for entry in proto.graph.node:
        for position, name in enumerate(entry.input):
            if name in ("a", "b", "c", "w"):
                steps = [f"{name}_{entry.output[0]}_{step}" for step in range(3)]
                nodes += [
                    helper.make_node("Identity", [name], [steps[0]]),
                    helper.make_node("Dropout", [steps[0]], [steps[1], f"{steps[1]}_mask"]),
                    helper.make_node("Cast", [steps[1]], [steps[2]], to=TensorProto.FLOAT),
                ]
                entry.input[position] = steps[2]
        nodes.append(entry)
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)


@pytest.mark.parametrize(
    "edit",
    [
        _constants_as_nodes, _backwards, _own_domain_first, _nameless, _one_name, _names_of_qonnx, _functions,
        _passing_nodes,
    ],
)  # fmt: skip
def test_ways_of_writing(edit: Callable[[Any], None], tmp_path: Path) -> None:
    check(lower(_edited(tmp_path, edit)))


def test_integer_inputs_that_are_cast(tmp_path: Path) -> None:
    style = Style(input_type=TensorProto.UINT8)
    first = [node("Cast", ["x"], "f", to=TensorProto.FLOAT), style.quant("f", "s8", "eight", "a")]
    lowered = lower(perceptron(tmp_path / "net.onnx", style, first=first))
    pixels = np.random.default_rng(2).integers(0, 4, (5, FEATURES)).astype(np.float64)
    assert np.array_equal(compose(lowered, pixels.astype(np.float32)), expected(pixels))


def test_integer_inputs_that_are_dequantized(tmp_path: Path) -> None:
    style = Style(input_type=TensorProto.INT8)
    first = [node("DequantizeLinear", ["x", "s8", "minus"], "a")]
    path = perceptron(tmp_path / "net.onnx", style, first=first)
    proto = onnx.load(path)
    proto.graph.initializer.append(numpy_helper.from_array(np.int8(-3), "minus"))
    onnx.save(proto, path)
    integers = np.random.default_rng(2).integers(-120, 120, (5, FEATURES)).astype(np.float64)
    assert np.array_equal(compose(lower(path), integers.astype(np.float32)), expected((integers + 3) / 64))


@pytest.mark.parametrize("kind", [TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.STRING])
def test_inputs_of_other_types_are_refused(kind: int, tmp_path: Path) -> None:
    def retype(proto: Any) -> None:
        proto.graph.input[0].type.tensor_type.elem_type = kind

    with pytest.raises(ModelError, match=rf"input x is of type {TensorProto.DataType.Name(kind)}.*float32"):
        lower(_edited(tmp_path, retype))


@pytest.mark.parametrize(
    ("make", "function"),
    [
        (
            lambda s: [node("Add", ["b", "b"], "t"), s.quant("t", "s", "four", "c")],
            lambda b: quantized(2 * b, 0.25, 4),
        ),
        (
            lambda s: [s.quant("b", "s", "four", "t"), node("Add", ["t", "t"], "c")],
            lambda b: 2 * quantized(b, 0.25, 4),
        ),
        (lambda s: [node("Sub", ["b", "b"], "t"), s.quant("t", "s", "four", "c")], lambda b: 0 * b),
        (
            lambda s: [
                node("Relu", ["b"], "r"), node("Mul", ["r", "r"], "t"), s.quant("t", "s", "four", "c"),
            ],
            lambda b: quantized(np.maximum(b, 0) ** 2, 0.25, 4),
        ),
    ],
    ids=["sum of a sum", "sum of integers", "difference", "square"],
)  # fmt: skip
def test_one_tensor_on_both_inputs(
    make: Callable[[Style], list[Any]], function: Callable[[Floats], Floats], tmp_path: Path
) -> None:
    lowered = lower(perceptron(tmp_path / "net.onnx", Style(), make(Style())))
    drawn = frames()
    assert np.array_equal(compose(lowered, drawn.astype(np.float32)), expected(drawn, function))


def test_weights_in_another_file(tmp_path: Path) -> None:
    path = perceptron(tmp_path / "net.onnx", Style())
    proto = onnx.load(path)
    onnx.save(proto, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    check(lower(path))
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(ModelError, match=r"net\.onnx keeps its weights in another file.*weights\.bin"):
        lower(path)
