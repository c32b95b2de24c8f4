"""Networks that move values about: layouts, one dimension, resizes, channels; and those of operators.py."""

from typing import Any

import brevitas.nn as qnn
import torch
from brevitas.core.restrict_val import RestrictValueType
from torch import Tensor, nn

from tests.compiler.frontend.networks import binary_conv, integers, sign
from tests.compiler.frontend.operators import (
    GROUPS,
    POOLS,
    SUMS,
    C,
    Network,
    conv,
    head,
    linear,
    relu,
    sign_stem,
    stem,
    units,
)


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


RESIZES: dict[str, Network] = {
    "nearest neighbours": (
        lambda: nn.Sequential(
            *stem(),
            nn.Upsample(scale_factor=(2, 3)),
            conv(C, C, 3),
            nn.BatchNorm2d(C),
            relu(),
            *head(C * 128),
        ),
        (1, 3, 7, 8),
    ),
}

CHANNELS: dict[str, Network] = {
    "split and concat": (Branching, (1, 3, 8, 8)),
    "halves joined and shuffled": (ShuffledHalves, (1, 3, 8, 8)),
    "concat of signs": (
        lambda: nn.Sequential(
            *sign_stem(),
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
NETWORKS = {**POOLS, **GROUPS, **SUMS, **LAYOUTS, **RESIZES, **CHANNELS}
EACH_KERNEL = (
    "max of negatives, padded",
    "average of signs, padded",
    "average, border not counted",
    "depthwise of signs, strided",
    "add of three halves",
    "split and concat",
    "nearest neighbours",
)
"""One of each kernel or mode of one; the published topologies have the others."""
