"""Two networks in plain Brevitas that become hardware: edit them, and keep the five rules.

1. Pixels come as 0 .. 255. The first layer quantizes them, 8 bits, scale 1; scaling belongs behind it.
2. Every convolution and linear layer takes integers: a quantizer of one scale stands in front of it.
   Scales that are powers of two (Brevitas's FixedPoint quantizers) make every sum exact.
3. Both branches of an addition end in the same quantizer object, so that they share one scale.
4. Between a layer and the next quantizer anything is free that works channel by channel and never falls where
   it has risen: BatchNorm, bias, ReLU, PReLU with slopes above 0. It becomes thresholds, and costs the same.
5. The network ends with a linear layer: its sums are the scores. No softmax, no BatchNorm behind it.

Channel counts with many divisors (8, 16, 24, 32) leave the compiler a choice of speeds.
"""

import brevitas.nn as qnn
from brevitas.core.restrict_val import RestrictValueType
from brevitas.core.scaling import ScalingImplType
from brevitas.quant import (
    Int8ActPerTensorFixedPoint,
    Int8WeightPerTensorFixedPoint,
    Uint8ActPerTensorFixedPoint,
)
from torch import Tensor, nn

CHANNELS, SIDE, CLASSES = 1, 12, 4
"""Of your images: 1 (grey) or 3 (colour) channels, edge in pixels; the recipe's frame says the same."""
BITS = 4
"""Of weights and maps, 2 .. 8."""


def pixels() -> nn.Module:
    """Quantizer of the image: UINT8, scale 1."""
    layer: nn.Module = qnn.QuantIdentity(
        bit_width=8,
        signed=False,
        narrow_range=False,
        min_val=0.0,
        max_val=255.0,
        scaling_impl_type=ScalingImplType.CONST,
        restrict_scaling_type=RestrictValueType.POWER_OF_TWO,
    )
    return layer


def conv(channels_in: int, channels: int, *, kernel: int = 3, stride: int = 1) -> nn.Module:
    """Convolution whose weights are integers; a BatchNorm behind it has its bias."""
    layer: nn.Module = qnn.QuantConv2d(
        channels_in,
        channels,
        kernel,
        stride=stride,
        padding=kernel // 2,
        bias=False,
        weight_quant=Int8WeightPerTensorFixedPoint,
        weight_bit_width=BITS,
    )
    return layer


def linear(features_in: int, features: int) -> nn.Module:
    """Linear layer whose weights are integers."""
    layer: nn.Module = qnn.QuantLinear(
        features_in,
        features,
        bias=False,
        weight_quant=Int8WeightPerTensorFixedPoint,
        weight_bit_width=BITS,
    )
    return layer


def relu() -> nn.Module:
    """ReLU to unsigned integers."""
    layer: nn.Module = qnn.QuantReLU(act_quant=Uint8ActPerTensorFixedPoint, bit_width=BITS)
    return layer


def grid() -> nn.Module:
    """Quantizer to signed integers, for the two branches of an addition."""
    layer: nn.Module = qnn.QuantIdentity(act_quant=Int8ActPerTensorFixedPoint, bit_width=BITS)
    return layer


def step(channels_in: int, channels: int, stride: int = 1) -> nn.Sequential:
    """Convolution, BatchNorm, ReLU."""
    return nn.Sequential(conv(channels_in, channels, stride=stride), nn.BatchNorm2d(channels), relu())


class Vgg(nn.Module):
    """Convolutions and pools in a row."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            pixels(),
            step(CHANNELS, 8),
            nn.MaxPool2d(2),
            step(8, 16),
            nn.MaxPool2d(2),
        )
        self.classifier = linear(16 * (SIDE // 4) ** 2, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Return scores [n, classes] for pixels 0 .. 255 [n, C, H, W]."""
        scores: Tensor = self.classifier(self.features(x).flatten(1))
        return scores


class Block(nn.Module):
    """Two convolutions and a shortcut; the shortcut has a convolution of its own where shapes change."""

    def __init__(self, channels_in: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            step(channels_in, channels, stride), conv(channels, channels), nn.BatchNorm2d(channels)
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels:
            self.shortcut = nn.Sequential(
                conv(channels_in, channels, kernel=1, stride=stride), nn.BatchNorm2d(channels)
            )
        self.grid = grid()  # one object for both branches: rule 3
        self.after = relu()

    def forward(self, x: Tensor) -> Tensor:
        """Return the next map."""
        total = self.grid(self.branch(x)) + self.grid(self.shortcut(x))
        out: Tensor = self.after(total)
        return out


class Residual(nn.Module):
    """A small ResNet."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            pixels(), step(CHANNELS, 8), Block(8, 8), Block(8, 16, stride=2), nn.MaxPool2d(2)
        )
        self.classifier = linear(16 * (SIDE // 4) ** 2, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Return scores [n, classes] for pixels 0 .. 255 [n, C, H, W]."""
        scores: Tensor = self.classifier(self.features(x).flatten(1))
        return scores
