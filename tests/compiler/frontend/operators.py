"""Networks of operators that strangers' networks have, tiny, by name."""

from collections.abc import Callable
from typing import Any

import brevitas.nn as qnn
import torch
from brevitas.core.restrict_val import RestrictValueType
from brevitas.core.scaling import ScalingImplType
from torch import Tensor, nn

from tests.compiler.frontend.networks import CONSTANT, Call, binary_conv, integers, sign

C = 4
Network = tuple[Callable[[], nn.Module], tuple[int, ...]]


def relu(bits: int = 4) -> nn.Module:
    """ReLU and an unsigned quantizer with a scale that is a power of two."""
    return nn.Sequential(nn.ReLU(), integers(bits, signed=False))


class ScalePerChannel(nn.Module):
    """Unsigned quantizer of 4 bits whose scale is another power of two in each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.quantizer = qnn.QuantIdentity(
            bit_width=4, signed=False, narrow_range=False, min_val=0.0, max_val=3.75,
            restrict_scaling_type=RestrictValueType.POWER_OF_TWO, scaling_per_output_channel=True,
            scaling_impl_type=ScalingImplType.PARAMETER,
            per_channel_broadcastable_shape=(1, channels, 1, 1), scaling_init=3.75,
            scaling_stats_permute_dims=(1, 0, 2, 3),
        )  # fmt: skip
        for name, parameter in self.named_parameters():
            parameter.data = parameter.data * 0 + torch.arange(channels).reshape(1, channels, 1, 1) % 3
            assert "scaling" in name

    def forward(self, x: Tensor) -> Tensor:
        """Run the quantizer on x."""
        result: Tensor = self.quantizer(x)
        return result


def conv(c_in: int, c_out: int, size: int | tuple[int, int], **options: Any) -> Any:
    """Convolution with 4-bit weights whose scale is a power of two."""
    return qnn.QuantConv2d(
        c_in, c_out, size, bias=False, weight_bit_width=4,
        weight_restrict_scaling_type=RestrictValueType.POWER_OF_TWO, **options,
    )  # fmt: skip


def linear(f_in: int, f_out: int) -> Any:
    """Linear layer with 4-bit weights whose scale is a power of two."""
    return qnn.QuantLinear(
        f_in, f_out, bias=False, weight_bit_width=4,
        weight_restrict_scaling_type=RestrictValueType.POWER_OF_TWO,
    )  # fmt: skip


def units(scale: float) -> Any:
    """Unsigned quantizer of 4 bits with a given scale."""
    return qnn.QuantIdentity(bit_width=4, signed=False, min_val=0.0, max_val=15 * scale, **CONSTANT)


def stem(*, channels: int = C, signed: bool = False) -> list[nn.Module]:
    """First layer, 3x3 without padding, to 4-bit integers."""
    last = integers(4) if signed else relu()
    return [integers(8, 1.0), conv(3, channels, 3), nn.BatchNorm2d(channels), last]


def sign_stem() -> list[nn.Module]:
    """First layer, 3x3 without padding, to -1/+1."""
    return [integers(8, 1.0), binary_conv(3, C, 3), nn.BatchNorm2d(C), sign()]


def head(features: int) -> list[nn.Module]:
    """Classifier of a map."""
    return [nn.Flatten(), linear(features, 5)]


class Skipping(nn.Module):
    """Stem, a branch with a shortcut around it, and what follows."""

    def __init__(self, branch: nn.Module, *after: nn.Module) -> None:
        super().__init__()
        self.stem, self.branch = nn.Sequential(*stem()), branch
        self.after = nn.Sequential(relu(), *after)

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        x = self.stem(x)
        result: Tensor = self.after(self.branch(x) + x)
        return result


POOLS: dict[str, Network] = {
    "max 3x3/2 padded": (
        lambda: nn.Sequential(*stem(), nn.MaxPool2d(3, 2, 1), *head(C * 16)),
        (1, 3, 10, 10),
    ),
    "max of signed, padded": (
        lambda: nn.Sequential(*stem(signed=True), nn.MaxPool2d(3, 2, 1), relu(), *head(C * 16)),
        (1, 3, 10, 10),
    ),
    "max of negatives, padded": (
        lambda: nn.Sequential(*stem(signed=True), nn.MaxPool2d(3, 2, 1), *head(C * 16)),
        (1, 3, 10, 10),
    ),
    "max 2x2 leaves a row": (
        lambda: nn.Sequential(*stem(), nn.MaxPool2d(2), *head(C * 9)),
        (1, 3, 9, 9),
    ),
    "max 2x2 leaves a column": (
        lambda: nn.Sequential(*stem(), nn.MaxPool2d(2), *head(C * 12)),
        (1, 3, 10, 9),
    ),
    "max with ceil": (
        lambda: nn.Sequential(*stem(), nn.MaxPool2d(3, 2, ceil_mode=True), *head(C * 16)),
        (1, 3, 10, 10),
    ),
    "max of signs, overlapping and padded": (
        lambda: nn.Sequential(
            *sign_stem(),
            nn.MaxPool2d((2, 3), 1, (1, 1)),
            binary_conv(C, C, 3),
            nn.BatchNorm2d(C),
            sign(),
            *head(C * 25),
        ),
        (1, 3, 8, 9),
    ),
    "max before the quantizer, dilated": (
        lambda: nn.Sequential(
            *stem(), conv(C, C, 1), nn.BatchNorm2d(C), nn.MaxPool2d(2, 1, dilation=2), relu(), *head(C * 16)
        ),
        (1, 3, 8, 8),
    ),
    "global max": (
        lambda: nn.Sequential(*stem(signed=True), nn.AdaptiveMaxPool2d(1), *head(C)),
        (1, 3, 7, 9),
    ),
    "average 3x3/2 padded": (
        lambda: nn.Sequential(*stem(), nn.AvgPool2d(3, 2, 1), relu(), *head(C * 16)),
        (1, 3, 10, 10),
    ),
    "average of signs, padded": (
        lambda: nn.Sequential(*sign_stem(), nn.AvgPool2d(2, 1, 1), integers(4), *head(C * 49)),
        (1, 3, 8, 8),
    ),
    "average, border not counted": (
        lambda: nn.Sequential(
            *stem(signed=True),
            nn.AvgPool2d(3, 1, 1, count_include_pad=False),
            nn.BatchNorm2d(C),
            integers(4),
            *head(C * 36),
        ),
        (1, 3, 8, 8),
    ),
    "average of signs, border not counted": (
        lambda: nn.Sequential(
            *sign_stem(),
            nn.AvgPool2d(3, 2, ceil_mode=True, count_include_pad=False),
            nn.BatchNorm2d(C),
            sign(),
            *head(C * 9),
        ),
        (1, 3, 8, 8),
    ),
    "average of rows": (
        lambda: nn.Sequential(*stem(), Call(lambda x: x.mean(2, keepdim=True)), relu(), *head(C * 7)),
        (1, 3, 8, 9),
    ),
    "average 2x2 leaves a row": (
        lambda: nn.Sequential(*stem(), nn.AvgPool2d(2, 3), relu(), *head(C * 4)),
        (1, 3, 8, 8),
    ),
    "global average, classifier": (
        lambda: nn.Sequential(*stem(), nn.AdaptiveAvgPool2d(1), *head(C)),
        (1, 3, 10, 10),
    ),
    "average, convolution": (
        lambda: nn.Sequential(
            *stem(), nn.AvgPool2d(2), conv(C, C, 3, padding=1), nn.BatchNorm2d(C), relu(), *head(C * 16)
        ),
        (1, 3, 10, 10),
    ),
}
GROUPS: dict[str, Network] = {
    "depthwise 3x3, pointwise": (
        lambda: nn.Sequential(
            *stem(),
            conv(C, C, 3, padding=1, groups=C),
            nn.BatchNorm2d(C),
            relu(),
            conv(C, 2 * C, 1),
            nn.BatchNorm2d(2 * C),
            relu(),
            *head(2 * C * 36),
        ),
        (1, 3, 8, 8),
    ),
    "depthwise of signs, strided": (
        lambda: nn.Sequential(
            *sign_stem(),
            binary_conv(C, C, (3, 2), groups=C, stride=2),
            nn.BatchNorm2d(C),
            sign(),
            *head(C * 6),
        ),
        (1, 3, 8, 9),
    ),
    "depthwise of a scale per channel": (
        lambda: nn.Sequential(
            *stem()[:-1],
            nn.ReLU(),
            ScalePerChannel(C),
            conv(C, C, 3, groups=C),
            nn.BatchNorm2d(C),
            relu(),
            *head(C * 16),
        ),
        (1, 3, 8, 8),
    ),
    "features of a map are the output": (
        lambda: nn.Sequential(*stem(), nn.Flatten()),
        (1, 3, 6, 7),
    ),
    "map with an offset": (
        lambda: nn.Sequential(
            *stem(), Call(lambda x: x + 1.5), conv(C, C, 3), nn.BatchNorm2d(C), relu(), *head(C * 16)
        ),
        (1, 3, 8, 8),
    ),
    "border of unequal sides": (
        lambda: nn.Sequential(*stem(), nn.ZeroPad2d((1, 2, 0, 3)), nn.MaxPool2d(2, 1), *head(C * 64)),
        (1, 3, 8, 8),
    ),
    "zeros around a map with an offset": (
        lambda: nn.Sequential(
            *stem(),
            Call(lambda x: x + 1.5),
            conv(C, C, 3, padding=1),
            nn.BatchNorm2d(C),
            relu(),
            *head(C * 36),
        ),
        (1, 3, 8, 8),
    ),
    "two groups": (
        lambda: nn.Sequential(
            *stem(), conv(C, 6, 3, padding=1, groups=2), nn.BatchNorm2d(6), relu(), *head(6 * 36)
        ),
        (1, 3, 8, 8),
    ),
    "groups of signs, two outputs a channel": (
        lambda: nn.Sequential(
            *sign_stem(),
            binary_conv(C, 2 * C, 3, groups=C),
            nn.BatchNorm2d(2 * C),
            sign(),
            *head(2 * C * 16),
        ),
        (1, 3, 8, 8),
    ),
}
SUMS: dict[str, Network] = {
    "add of two scales": (
        lambda: Skipping(
            nn.Sequential(conv(C, C, 3, padding=1), nn.BatchNorm2d(C), integers(5, 4.0)), *head(C * 36)
        ),
        (1, 3, 8, 8),
    ),
    "add of three halves": (
        lambda: Skipping(
            nn.Sequential(conv(C, C, 1), nn.BatchNorm2d(C), nn.ReLU(), units(0.375)), *head(C * 36)
        ),
        (1, 3, 8, 8),
    ),
    "add of a sign": (
        lambda: Skipping(nn.Sequential(conv(C, C, 1), nn.BatchNorm2d(C), sign()), *head(C * 36)),
        (1, 3, 8, 8),
    ),
}
