"""rbonn_hw/compiler/input_table.py against the first quantizer in PyTorch."""

from pathlib import Path
from typing import Any

import brevitas.nn as qnn
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rbonn_hw.compiler.driver_side import frame_table
from rbonn_hw.compiler.frontend import Lowered, lower
from rbonn_hw.compiler.input_meaning import OPTION, DeclaredInput
from rbonn_hw.compiler.input_table import Order, few_levels, float_steps, pixel_table
from rbonn_hw.errors import UnsupportedOperatorError
from rbonn_hw.ref.pixels import network_input
from rbonn_hw.spec.input import InputMeaning
from tests.compiler.frontend.networks import CONSTANT, Call, binary_conv, binary_linear, export, integers

MEAN, STD = (0.49, 0.48), (0.25, 0.24)
NORMALIZED = {"scale": "1/255", "mean": MEAN, "std": STD}


def quantizer(bits: int, low: float, high: float) -> Any:
    return qnn.QuantIdentity(
        bit_width=bits, signed=low < 0, narrow_range=False, min_val=low, max_val=high, **CONSTANT
    )


def lowered(folder: Path, *first: Any, shape: tuple[int, ...] = (1, 2, 4, 3)) -> Lowered:
    """Lower a network that begins with ``first``."""
    behind = [binary_conv(2, 4, 3), nn.Flatten()] if len(shape) == 4 else [binary_linear(shape[1], 3)]
    return lower(export(nn.Sequential(*first, *behind), shape, folder / "net.onnx"))


def reference(first: nn.Module, scale: float, floats: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return PyTorch's integers of floats [1, c, n]."""
    with torch.no_grad():
        made: Tensor = first(torch.from_numpy(floats)[..., None])
    return np.rint(made.numpy()[0, :, :, 0] / scale).astype(np.int64)


def test_pixels_of_two_channels_through_normalization(tmp_path: Path) -> None:
    first = quantizer(6, -2.0, 2.0)
    head = lowered(tmp_path, first).head
    pixels = torch.arange(256).float().div(255).repeat(2, 1)
    pixels = pixels.sub(torch.tensor(MEAN)[:, None]).div(torch.tensor(STD)[:, None])
    scale = float(first.act_quant.scale())

    table = pixel_table(head, Order.of(head), InputMeaning.from_document(NORMALIZED))

    np.testing.assert_array_equal(table, reference(first, scale, pixels.numpy()[None]))
    assert len(np.unique(table[0])) > 50
    assert np.any(table[0] != table[1])


@pytest.mark.parametrize("layout", ["CHW", "HWC"])
def test_order_of_the_axes(layout: str, tmp_path: Path) -> None:
    head = lowered(tmp_path, integers(8, 128.0)).head
    order = Order.of(head)
    axes = order.axes(InputMeaning(layout=layout))
    assert axes == {"CHW": (1, 2, 0), "HWC": (0, 1, 2)}[layout]
    flat = lowered(tmp_path, nn.Flatten(), integers(8, 128.0), nn.Flatten(), shape=(1, 24)).head
    assert Order.of(flat).axes(InputMeaning()) == (0,)


class ChannelsLast(nn.Module):
    """Takes [n, h, w, c], as networks from other frameworks do."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        made: Tensor = self.body(x.permute(0, 3, 1, 2))
        return made


@pytest.mark.parametrize("layout", ["CHW", "HWC"])
def test_networks_that_take_their_channels_last(layout: str, tmp_path: Path) -> None:
    first = quantizer(6, -2.0, 2.0)
    body = nn.Sequential(first, binary_conv(2, 4, 3), nn.Flatten())
    head = lower(export(ChannelsLast(body), (1, 4, 3, 2), tmp_path / "net.onnx")).head
    meaning = InputMeaning.from_document({**NORMALIZED, "layout": layout})
    images = np.random.default_rng(0).integers(0, 256, (5, 4, 3, 2)).astype(np.uint8)
    floats = torch.from_numpy(images).float().div(255).sub(torch.tensor(MEAN)).div(torch.tensor(STD))
    scale = float(first.act_quant.scale())
    with torch.no_grad():
        expected = first(floats).div(scale).round().numpy()

    table = frame_table(head, DeclaredInput(meaning, OPTION))

    assert (table.shape, table.axes, table.channel_axis) == ((4, 3, 2), (0, 1, 2), 2)
    np.testing.assert_array_equal(table.integers(images), expected)
    np.testing.assert_array_equal(network_input(meaning, images, (4, 3, 2), 2), floats.numpy())


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_steps_of_floats_are_exact_to_the_last_bit(sign: float, tmp_path: Path) -> None:
    last = quantizer(4, -1.1, 1.1)
    first = nn.Sequential(Call(lambda x: x * (sign * 0.37)), last)
    scale = float(last.act_quant.scale())
    head = lowered(tmp_path, first).head
    order = Order.of(head)

    found = float_steps(head, order)

    assert found.falling.tolist() == [sign < 0] * 2
    x = np.random.default_rng(0).normal(scale=4, size=(2, 4000)).astype(np.float32)
    edges = found.steps * (-1 if sign < 0 else 1)
    near = [edges, np.nextafter(edges, np.float32(9)), np.nextafter(edges, np.float32(-9))]
    x = np.concatenate([x, *near], axis=1)
    x = x[:, np.isfinite(x).all(axis=0)]
    for channel in range(2):
        counted = np.searchsorted(found.steps[channel], x[channel] * sign, side="right")
        expected = reference(first, scale, x[None])[channel]
        np.testing.assert_array_equal(found.lowest[channel] + counted, expected)
    assert len(np.unique(expected)) == 16


class MeanImage(nn.Module):
    """Subtracts another value at each pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.arange(24.0).reshape(1, 2, 4, 3))

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        return x - self.mean


def test_heads_that_are_no_table(tmp_path: Path) -> None:
    head = lowered(tmp_path, MeanImage(), integers(8, 128.0)).head
    with pytest.raises(UnsupportedOperatorError, match="one mean per channel, not a mean image"):
        pixel_table(head, Order.of(head), InputMeaning())
    head = lowered(tmp_path, nn.MaxPool2d(1), integers(8, 128.0)).head
    with pytest.raises(UnsupportedOperatorError, match=r"\(MaxPool\) stands before the first quantizer"):
        Order.of(head)
    head = lowered(tmp_path, nn.Sigmoid(), integers(8, 1.0)).head
    with pytest.raises(UnsupportedOperatorError, match=r"\(Sigmoid\).*declare uint8 pixels"):
        float_steps(head, Order.of(head))


@pytest.mark.parametrize(
    ("table", "levels", "few"),
    [
        (np.arange(256), 256, False),
        (np.minimum(np.arange(256), 127), 256, False),
        (np.arange(256) // 64, 4, False),
        (np.arange(256) > 100, 2, False),
        (np.minimum(np.arange(256) * 255, 255), 256, True),
        (np.minimum(np.arange(256), 1), 2, True),
        (np.minimum(np.arange(256) * 3, 3), 4, True),
        (np.minimum(np.arange(256) * 51, 127), 256, True),
        (np.ones(256), 2, True),
        (np.arange(256) // 64, 256, True),
    ],
)
def test_pixels_that_use_too_little_of_the_quantizer(
    table: NDArray[np.int64], levels: int, few: bool
) -> None:
    assert bool(few_levels(table[None].astype(np.int64), levels)) == few
