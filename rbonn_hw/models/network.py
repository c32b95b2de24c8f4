"""From a :class:`~rbonn_hw.models.table.Table` to a PyTorch network of Brevitas modules."""

import copy
import math

import brevitas.nn as qnn
import torch
from torch import Tensor, nn
from torch.nn import functional

from rbonn_hw.datatypes import IntType
from rbonn_hw.models.layers import BiasedPReLU, BinaryConv, Norm, SignedConv
from rbonn_hw.models.table import Classifier, MaxPool, Residual, Row, Stem, SumPool, Table, Widen
from rbonn_hw.quant.integer import grid
from rbonn_hw.quant.sign import SignWeight

GAIN = 2.0
"""Standard deviation of a branch before its INT4 grid [steps]: +-3.5 deviations fit."""


class StemBlock(nn.Sequential):
    """See :class:`~rbonn_hw.models.table.Stem`."""

    def __init__(self, row: Stem, in_channels: int, dtype: IntType) -> None:
        super().__init__(
            grid(IntType(8, signed=False)),
            BinaryConv(in_channels, row.channels, row.kernel, stride=row.stride, padding=row.kernel // 2),
            Norm(row.channels, GAIN),
            grid(dtype),
        )


class WidenBlock(nn.Sequential):
    """See :class:`~rbonn_hw.models.table.Widen`."""

    def __init__(self, row: Widen, in_channels: int, dtype: IntType) -> None:
        super().__init__(
            SignedConv(in_channels, row.channels, row.kernel, row.stride),
            Norm(row.channels, GAIN),
            BiasedPReLU(row.channels),
            grid(dtype),
        )


class ResidualBlock(nn.Module):
    """See :class:`~rbonn_hw.models.table.Residual`."""

    def __init__(self, row: Residual, channels: int, dtype: IntType) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            SignedConv(channels, channels, row.kernel), Norm(channels, GAIN), grid(dtype)
        )
        self.act = BiasedPReLU(channels)
        self.grid = grid(dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Return [n, C, H, W] for [n, C, H, W]."""
        out: Tensor = self.grid(self.act(x + self.branch(x)))
        return out


class WindowSum(nn.Module):
    """See :class:`~rbonn_hw.models.table.SumPool`."""

    def __init__(self, row: SumPool) -> None:
        super().__init__()
        self.size = row.size

    def forward(self, x: Tensor) -> Tensor:
        """Return [n, C * H/size * W/size] for [n, C, H, W]."""
        sums = functional.avg_pool2d(x, self.size) * float(self.size**2)
        return sums.flatten(1)


class Network(nn.Module):
    """A network built from its table.

    Args:
        table: The rows.
    """

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table
        ins = (table.frame, *table.shapes()[:-1])
        self.layers = nn.Sequential(
            *(_module(row, shape, table.dtype) for row, shape in zip(table.rows, ins, strict=True))
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return integer scores [n, classes] for pixels 0 .. 255 as float [n, C, H, W]."""
        out: Tensor = self.layers(x)
        return out

    def constrain(self) -> None:
        """Bring parameters back into their range; call after every optimizer step."""
        for module in self.modules():
            if isinstance(module, BiasedPReLU):
                module.constrain()

    def binary_pairs(self) -> list[tuple[nn.Parameter, nn.Parameter]]:
        """Return (latent weight [C_out, C_in, K, K], alpha [C_out, 1, 1]) of each binary convolution."""
        return [(m.conv.weight, m.alpha) for m in self.modules() if isinstance(m, BinaryConv)]

    def deployed(self) -> "Network":
        """Return a copy in evaluation mode with each BatchNorm replaced by what it computes, bit for bit."""
        twin = copy.deepcopy(self).eval()
        for parent in twin.modules():
            for name, child in parent.named_children():
                if isinstance(child, Norm):
                    setattr(parent, name, child.folded())
        return twin


def _module(row: Row, in_shape: tuple[int, int, int], dtype: IntType) -> nn.Module:
    in_channels = in_shape[0]
    match row:
        case Stem():
            return StemBlock(row, in_channels, dtype)
        case Residual():
            return ResidualBlock(row, in_channels, dtype)
        case Widen():
            return WidenBlock(row, in_channels, dtype)
        case MaxPool():
            return nn.MaxPool2d(row.size)
        case SumPool():
            return WindowSum(row)
        case Classifier():
            features = math.prod(in_shape)
            layer: nn.Module = qnn.QuantLinear(features, row.classes, bias=False, weight_quant=SignWeight)
            return layer


def build(table: Table, seed: int) -> Network:
    """Return a network with weights drawn from ``seed``; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Network(table)
