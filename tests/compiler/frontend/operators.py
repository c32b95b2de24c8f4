"""Networks of operators that strangers' networks have, tiny, by name."""

from collections.abc import Callable
from typing import Any

import brevitas.nn as qnn
import torch
from brevitas.core.restrict_val import RestrictValueType
from brevitas.core.scaling import ScalingImplType
from torch import Tensor, nn

from tests.compiler.frontend.networks import CONSTANT, binary_conv, integers, sign

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
            integers(8, 1.0),
            binary_conv(3, C, 3),
            nn.BatchNorm2d(C),
            sign(),
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
    "two groups": (
        lambda: nn.Sequential(
            *stem(), conv(C, 6, 3, padding=1, groups=2), nn.BatchNorm2d(6), relu(), *head(6 * 36)
        ),
        (1, 3, 8, 8),
    ),
    "groups of signs, two outputs a channel": (
        lambda: nn.Sequential(
            integers(8, 1.0),
            binary_conv(3, C, 3),
            nn.BatchNorm2d(C),
            sign(),
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


class ChannelsLast(nn.Module):
    """Layers of a tool whose maps have their channels last, with a Transpose around each."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = conv(3, C, 3), conv(C, C, 3, padding=1)
        self.quantizer, self.norm, self.after = (
            integers(8, 1.0),
            nn.BatchNorm2d(C),
            nn.ModuleList([relu(), relu()]),
        )
        self.bias = nn.Parameter(torch.linspace(-1.0, 1.0, C))
        self.classify = linear(C * 36, 5)

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x [1, h, w, c]."""
        x = self.quantizer(x).permute(0, 3, 1, 2)
        x = self.first(x).permute(0, 2, 3, 1) + self.bias
        x = self.second(self.after[0](x).permute(0, 3, 1, 2))
        x = self.after[1](self.norm(x).permute(0, 2, 3, 1))
        result: Tensor = self.classify(torch.flatten(x, 1))
        return result


class Shuffled(nn.Module):
    """Grouped convolutions with a channel shuffle between them."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(*stem(channels=6))
        self.mid = nn.Sequential(conv(6, 6, 1, groups=3), nn.BatchNorm2d(6), relu())
        self.after = nn.Sequential(conv(6, 6, 3, groups=6), nn.BatchNorm2d(6), relu(), *head(6 * 16))

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        x = self.mid(self.stem(x))
        x = x.view(1, 3, 2, 6, 6).transpose(1, 2).reshape(1, 6, 6, 6)
        result: Tensor = self.after(x)
        return result


class Joined(nn.Module):
    """A branch, and beside it what it starts from."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        return torch.cat([x, self.branch(x)], dim=1)


def one_dimensional(c_in: int, c_out: int, **options: Any) -> list[nn.Module]:
    """Conv1d, BatchNorm1d and ReLU, as in RadioML's VGG10."""
    layer = qnn.QuantConv1d(
        c_in, c_out, 3, bias=False, weight_bit_width=4,
        weight_restrict_scaling_type=RestrictValueType.POWER_OF_TWO, **options,
    )  # fmt: skip
    return [layer, nn.BatchNorm1d(c_out), relu()]


class Branching(nn.Module):
    """Two parts of the channels, one of them convolved, joined again; then another join, and a split."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(*stem(channels=6))
        self.left = nn.Sequential(conv(4, 2, 3, padding=1), nn.BatchNorm2d(2), relu())
        self.right = nn.Sequential(conv(8, C, 1), nn.BatchNorm2d(C), units(0.5))
        self.after = nn.Sequential(conv(C, C, 3), nn.BatchNorm2d(C), relu(), *head(C * 16))

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        x = self.stem(x)
        a, b = torch.split(x, [2, 4], dim=1)
        x = torch.cat([a, self.left(b), b], dim=1)
        y = torch.cat([self.right(x), x[:, 2:6]], dim=1)
        result: Tensor = self.after(y[:, ::2])
        return result


class ShuffledHalves(nn.Module):
    """ShuffleNet's second block: one half is convolved, both are joined, shuffled, split again."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(*stem(channels=8))
        self.blocks = nn.ModuleList(
            nn.Sequential(
                conv(4, 4, 3, padding=1, groups=4),
                nn.BatchNorm2d(4),
                relu(),
                conv(4, 4, 1),
                nn.BatchNorm2d(4),
                relu(),
            )
            for _ in range(2)
        )
        self.after = nn.Sequential(conv(8, C, 1), nn.BatchNorm2d(C), relu(), *head(C * 36))

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        x = self.stem(x)
        for block in self.blocks:
            kept, seen = x.chunk(2, dim=1)
            x = torch.cat([kept, block(seen)], dim=1)
            x = x.view(1, 2, 4, 6, 6).transpose(1, 2).reshape(1, 8, 6, 6)
        result: Tensor = self.after(x)
        return result


CHANNELS: dict[str, Network] = {
    "split and concat": (Branching, (1, 3, 8, 8)),
    "halves joined and shuffled": (ShuffledHalves, (1, 3, 8, 8)),
    "concat of signs": (
        lambda: nn.Sequential(
            integers(8, 1.0),
            binary_conv(3, C, 3),
            nn.BatchNorm2d(C),
            sign(),
            Joined(nn.Sequential(binary_conv(C, C, 1), nn.BatchNorm2d(C), sign())),
            binary_conv(2 * C, C, 3),
            nn.BatchNorm2d(C),
            sign(),
            *head(C * 16),
        ),
        (1, 3, 8, 8),
    ),
}


LAYOUTS: dict[str, Network] = {
    "channels last": (ChannelsLast, (1, 8, 8, 3)),
    "channel shuffle": (Shuffled, (1, 3, 8, 8)),
    "one dimension": (
        lambda: nn.Sequential(
            integers(8, 1.0),
            *one_dimensional(2, C, padding=1),
            nn.MaxPool1d(2),
            *one_dimensional(C, C, padding=1, stride=2),
            nn.AvgPool1d(2),
            relu(),
            *head(C * 4),
        ),
        (1, 2, 32),
    ),
}
NETWORKS = {**POOLS, **GROUPS, **SUMS, **LAYOUTS, **CHANNELS}
