"""Networks of ``study_unnormalized.py``: binary convolutions with and without BatchNorm behind them."""

import math

from torch import Tensor, nn
from torch.nn import functional

from rbonn_hw.datatypes import IntType
from rbonn_hw.models.layers import BiasedPReLU, Norm
from rbonn_hw.models.style import Style
from rbonn_hw.models.weights import SignedConv

REAL_MAPS = Style(paper=True, dtype=IntType(8, signed=True))
MEAN_LATENT = 0.5
"""Mean magnitude of latent weights drawn in -1 .. 1: alpha at the start."""


class Constant(nn.Module):
    """A product with a constant that is not learned.

    Args:
        factor: It.
    """

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Scale [n, C, H, W]."""
        return x * self.factor


class Block(nn.Module):
    """``prelu(x + scaled(alpha * conv(sign(x + bias))))``, the map and its channels kept.

    Args:
        channels: Channels.
        normalized: Whether BatchNorm scales the branch. Otherwise the inverse root of the terms of its sums
            does, which gives the branch a standard deviation of 1 at the start, and alpha alone is learned.
    """

    def __init__(self, channels: int, *, normalized: bool) -> None:
        super().__init__()
        self.conv = SignedConv(channels, channels, 3, REAL_MAPS)
        constant = 1.0 / (MEAN_LATENT * math.sqrt(9 * channels))
        self.scaled = Norm(channels, 1.0) if normalized else Constant(constant)
        self.act = BiasedPReLU(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return [n, C, H, W] for the same."""
        out: Tensor = self.act(x + self.scaled(self.conv(x)))
        return out


class ResidualNetwork(nn.Module):
    """A real stem, four residual blocks on 14x14 and 7x7 pixels, a real classifier.

    Args:
        normalized: See :class:`Block`; the stem, which is not binary, always has its BatchNorm.
    """

    def __init__(self, *, normalized: bool) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 16, 5, 2, 2, bias=False), Norm(16, 1.0))
        self.wide = nn.Sequential(*(Block(16, normalized=normalized) for _ in range(2)))
        self.narrow = nn.Sequential(*(Block(32, normalized=normalized) for _ in range(2)))
        self.classifier = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return scores [n, 10] for pixels 0 .. 255 [n, 1, 28, 28]."""
        x = functional.avg_pool2d(self.wide(self.stem(x / 255.0)), 2)
        x = self.narrow(x.repeat(1, 2, 1, 1))
        out: Tensor = self.classifier(x.mean((2, 3)))
        return out


def normalized() -> nn.Module:
    """Return the network with BatchNorm behind each binary convolution."""
    return ResidualNetwork(normalized=True)


def unnormalized() -> nn.Module:
    """Return the network in which alpha is the only scale of a binary convolution."""
    return ResidualNetwork(normalized=False)
