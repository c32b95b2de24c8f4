"""Published topologies at small width, in plain Brevitas, with its own scales (no powers of two)."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import brevitas.nn as qnn
import torch
from brevitas.quant import Int8WeightPerTensorFloat
from torch import Tensor, nn

C = 4
Network = tuple[Callable[[], nn.Module], tuple[int, ...]]


def relu(channels: int = 0, bits: int = 4) -> Any:
    """QuantReLU, with a scale per channel if the channels are given."""
    if not channels:
        return qnn.QuantReLU(bit_width=bits)
    return qnn.QuantReLU(
        bit_width=bits, scaling_per_output_channel=True,
        per_channel_broadcastable_shape=(1, channels, 1, 1), scaling_stats_permute_dims=(1, 0, 2, 3),
    )  # fmt: skip


def conv(c_in: int, c_out: int, size: int, *, bits: int = 4, **options: Any) -> list[nn.Module]:
    """Convolution without bias, weights with a scale per filter, and its normalization."""
    layer = qnn.QuantConv2d(
        c_in, c_out, size, padding=size // 2, bias=False, weight_bit_width=bits,
        weight_scaling_per_output_channel=True, **options,
    )  # fmt: skip
    return [layer, nn.BatchNorm2d(c_out)]


def linear(f_in: int, f_out: int, *, bits: int = 4, **options: Any) -> Any:
    """Linear layer."""
    return qnn.QuantLinear(
        f_in, f_out, bias=options.pop("bias", False), weight_bit_width=bits,
        weight_quant=Int8WeightPerTensorFloat, **options,
    )  # fmt: skip


def perceptron(*sizes: int, bits: int, signed_input: bool = True) -> nn.Module:
    """Layers with normalization and ReLU between them."""
    layers: list[nn.Module] = [qnn.QuantIdentity(bit_width=8, signed=signed_input), nn.Flatten()]
    for f_in, f_out in pairwise(sizes[:-1]):
        layers += [linear(f_in, f_out, bits=bits), nn.BatchNorm1d(f_out), relu(bits=bits)]
    return nn.Sequential(*layers, linear(*sizes[-2:], bits=bits))


class Block(nn.Module):
    """Residual block whose two branches meet in one quantizer."""

    def __init__(self, branch: list[nn.Module], shortcut: list[nn.Module]) -> None:
        super().__init__()
        self.branch, self.shortcut = nn.Sequential(*branch), nn.Sequential(*shortcut)
        self.shared, self.after = qnn.QuantIdentity(bit_width=4), relu()

    def forward(self, x: Tensor) -> Tensor:
        """Run the block on x."""
        result: Tensor = self.after(self.shared(self.branch(x)) + self.shared(self.shortcut(x)))
        return result


class Apart(nn.Module):
    """Residual block as a newcomer writes it: the branch has a quantizer of its own, the shortcut is x."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            *conv(channels, channels, 3), relu(), *conv(channels, channels, 3), qnn.QuantIdentity(bit_width=4)
        )
        self.after = relu()

    def forward(self, x: Tensor) -> Tensor:
        """Run the block on x."""
        result: Tensor = self.after(self.branch(x) + x)
        return result


def basic(c_in: int, c_out: int, stride: int) -> nn.Module:
    """ResNet-18's block."""
    branch = [*conv(c_in, c_out, 3, stride=stride), relu(), *conv(c_out, c_out, 3)]
    return Block(branch, conv(c_in, c_out, 1, stride=stride) if stride > 1 else [])


def bottleneck(c_in: int, c_out: int, stride: int) -> nn.Module:
    """ResNet-50's block."""
    mid = c_out // 2
    branch = [*conv(c_in, mid, 1), relu(), *conv(mid, mid, 3, stride=stride), relu(), *conv(mid, c_out, 1)]
    return Block(branch, conv(c_in, c_out, 1, stride=stride))


def separable(c_in: int, c_out: int, stride: int) -> list[nn.Module]:
    """MobileNet's block; its last activation has a scale per channel, for the next depthwise layer."""
    return [*conv(c_in, c_in, 3, stride=stride, groups=c_in), relu(), *conv(c_in, c_out, 1), relu(c_out)]


def vgg10_layers() -> list[nn.Module]:
    """RadioML's convolutions over time, each with a max-pool."""
    layers: list[nn.Module] = []
    for c_in in (2, C, C):
        layer = qnn.QuantConv1d(c_in, C, 3, padding=1, bias=False, weight_bit_width=4)
        layers += [layer, nn.BatchNorm1d(C), relu(), nn.MaxPool1d(2)]
    return layers


def signs() -> Any:
    """Quantizer of 1 bit, as in BNN-PYNQ."""
    from tests.compiler.frontend.networks import sign

    return sign()


def cnv_layers() -> list[nn.Module]:
    """Two pairs of BNN-PYNQ's 3x3 layers with 1-bit weights and maps, and their pool."""
    from tests.compiler.frontend.networks import binary_conv

    layers: list[nn.Module] = [qnn.QuantIdentity(bit_width=8, min_val=-1.0, max_val=1.0 - 2.0**-7)]
    for c_in, c_out in ((3, C), (C, C)):
        layers += [binary_conv(c_in, c_out, 3), nn.BatchNorm2d(c_out, eps=1e-4), signs()]
    return [*layers, nn.MaxPool2d(2), binary_conv(C, 2 * C, 3), nn.BatchNorm2d(2 * C, eps=1e-4), signs()]


TOPOLOGIES: dict[str, Network] = {
    "MobileNet-v1, 4 bits": (
        lambda: nn.Sequential(
            qnn.QuantIdentity(bit_width=8),
            *conv(3, C, 3, bits=8, stride=2),
            relu(C),
            *separable(C, 2 * C, 1),
            *separable(2 * C, 2 * C, 2)[:-1],
            relu(),
            nn.AvgPool2d(4),
            nn.Flatten(),
            linear(2 * C, 5),
        ),
        (1, 3, 16, 16),
    ),
    "RadioML VGG10": (
        lambda: nn.Sequential(
            qnn.QuantHardTanh(bit_width=8, min_val=-2.0, max_val=2.0),
            *vgg10_layers(),
            nn.Flatten(),
            linear(4 * C, 8),
            nn.BatchNorm1d(8),
            relu(),
            linear(8, 6, bias=True),
        ),
        (1, 2, 32),
    ),
    "ResNet-18, 4w4a": (
        lambda: nn.Sequential(
            qnn.QuantIdentity(bit_width=8),
            *conv(3, C, 3, bits=8),
            relu(),
            basic(C, C, 1),
            basic(C, 2 * C, 2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            linear(2 * C, 5),
        ),
        (1, 3, 8, 8),
    ),
    "ResNet-50, bottlenecks": (
        lambda: nn.Sequential(
            qnn.QuantIdentity(bit_width=8),
            *conv(3, C, 7, stride=2),
            relu(),
            nn.MaxPool2d(3, 2, 1),
            bottleneck(C, 2 * C, 1),
            bottleneck(2 * C, 2 * C, 2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            linear(2 * C, 5),
        ),
        (1, 3, 16, 16),
    ),
    "residual, as a newcomer writes it": (
        lambda: nn.Sequential(
            qnn.QuantIdentity(bit_width=8),
            *conv(3, C, 3),
            relu(),
            Apart(C),
            nn.MaxPool2d(2),
            Apart(C),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            linear(C, 5),
        ),
        (1, 3, 8, 8),
    ),
    "KWS MLP": (lambda: perceptron(40, 16, 16, 12, bits=3), (1, 1, 10, 4)),
    "UNSW-NB15 MLP": (lambda: perceptron(60, 16, 16, 2, bits=2), (1, 60)),
    "MLPerf Tiny ResNet": (
        lambda: nn.Sequential(
            qnn.QuantIdentity(bit_width=8),
            *conv(3, C, 3, bits=8),
            relu(bits=8),
            basic(C, C, 1),
            nn.AvgPool2d(8),
            nn.Flatten(),
            linear(C, 10, bits=8),
            nn.Softmax(1),
        ),
        (1, 3, 8, 8),
    ),
    "MLPerf Tiny auto-encoder": (lambda: perceptron(40, 16, 4, 16, 40, bits=8), (1, 40)),
    "GTSRB CNV": (
        lambda: nn.Sequential(*cnv_layers(), nn.MaxPool2d(2), nn.Flatten(), linear(8 * C, 43)),
        (1, 3, 16, 16),
    ),
}


def calibrated(make: Callable[[], nn.Module], shape: tuple[int, ...]) -> nn.Module:
    """Return a network whose statistics have seen some frames, as training would leave them."""
    torch.manual_seed(0)
    network = make().train()
    with torch.no_grad():
        for _ in range(8):
            network(torch.rand(8, *shape[1:]) * 2 - 1)
    return network.eval()
