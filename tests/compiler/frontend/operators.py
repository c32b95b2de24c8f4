"""Networks of operators that strangers' networks have, tiny, by name."""

from collections.abc import Callable
from typing import Any

import brevitas.nn as qnn
from brevitas.core.restrict_val import RestrictValueType
from torch import nn

from tests.compiler.frontend.networks import binary_conv, integers, sign

C = 4
Network = tuple[Callable[[], nn.Module], tuple[int, ...]]


def relu(bits: int = 4) -> nn.Module:
    """ReLU and an unsigned quantizer with a scale that is a power of two."""
    return nn.Sequential(nn.ReLU(), integers(bits, signed=False))


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


def stem(*, channels: int = C, signed: bool = False) -> list[nn.Module]:
    """First layer, 3x3 without padding, to 4-bit integers."""
    last = integers(4) if signed else relu()
    return [integers(8, 1.0), conv(3, channels, 3), nn.BatchNorm2d(channels), last]


def head(features: int) -> list[nn.Module]:
    """Classifier of a map."""
    return [nn.Flatten(), linear(features, 5)]


POOLS: dict[str, Network] = {
    "max 3x3/2 padded": (
        lambda: nn.Sequential(*stem(), nn.MaxPool2d(3, 2, 1), *head(C * 16)),
        (1, 3, 10, 10),
    ),
    "max 2x2 leaves a row": (
        lambda: nn.Sequential(*stem(), nn.MaxPool2d(2), *head(C * 9)),
        (1, 3, 9, 9),
    ),
    "max with ceil": (
        lambda: nn.Sequential(*stem(), nn.MaxPool2d(3, 2, ceil_mode=True), *head(C * 16)),
        (1, 3, 10, 10),
    ),
    "max of signs, overlapping and padded": (
        lambda: nn.Sequential(
            integers(8, 1.0),
            binary_conv(3, C, 3),
            nn.BatchNorm2d(C),
            sign(),
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
        lambda: nn.Sequential(
            integers(8, 1.0),
            binary_conv(3, C, 3),
            nn.BatchNorm2d(C),
            sign(),
            nn.AvgPool2d(2, 1, 1),
            integers(4),
            *head(C * 49),
        ),
        (1, 3, 8, 8),
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
NETWORKS = {**POOLS}
