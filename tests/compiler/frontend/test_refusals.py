"""What files hold that no network can: refused with the layer that holds it, and not called damage."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.compiler.frontend import lower
from rbonn_hw.errors import ModelError, UnsupportedOperatorError
from tests.compiler.frontend.files import FEATURES, GENERAL, HIDDEN, Style, node, perceptron


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
