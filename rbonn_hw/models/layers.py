"""Modules of which the networks are built; each computes the same in PyTorch and in the exported graph.

In evaluation every float operation is a separate multiplication or addition per channel, so that no runtime
can fuse or reorder it: this is what makes the exported graph equal to PyTorch bit for bit.
"""

import brevitas.nn as qnn
import torch
from torch import Tensor, nn
from torch.nn import functional

from rbonn_hw.quant.sign import SignActivation, SignWeight

SIGN_WINDOW = 3.0
"""Half width of the sign's gradient [steps of the grid]: wide enough for most of an INT4 map to learn."""


class Affine(nn.Module):
    """``x * scale + shift`` per channel, as two operations.

    Args:
        scale: [C, 1, 1].
        shift: [C, 1, 1].
    """

    def __init__(self, scale: Tensor, shift: Tensor) -> None:
        super().__init__()
        self.scale = nn.Parameter(scale.detach().clone(), requires_grad=False)
        self.shift = nn.Parameter(shift.detach().clone(), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Scale and shift [n, C, H, W]."""
        return x * self.scale + self.shift


class Norm(nn.BatchNorm2d):
    """BatchNorm whose evaluation is the arithmetic of :class:`Affine`.

    Args:
        channels: Channels.
        gain: Initial gamma [steps of the grid]: the standard deviation that the grid behind it sees.
    """

    def __init__(self, channels: int, gain: float) -> None:
        super().__init__(channels)
        nn.init.constant_(self.weight, gain)

    def folded(self) -> Affine:
        """Return what this layer computes in evaluation."""
        assert self.running_mean is not None
        assert self.running_var is not None
        scale = self.weight / (self.running_var + self.eps).sqrt()
        shift = self.bias - self.running_mean * scale
        return Affine(scale.view(-1, 1, 1), shift.view(-1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Normalize [n, C, H, W]."""
        if self.training:
            return super().forward(x)
        out: Tensor = self.folded()(x)
        return out


class Bias(nn.Module):
    """``x + bias`` per channel.

    Args:
        channels: Channels.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Shift [n, C, H, W]."""
        return x + self.bias


class BiasedPReLU(nn.Module):
    """Bias, PReLU with a slope that is never negative, bias: a non-decreasing function of each channel.

    Args:
        channels: Channels.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.before = Bias(channels)
        self.prelu = nn.PReLU(channels, init=0.25)
        self.after = Bias(channels)

    def constrain(self) -> None:
        """Cut negative slopes to 0; called after every optimizer step."""
        with torch.no_grad():
            self.prelu.weight.clamp_(min=0.0)

    def forward(self, x: Tensor) -> Tensor:
        """Apply to [n, C, H, W]."""
        out: Tensor = self.after(self.prelu(self.before(x)))
        return out


class BinaryConv(nn.Module):
    """Convolution with weights +-1, then alpha per filter on its integer sums.

    Args:
        in_channels: Channels of the input.
        channels: Filters.
        kernel: Edge of the window [pixels].
        stride: Step of the window [pixels].
        padding: Zeros around an integer map [pixels]; 0 for a map of +-1, which is padded with -1 beforehand.
    """

    def __init__(
        self, in_channels: int, channels: int, kernel: int, *, stride: int = 1, padding: int = 0
    ) -> None:
        super().__init__()
        self.conv = qnn.QuantConv2d(
            in_channels,
            channels,
            kernel,
            stride=stride,
            padding=padding,
            bias=False,
            weight_quant=SignWeight,
        )
        nn.init.uniform_(self.conv.weight, -1.0, 1.0)
        magnitude = self.conv.weight.detach().abs().mean(dim=(1, 2, 3))
        self.alpha = nn.Parameter(magnitude.view(-1, 1, 1).clone())

    def forward(self, x: Tensor) -> Tensor:
        """Convolve [n, C_in, H, W]."""
        out: Tensor = self.conv(x) * self.alpha
        return out


class SignedConv(nn.Module):
    """Bias, sign, padding with -1, :class:`BinaryConv`: the binary convolution of an integer map.

    Args:
        in_channels: Channels of the input.
        channels: Filters.
        kernel: Odd edge of the window [pixels].
        stride: Step of the window [pixels].
    """

    def __init__(self, in_channels: int, channels: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.bias = Bias(in_channels)
        self.sign = qnn.QuantIdentity(act_quant=SignActivation, window=SIGN_WINDOW)
        self.border = [kernel // 2] * 4
        self.binary = BinaryConv(in_channels, channels, kernel, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve [n, C_in, H, W]."""
        out: Tensor = self.binary(functional.pad(self.sign(self.bias(x)), self.border, value=-1.0))
        return out
