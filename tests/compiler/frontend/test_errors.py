"""Networks that cannot be lowered: the message names the thing, the rule and a way out."""

from collections.abc import Callable
from pathlib import Path

import brevitas.nn as qnn
import numpy as np
import onnx
import onnx.numpy_helper
import pytest
import torch
from onnx import helper
from torch import Tensor, nn

from rbonn_hw.compiler.frontend import lower
from rbonn_hw.errors import ModelError, NotMonotoneError, RbonnError, UnsupportedOperatorError
from tests.compiler.frontend.networks import Call, binary_conv, binary_linear, export, integers, sign
from tests.compiler.frontend.operators import ScalePerChannel
from tests.networks import QONNX, bipolar, save_network


class UnequalScales(nn.Module):
    """A residual sum of one scale and of scales that differ between channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(integers(8, 1.0), binary_conv(3, 4, 1), nn.BatchNorm2d(4), integers(4, 4.0))
        self.branch = nn.Sequential(sign(), binary_conv(4, 4, 1), ScalePerChannel(4))
        self.after = sign()

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        x = self.stem(x)
        result: Tensor = self.after(self.branch(x) + x)
        return result


class TwoQuantizers(nn.Module):
    """The network input is quantized in two ways."""

    def __init__(self) -> None:
        super().__init__()
        self.left = nn.Sequential(sign(), binary_conv(3, 4, 1))
        self.right = nn.Sequential(integers(4), binary_conv(3, 4, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        result: Tensor = self.left(x) + self.right(x)
        return result


class FlattenedSum(nn.Module):
    """The features of a flattened map, and others of the same number."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(integers(8, 1.0), binary_conv(3, 4, 1), nn.BatchNorm2d(4), integers(4))
        self.branch = nn.Sequential(sign(), binary_linear(64, 64), nn.BatchNorm1d(64), integers(4))
        self.after = sign()

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        x = torch.flatten(self.stem(x), 1)
        result: Tensor = self.after(self.branch(x) + x)
        return result


def _layer(*rest: nn.Module) -> nn.Module:
    return nn.Sequential(integers(8, 1.0), binary_conv(3, 4, 1), *rest)


def _steep() -> nn.Module:
    return _layer(nn.BatchNorm2d(4), Call(lambda x: torch.where(x > 0, x, -0.5 * x)), integers(4))


CASES: dict[str, tuple[Callable[[], nn.Module], type[RbonnError], str]] = {
    "float network": (
        lambda: nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU()),
        ModelError,
        r"/0/Conv works on floats.*QuantIdentity",
    ),
    "no layer at all": (lambda: nn.Sequential(nn.ReLU(), nn.Tanh()), ModelError, r"no quantized layer"),
    "unknown operator": (
        lambda: _layer(nn.InstanceNorm2d(4, affine=True), sign()),
        UnsupportedOperatorError,
        r"/2/InstanceNormalization: no kernel implements operator InstanceNormalization",
    ),
    "unequal scales": (
        UnequalScales,
        UnsupportedOperatorError,
        r"/Add \(Add\): scales 0\.0625 \.\. 0\.25 of .* and 0\.5 of .*one shared quantizer",
    ),
    "features of a map and others": (
        FlattenedSum,
        UnsupportedOperatorError,
        r"/Add \(Add\): the features of .* are those of a flattened map.* of .* are not; add before",
    ),
    "not monotone": (
        _steep,
        NotMonotoneError,
        r"/4/.*Quant, channel \d: .* rises after the integer -?\d+ .* slopes >= 0",
    ),
    "no quantizer between layers": (
        lambda: _layer(nn.BatchNorm2d(4), nn.ReLU(), binary_conv(4, 4, 1)),
        UnsupportedOperatorError,
        r"/4/Conv: its input .* is not quantized",
    ),
    "float weights before a quantizer": (
        lambda: _layer(nn.BatchNorm2d(4), sign(), nn.Conv2d(4, 4, 1), sign()),
        UnsupportedOperatorError,
        r"/4/Conv: its weights are floats",
    ),
    "wide activations": (
        lambda: _layer(nn.BatchNorm2d(4), qnn.QuantIdentity(bit_width=10)),
        UnsupportedOperatorError,
        r"\[10\.\] bits; activations take 1 to 8",
    ),
    "two input quantizers": (TwoQuantizers, ModelError, r"quantized in two places"),
    "padding off the grid": (
        lambda: nn.Sequential(integers(4), nn.ConstantPad2d(1, 1.0), binary_conv(3, 4, 3)),
        UnsupportedOperatorError,
        r"\(Pad\): value 1\.0",
    ),
    "padding of floats": (
        lambda: _layer(nn.BatchNorm2d(4), nn.ZeroPad2d(1), sign()),
        UnsupportedOperatorError,
        r"\(Pad\) pads floats",
    ),
    "average of floats": (
        lambda: _layer(nn.BatchNorm2d(4), nn.AvgPool2d(2), sign()),
        UnsupportedOperatorError,
        r"AveragePool.*quantizer directly before",
    ),
    "average of wide integers whose border does not count": (
        lambda: _layer(integers(8), nn.AvgPool2d(3, 1, 1, count_include_pad=False), integers(8)),
        UnsupportedOperatorError,
        r"levels behind an average of 3 different divisors need more than 255 thresholds; .*85 levels",
    ),
    "average whose border does not count": (
        lambda: _layer(integers(4), nn.AvgPool2d(3, 1, 1, count_include_pad=False), binary_conv(4, 4, 1)),
        UnsupportedOperatorError,
        r"\(AveragePool\): windows at the border .*quantizer directly behind.*count_include_pad=True",
    ),
    "average beyond the map": (
        lambda: _layer(integers(4), nn.AvgPool2d(3, 2, ceil_mode=True), sign()),
        UnsupportedOperatorError,
        r"\(AveragePool\): ceil_mode .*before opset 19.*count_include_pad=False",
    ),
    "pool over what falls": (
        lambda: _layer(Call(lambda x: 0.3 - x), nn.MaxPool2d(2), Call(lambda x: -x), sign()),
        UnsupportedOperatorError,
        r"MaxPool\): what precedes it and what follows it falls",
    ),
    "average over channels": (
        lambda: _layer(integers(4), Call(lambda x: x.mean(1, keepdim=True)), sign()),
        UnsupportedOperatorError,
        r"\(ReduceMean\) runs over axes \[1\]; only height and width",
    ),
    "product of two maps": (
        lambda: _layer(integers(4), Call(lambda x: x * torch.nn.functional.max_pool2d(x, 3, 1, 1)), sign()),
        UnsupportedOperatorError,
        r"\(Mul\) multiplies two integer tensors",
    ),
    "bilinear resize": (
        lambda: _layer(sign(), nn.Upsample(scale_factor=2, mode="bilinear"), binary_conv(4, 4, 3)),
        UnsupportedOperatorError,
        r"\(Resize\) from .* does not repeat pixels; use mode nearest",
    ),
    "gate": (
        lambda: _layer(integers(4), Call(lambda x: x * x.mean((2, 3), keepdim=True)), sign()),
        UnsupportedOperatorError,
        r"\(Mul\) ",
    ),
    "channel twice": (
        lambda: _layer(sign(), Call(lambda x: x[:, [0, 1, 1]]), binary_conv(3, 4, 1)),
        UnsupportedOperatorError,
        r"takes a channel twice",
    ),
    "permuted map": (
        lambda: _layer(sign(), Call(lambda x: x.permute(0, 1, 3, 2)), nn.Flatten(), binary_linear(64, 4)),
        UnsupportedOperatorError,
        r"\(Transpose\) turns",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_refused(name: str, tmp_path: Path) -> None:
    make, error, pattern = CASES[name]
    model = make()
    channels = next((layer.in_channels for layer in model.modules() if isinstance(layer, nn.Conv2d)), 3)
    path = export(model, (1, channels, 4, 4), tmp_path / "net.onnx")
    with pytest.raises(error, match=f"(?s){pattern}"):
        lower(path)


@pytest.mark.parametrize(("first", "second"), [("plain", "mixed"), ("mixed", "plain"), ("turned", "mixed")])
def test_a_sum_names_the_operand_of_another_order(first: str, second: str, tmp_path: Path) -> None:
    """The operand whose channels were shuffled, whichever it is."""
    gathers = [
        helper.make_node("Gather", ["plain", order], [name], axis=1, name=f"{name}_gather")
        for name, order in (("mixed", "mixing"), ("turned", "turning"))
        if name in (first, second)
    ]
    quantizers = [
        helper.make_node(
            "Quant", [source, "one", "zero", "four"], [target], name=f"{target}_quant", domain=QONNX,
            signed=1, narrow=0, rounding_mode="ROUND",
        )
        for source, target in (("x", "plain"), ("sum", "d"))
    ]  # fmt: skip
    nodes = [
        quantizers[0], *gathers,
        helper.make_node("Add", [first, second], ["sum"], name="join"), quantizers[1],
        bipolar("w", "wq"), helper.make_node("Conv", ["d", "wq"], ["y"], name="conv", kernel_shape=[1, 1]),
    ]  # fmt: skip
    orders = {"mixing": np.array([1, 0, 3, 2]), "turning": np.array([3, 2, 1, 0])}
    plain = {"one": 1.0, "zero": 0.0, "four": 4.0, "w": np.sign(np.arange(12).reshape(3, 4, 1, 1) % 3 - 0.5)}
    path = save_network(tmp_path / "n.onnx", nodes, plain, (1, 4, 3, 3), (1, 3, 3, 3))
    model = onnx.load(path)
    used = {name for node in gathers for name in node.input}
    model.graph.initializer.extend(
        onnx.numpy_helper.from_array(value, name) for name, value in orders.items() if name in used
    )
    onnx.save(model, path)
    named = "turned" if first == "turned" else "mixed"
    said = (
        rf"join \(Add\): the channels of {named}_gather_out0 were put into another order.*before the shuffle"
    )
    with pytest.raises(UnsupportedOperatorError, match=said):
        lower(path)
