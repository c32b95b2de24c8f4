"""One network as many tools write it: always the same answers, or a refusal that names the layer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from rbonn_hw.compiler.frontend import Lowered, compose, lower
from rbonn_hw.errors import ModelError, UnsupportedOperatorError
from tests.compiler.frontend.files import (
    FEATURES,
    GENERAL,
    HIDDEN,
    ROUNDINGS,
    Floats,
    Style,
    expected,
    node,
    perceptron,
    quantized,
)

DOMAINS = ("onnx.brevitas", "finn.custom_op.general", GENERAL)


def _frames(count: int = 10, *, low: float = -2.2, high: float = 2.2) -> Floats:
    return (
        np.random.default_rng(1).uniform(low, high, (count, FEATURES)).astype(np.float32).astype(np.float64)
    )


def _check(
    lowered: Lowered, middle: Callable[[Floats], Floats] | None = None, *, rounding: str = "ROUND"
) -> None:
    frames = _frames()
    answers = compose(lowered, frames.astype(np.float32))
    assert np.array_equal(answers, expected(frames, middle, rounding=rounding))
    assert np.any(answers != answers[0])


@pytest.mark.parametrize("imports", [True, False])
@pytest.mark.parametrize("kind", ["Quant", "IntQuant"])
@pytest.mark.parametrize("domain", DOMAINS)
def test_domains_with_and_without_import(domain: str, kind: str, imports: bool, tmp_path: Path) -> None:
    style = Style(domain=domain, kind=kind, imports=imports)
    _check(lower(perceptron(tmp_path / "net.onnx", style)))


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
    _check(lower(perceptron(tmp_path / "net.onnx", style, make(style))), function)


@pytest.mark.parametrize("domain", DOMAINS)
def test_float_quantizer_is_refused(domain: str, tmp_path: Path) -> None:
    middle = [node("FloatQuant", ["b", "s", "four", "four", "zero", "zero"], "c", domain=domain)]
    with pytest.raises(UnsupportedOperatorError, match=r"c_FloatQuant .*floating-point"):
        lower(perceptron(tmp_path / "net.onnx", Style(domain=domain), middle))


@pytest.mark.parametrize("rounding", [*ROUNDINGS, "round", "Floor"])
def test_rounding_modes(rounding: str, tmp_path: Path) -> None:
    _check(lower(perceptron(tmp_path / "net.onnx", Style(rounding=rounding))), rounding=rounding.upper())


@pytest.mark.parametrize("rounding", ["DPU", "STOCHASTIC", ""])
def test_unknown_rounding_mode_is_refused(rounding: str, tmp_path: Path) -> None:
    with pytest.raises(
        UnsupportedOperatorError, match=rf"a_Quant .*'{rounding}' is not defined; use .*HALF_UP"
    ):
        lower(perceptron(tmp_path / "net.onnx", Style(rounding=rounding)))


@pytest.mark.parametrize("opset", range(7, onnx.defs.onnx_opset_version() + 1))
def test_opsets(opset: int, tmp_path: Path) -> None:
    _check(lower(perceptron(tmp_path / "net.onnx", Style(opset=opset))))


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
    _check(lowered, lambda b: quantized(np.clip(b, -0.5, 1.0), 0.25, 4))


@pytest.mark.parametrize(("low", "high"), [("", "high"), ("low", ""), ("low", "infinite"), ("none", "high")])
def test_clip_with_one_bound(low: str, high: str, tmp_path: Path) -> None:
    style = Style(changes={"low": -0.5, "high": 1.0, "infinite": np.inf, "none": -np.inf})
    clip = node("Clip", ["b", low, high] if high else ["b", low], "k")
    lowered = lower(perceptron(tmp_path / "net.onnx", style, [clip, style.quant("k", "s", "four", "c")]))
    bounds = (-0.5 if low == "low" else -np.inf, 1.0 if high == "high" else np.inf)
    _check(lowered, lambda b: quantized(np.clip(b, *bounds), 0.25, 4))


def test_initializers_listed_as_inputs(tmp_path: Path) -> None:
    """IR version 3 wants them there."""
    _check(lower(perceptron(tmp_path / "net.onnx", Style(listed=True, ir_version=3, opset=9))))


def test_ir_version_of_the_future(tmp_path: Path) -> None:
    _check(lower(perceptron(tmp_path / "net.onnx", Style(ir_version=99))))


@pytest.mark.parametrize("batch", [4, "batch", "N"])
def test_batches(batch: int | str, tmp_path: Path) -> None:
    _check(lower(perceptron(tmp_path / "net.onnx", Style(batch=batch))))


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
    _check(lower(_edited(tmp_path, edit)))


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
    frames = _frames()
    assert np.array_equal(compose(lowered, frames.astype(np.float32)), expected(frames, function))


@pytest.mark.parametrize("kind", ["Quant", "BipolarQuant", "Relu behind Quant"])
def test_a_quantizer_alone_is_no_network(kind: str, tmp_path: Path) -> None:
    style = Style()
    nodes = [style.quant("x", "s", "four", "y")]
    if kind == "BipolarQuant":
        nodes = [node("BipolarQuant", ["x", "s"], "y", domain=GENERAL)]
    elif kind != "Quant":
        nodes = [style.quant("x", "s", "four", "a"), node("Relu", ["a"], "y")]
    with pytest.raises(ModelError, match=r"nothing is left for the accelerator .*at least one layer"):
        lower(style.write(tmp_path / "net.onnx", nodes, {}, [4], [4]))


BATCH_NORM = node("BatchNormalization", ["b", "gamma", "beta", "mean", "variance"], "n")
PARAMETERS = {
    "w": ("wq_Quant", (FEATURES, HIDDEN)), "s": ("wq_Quant", ()), "zero": ("a_Quant", ()),
    "four": ("wq_Quant", ()), "gamma": ("n_BatchNormalization", (HIDDEN,)),
    "beta": ("n_BatchNormalization", (HIDDEN,)), "mean": ("n_BatchNormalization", (HIDDEN,)),
    "variance": ("n_BatchNormalization", (HIDDEN,)),
}  # fmt: skip


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_that_is_no_number_is_named(name: str, bad: float, tmp_path: Path) -> None:
    style = Style(changes={key: np.ones(HIDDEN) for key in ("gamma", "beta", "mean", "variance")})
    layer, shape = PARAMETERS[name]
    values = np.ones(shape)
    values.reshape(-1)[-1] = bad
    style.changes[name] = values
    middle = [BATCH_NORM, style.quant("n", "s", "four", "c")]
    what = "NaN" if np.isnan(bad) else bad
    with pytest.raises(ModelError, match=rf"{layer} .*parameter {name} holds {what} in 1 of"):
        lower(perceptron(tmp_path / "net.onnx", style, middle))


def test_what_makes_nan_of_good_parameters_is_named(tmp_path: Path) -> None:
    style = Style(changes={key: np.ones(HIDDEN) for key in ("gamma", "beta", "mean")})
    style.changes["variance"] = -np.ones(HIDDEN)
    with pytest.raises(ModelError, match=r"n_BatchNormalization .*variance variance is negative"):
        lower(perceptron(tmp_path / "a.onnx", style, [BATCH_NORM, style.quant("n", "s", "four", "c")]))
    with pytest.raises(UnsupportedOperatorError, match=r"c_Quant: what comes before it is NaN"):
        lower(
            perceptron(
                tmp_path / "b.onnx", style, [node("Log", ["b"], "l"), style.quant("l", "s", "four", "c")]
            )
        )
    style = Style(changes={"nought": 0.0})
    with pytest.raises(UnsupportedOperatorError, match=r"c_Quant .*its scale is 0"):
        lower(perceptron(tmp_path / "c.onnx", style, [style.quant("b", "nought", "four", "c")]))


@pytest.mark.parametrize(
    ("domain", "kind", "pattern"),
    [
        ("", "NoSuchThing", "ONNX of opset 13 has no operator NoSuchThing"),
        ("com.microsoft", "QLinearAdd", "domain com.microsoft"),
        ("finn.custom_op.fpgadataflow", "MVAU_rtl", r"domain finn\.custom_op\.fpgadataflow"),
    ],
)
def test_unknown_operators_are_named_and_not_called_damage(
    domain: str, kind: str, pattern: str, tmp_path: Path
) -> None:
    style = Style()
    middle = [node(kind, ["b"], "u", domain=domain), style.quant("u", "s", "four", "c")]
    with pytest.raises(UnsupportedOperatorError, match=rf"u_{kind} .*{pattern}"):
        lower(perceptron(tmp_path / "net.onnx", style, middle))


def test_types_that_do_not_fit_together_are_found(tmp_path: Path) -> None:
    style = Style(changes={"integers": np.ones((FEATURES, 3), np.int64)})
    nodes = [style.quant("x", "s", "four", "a"), node("MatMul", ["a", "integers"], "y")]
    with pytest.raises(ModelError, match=r"cannot be executed by QONNX: .*y_MatMul"):
        lower(style.write(tmp_path / "net.onnx", nodes, {}, [FEATURES], [3]))


def test_weights_in_another_file(tmp_path: Path) -> None:
    path = perceptron(tmp_path / "net.onnx", Style())
    proto = onnx.load(path)
    onnx.save(proto, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    _check(lower(path))
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(ModelError, match=r"net\.onnx keeps its weights in another file.*weights\.bin"):
        lower(path)


@pytest.mark.parametrize("scale", [0.5, 1e6])
@pytest.mark.parametrize("zero_point", [0, 1, -2, 5])
@pytest.mark.parametrize("narrow", [0, 1])
@pytest.mark.parametrize("place", ["input", "between"])
def test_one_bit_with_a_zero_point(
    place: str, narrow: int, zero_point: int, scale: float, tmp_path: Path
) -> None:
    """Its values are -1 and +1, less the zero point, times the scale."""
    style = Style(changes={"shift": float(zero_point), "one": 1.0, "t": scale})

    def one_bit(x: str, y: str) -> Any:
        return node("Quant", [x, "t", "shift", "one"], y, domain=GENERAL,
                    signed=1, narrow=narrow, rounding_mode="ROUND")  # fmt: skip

    def by_hand(x: Floats) -> Floats:
        return (np.where(x / scale + zero_point >= 0, 1.0, -1.0) - zero_point) * scale

    rng = np.random.default_rng(3)
    w, v = (rng.choice([-1.0, 1.0], shape) for shape in ((FEATURES, HIDDEN), (HIDDEN, 3)))
    frames = rng.integers(-9, 9, (12, FEATURES)).astype(np.float64)
    if place == "input":
        nodes = [one_bit("x", "a"), node("MatMul", ["a", "w"], "y")]
        wanted = by_hand(frames) @ w
    else:
        nodes = [
            style.quant("x", "one", "eight", "a"), node("MatMul", ["a", "w"], "b"), one_bit("b", "c"),
            node("MatMul", ["c", "v"], "y"),
        ]  # fmt: skip
        wanted = by_hand(frames @ w) @ v
    path = style.write(tmp_path / "net.onnx", nodes, {"w": w, "v": v}, [FEATURES], [wanted.shape[1]])
    assert np.array_equal(compose(lower(path), frames.astype(np.float32)), wanted)


@pytest.mark.parametrize("zero_point", [1, -1])
def test_one_bit_with_a_zero_point_may_be_padded(zero_point: int, tmp_path: Path) -> None:
    style = Style(changes={"shift": float(zero_point), "one": 1.0, "t": 0.5})
    quantizer = node("Quant", ["x", "t", "shift", "one"], "a", domain=GENERAL,
                     signed=1, narrow=1, rounding_mode="ROUND")  # fmt: skip
    conv = node("Conv", ["a", "w"], "y", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    w = np.random.default_rng(0).choice([-1.0, 1.0], (2, 1, 3, 3))
    path = style.write(tmp_path / "net.onnx", [quantizer, conv], {"w": w}, [1, 4, 4], [2, 4, 4])
    x = np.random.default_rng(1).integers(-2, 3, (1, 1, 4, 4)).astype(np.float64)
    signs = (np.where(x / 0.5 + zero_point >= 0, 1.0, -1.0) - zero_point) * 0.5
    bordered = np.pad(signs[0, 0], 1)
    wanted = [
        [[(bordered[i : i + 3, j : j + 3] * kernel[0]).sum() for j in range(4)] for i in range(4)]
        for kernel in w
    ]
    assert np.array_equal(compose(lower(path), x.astype(np.float32))[0], wanted)
