"""Networks of many forms, by name: what a file may hold that the project did not write."""

from collections.abc import Callable

import brevitas.nn as qnn
import torch
from torch import Tensor, nn

from tests.compiler.frontend.networks import (
    Bias,
    Call,
    Residual,
    binary_conv,
    binary_linear,
    integers,
    scaled_conv,
    sign,
)

C = 8
Network = tuple[Callable[[], nn.Module], tuple[int, ...]]


class Downsampling(nn.Module):
    """ReActNet's block with half the resolution: average pool and 1x1 convolution as shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            integers(8, 1.0), binary_conv(3, C, 3, stride=2), nn.BatchNorm2d(C), integers(4)
        )
        self.main = nn.Sequential(
            Bias(C),
            sign(),
            nn.ConstantPad2d(1, -1.0),
            binary_conv(C, 2 * C, 3, stride=2),
            nn.BatchNorm2d(2 * C),
        )
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(2), sign(), binary_conv(C, 2 * C, 1), nn.BatchNorm2d(2 * C)
        )
        self.shared = integers(4)
        self.after = nn.Sequential(
            Bias(2 * C),
            nn.PReLU(2 * C),
            integers(4),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            Call(lambda x: x - 0.3),
        )
        self.classify = nn.Sequential(sign(), binary_linear(2 * C, 10))

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        x = self.stem(x)
        result: Tensor = self.classify(self.after(self.shared(self.main(x)) + self.shared(self.shortcut(x))))
        return result


class SharedAccumulator(nn.Module):
    """One accumulator feeds a quantizer of two branches and, as it is, a sum; zero and -1 padding meet."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(sign(), binary_conv(3, C, 3, padding=1))
        self.norm, self.first, self.second = nn.BatchNorm2d(C), sign(), sign()
        self.bias, self.left, self.right = Bias(C), binary_conv(C, C, 1), binary_conv(C, C, 3)
        self.pad = nn.ConstantPad2d(1, -1.0)
        self.classify = nn.Sequential(sign(), nn.Flatten(), binary_linear(C * 36, 10))

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        accumulated = self.stem(x)
        normed = self.norm(accumulated)
        left, right = self.left(self.first(normed)), self.right(self.pad(self.second(self.bias(normed))))
        result: Tensor = self.classify(left + accumulated + right + 0.5)
        return result


class SharedPool(nn.Module):
    """Two quantizers see one accumulator through one pool: neither may negate the other's filters."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(sign(), binary_conv(3, C, 3), nn.BatchNorm2d(C), nn.MaxPool2d(2))
        self.left, self.right = nn.Sequential(sign(), binary_conv(C, C, 3)), nn.Sequential(Bias(C), sign())
        self.mid = nn.Sequential(binary_conv(C, C, 3), nn.BatchNorm2d(C))
        self.classify = nn.Sequential(integers(4), nn.Flatten(), binary_linear(C, 10))

    def forward(self, x: Tensor) -> Tensor:
        """Run the network on x."""
        x = self.stem(x)
        result: Tensor = self.classify(self.mid[1](self.left(x) + self.mid[0](self.right(x))))
        return result


def _stem() -> list[nn.Module]:
    return [integers(8, 1.0), binary_conv(3, C, 3), nn.BatchNorm2d(C)]


NETWORKS: dict[str, Network] = {
    "residual": (
        lambda: nn.Sequential(
            *_stem(),
            integers(4),
            Residual(C),
            nn.MaxPool2d(2),
            Residual(C),
            Bias(C),
            sign(),
            nn.Flatten(),
            binary_linear(C * 9, 10),
            nn.BatchNorm1d(10),
        ),
        (1, 3, 8, 8),
    ),
    "downsampling": (Downsampling, (1, 3, 17, 17)),
    "shared accumulator": (SharedAccumulator, (1, 3, 6, 6)),
    "shared pool": (SharedPool, (1, 3, 8, 8)),
    "zero padding of +-1": (
        lambda: nn.Sequential(
            sign(),
            binary_conv(3, C, 3, padding=1),
            nn.BatchNorm2d(C),
            sign(),
            binary_conv(C, C, 3, padding=1, stride=2),
            nn.BatchNorm2d(C),
            sign(),
            nn.Flatten(),
            binary_linear(C * 16, 10),
        ),
        (1, 3, 8, 8),
    ),
    "zeros around signs": (
        lambda: nn.Sequential(
            *_stem(),
            sign(),
            nn.ZeroPad2d(1),
            binary_conv(C, C, 3, padding=1),
            nn.BatchNorm2d(C),
            integers(2),
            nn.ZeroPad2d((1, 0, 0, 1)),
            binary_conv(C, C, 3),
            nn.BatchNorm2d(C),
            sign(),
            nn.Flatten(),
            binary_linear(C * 49, 10),
        ),
        (1, 3, 8, 8),
    ),
    "max pools before the sign": (
        lambda: nn.Sequential(
            *_stem(),
            nn.MaxPool2d(2),
            sign(),
            binary_conv(C, C, 3),
            nn.MaxPool2d(2, 1),
            nn.BatchNorm2d(C),
            sign(),
            nn.MaxPool2d(2, 1),
            nn.Flatten(),
            binary_linear(C, 10, bias=True),
        ),
        (1, 3, 12, 12),
    ),
    "bias, pool, norm": (
        lambda: nn.Sequential(
            integers(8, 1.0),
            binary_conv(3, C, 3, bias=True),
            nn.PReLU(C),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(C),
            sign(),
            nn.Flatten(),
            binary_linear(C * 9, 10),
        ),
        (1, 3, 8, 8),
    ),
    "average of 49": (
        lambda: nn.Sequential(
            *_stem(),
            nn.ReLU(),
            integers(4, signed=False),
            nn.AvgPool2d(7),
            nn.BatchNorm2d(C),
            sign(),
            nn.Flatten(),
            binary_linear(C * 4, 10),
            nn.LogSoftmax(1),
        ),
        (1, 3, 16, 16),
    ),
    "averages of signs": (
        lambda: nn.Sequential(
            *_stem(),
            sign(),
            nn.AvgPool2d(3),
            nn.BatchNorm2d(C),
            sign(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            binary_linear(C, 10),
            nn.BatchNorm1d(10),
        ),
        (1, 3, 8, 8),
    ),
    "norm of features": (
        lambda: nn.Sequential(
            sign(),
            binary_conv(3, C, 3),
            nn.Flatten(),
            nn.BatchNorm1d(C * 36),
            sign(),
            binary_linear(C * 36, 10),
        ),
        (1, 3, 8, 8),
    ),
    "strides, dilation, activations": (
        lambda: nn.Sequential(
            integers(8, 1.0),
            binary_conv(3, C, 3, stride=2, dilation=2),
            nn.BatchNorm2d(C),
            nn.Hardtanh(),
            sign(),
            binary_conv(C, C, (3, 1), stride=(1, 2)),
            nn.BatchNorm2d(C),
            nn.Sigmoid(),
            integers(2, 1.0, signed=False),
            nn.Flatten(),
            binary_linear(C * 9, 10),
            nn.Softmax(1),
        ),
        (1, 3, 13, 13),
    ),
    "alpha per filter": (
        lambda: nn.Sequential(
            *_stem(),
            sign(),
            scaled_conv(C, C, 3),
            nn.BatchNorm2d(C),
            sign(),
            nn.Flatten(),
            binary_linear(C * 16, 10),
        ),
        (1, 3, 8, 8),
    ),
    "sign, where, relu as quantizers": (
        lambda: nn.Sequential(
            *_stem(),
            Call(torch.sign),
            binary_conv(C, C, 3),
            nn.BatchNorm2d(C),
            Call(lambda x: torch.where(x >= 0, 1.0, -1.0)),
            binary_conv(C, C, 1),
            nn.Tanh(),
            integers(4),
            nn.ReLU(),
            nn.Flatten(),
            binary_linear(C * 16, 10),
        ),
        (1, 3, 8, 8),
    ),
    "vectors, float classifier": (
        lambda: nn.Sequential(
            nn.Flatten(),
            sign(),
            binary_linear(64, 32, bias=True),
            nn.BatchNorm1d(32),
            nn.Dropout(),
            nn.Tanh(),
            sign(),
            qnn.QuantLinear(32, 16, bias=True, weight_bit_width=2),
            nn.LeakyReLU(),
            integers(3),
            nn.Linear(16, 10),
        ),
        (1, 1, 8, 8),
    ),
    "whole convolutional classifier": (
        lambda: nn.Sequential(
            *_stem(),
            sign(),
            binary_conv(C, C, 6),
            nn.BatchNorm2d(C),
            sign(),
            binary_conv(C, 10, 1),
            nn.Flatten(),
        ),
        (1, 3, 8, 8),
    ),
}
