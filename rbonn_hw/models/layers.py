"""Activations and normalization of which the networks are built; the weights are in :mod:`.weights`.

In evaluation every float operation is a separate multiplication or addition per channel, so that no runtime
can fuse or reorder it: this is what makes the exported graph equal to PyTorch bit for bit. In training,
parameters take the type of the map they work on: under autocast, maps are bfloat16.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from rbonn_hw.quant.activation import Activation
from rbonn_hw.quant.sign import SignActivation


class Affine(nn.Module):
    """``x * scale + shift`` per channel, as two operations.

    Args:
        scale: [C, 1, 1], or [F] for vectors.
        shift: Of the same shape.
    """

    def __init__(self, scale: Tensor, shift: Tensor) -> None:
        super().__init__()
        self.scale = nn.Parameter(scale.detach().clone(), requires_grad=False)
        self.shift = nn.Parameter(shift.detach().clone(), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Scale and shift [n, C, H, W] or [n, F]."""
        return x * self.scale + self.shift


class Norm(nn.modules.batchnorm._BatchNorm):
    """BatchNorm whose evaluation is the arithmetic of :class:`Affine`.

    Args:
        channels: Channels.
        gain: Initial gamma: the standard deviation that the layer behind it sees.
        axes: Spatial axes: 2 for maps [n, C, H, W], 0 for vectors [n, C].
    """

    def __init__(self, channels: int, gain: float, axes: int = 2) -> None:
        super().__init__(channels)
        self.axes = axes
        nn.init.constant_(self.weight, gain)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() != 2 + self.axes:
            raise ValueError(f"expected {2 + self.axes} axes, got {tuple(input.shape)}")

    def folded(self) -> Affine:
        """Return what this layer computes in evaluation."""
        assert self.running_mean is not None
        assert self.running_var is not None
        scale = self.weight / (self.running_var + self.eps).sqrt()
        shift = self.bias - self.running_mean * scale
        shape = (-1, *[1] * self.axes)
        return Affine(scale.view(shape), shift.view(shape))

    def forward(self, x: Tensor) -> Tensor:
        """Normalize [n, C, H, W] or [n, C]."""
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
        return x + self.bias.to(x.dtype)


class BiasedPReLU(nn.Module):
    """Bias, PReLU, bias; with a slope that is not negative, a non-decreasing function of each channel.

    Args:
        channels: Channels.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.before = Bias(channels)
        self.prelu = nn.PReLU(channels, init=0.25)
        self.after = Bias(channels)

    def constrain(self) -> None:
        """Cut negative slopes to 0."""
        with torch.no_grad():
            self.prelu.weight.clamp_(min=0.0)

    def forward(self, x: Tensor) -> Tensor:
        """Apply to [n, C, H, W]."""
        x = self.before(x)
        out: Tensor = self.after(functional.prelu(x, self.prelu.weight.to(x.dtype)))
        return out


class Sign(Activation):
    """Sign, with a gradient inside a window.

    Args:
        window: Half width of the gradient.
        gradient: "approx" or "clip"; see :class:`rbonn_hw.quant.sign.SignActivation`.
        bounded: Whether it clips to -1 .. 1 while activations are real, being the only non-linearity.
    """

    def __init__(self, window: float, gradient: str, *, bounded: bool) -> None:
        super().__init__(act_quant=SignActivation, window=window, gradient=gradient)
        self.bounded = bounded
        self.real = False

    def forward(self, x: Tensor) -> Tensor:
        """Return the signs of any shape; what is under the signs while :attr:`real`."""
        if self.real:
            return functional.hardtanh(x) if self.bounded else x
        return super().forward(x)
