"""Layers with weights: binary ones with alpha, integers of few bits, and reals, under the same names.

In evaluation a quantized layer is Brevitas's, from which the export takes it. In training the same functions
of the weights are called directly: Brevitas's bookkeeping takes as long as a small convolution.
"""

from typing import Any

import brevitas.nn as qnn
from brevitas.function.ops_ste import binary_sign_ste
from torch import Tensor, nn
from torch.nn import functional

from rbonn_hw.models.layers import Bias, Sign
from rbonn_hw.models.style import Style
from rbonn_hw.quant.sign import SignWeight
from rbonn_hw.quant.weight import IntegerWeight, integer_weight


def _alpha(weight: Tensor, axes: int) -> nn.Parameter:
    """Draw latent weights in -1 .. 1, and return the mean magnitude of each filter."""
    nn.init.uniform_(weight, -1.0, 1.0)
    magnitude = weight.detach().abs().flatten(1).mean(dim=1)
    return nn.Parameter(magnitude.view(-1, *[1] * axes).clone())


def _convolved(x: Tensor, conv: nn.Conv2d, weight: Tensor) -> Tensor:
    return functional.conv2d(x, weight, None, conv.stride, conv.padding)


class BinaryConv(nn.Module):
    """Convolution with weights +-1, then alpha per filter on its integer sums.

    Args:
        in_channels: Channels of the input.
        channels: Filters.
        kernel: Edge of the window [pixels].
        stride: Step of the window [pixels].
        padding: Zeros around the map [pixels]; 0 for a map of +-1 that is padded with -1 beforehand.
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
        self.alpha = _alpha(self.conv.weight, axes=2)
        self.real = False

    def pair(self) -> tuple[nn.Parameter, nn.Parameter]:
        """Return (latent weight [C_out, C_in, K, K], alpha [C_out, 1, 1])."""
        return self.conv.weight, self.alpha

    def forward(self, x: Tensor) -> Tensor:
        """Convolve [n, C_in, H, W]; while :attr:`real`, with the latent weights alone."""
        if self.real:
            return _convolved(x, self.conv, self.conv.weight)
        sums = _convolved(x, self.conv, binary_sign_ste(self.conv.weight)) if self.training else self.conv(x)
        out: Tensor = sums * self.alpha.to(sums.dtype)
        return out


class IntegerConv(nn.Module):
    """Convolution with integer weights of few bits; a BatchNorm behind it gives them their scale.

    A detector's last one has none: its filters share a scale, and its sums are the network's output.

    Args:
        in_channels: Channels of the input.
        channels: Filters.
        kernel: Edge of the window [pixels].
        bits: Width of the weights, 2 .. 8 [bits].
        stride: Step of the window [pixels].
        padding: Zeros around the map [pixels].
        per_filter: Whether each filter has a scale of its own; see
            :func:`rbonn_hw.quant.weight.integer_weight`.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel: int,
        bits: int,
        *,
        stride: int = 1,
        padding: int = 0,
        per_filter: bool = True,
    ) -> None:
        super().__init__()
        self.bits, self.per_filter = bits, per_filter
        self.conv = qnn.QuantConv2d(
            in_channels,
            channels,
            kernel,
            stride=stride,
            padding=padding,
            bias=False,
            weight_quant=IntegerWeight,
            weight_bit_width=bits,
            weight_per_filter=per_filter,
        )

    def integers(self) -> Tensor:
        """Return the weights that are used [C_out, C_in, K, K]."""
        return integer_weight(self.conv.weight, self.bits, per_filter=self.per_filter)

    def settle(self) -> None:
        """Replace the latent weights by the integers."""
        self.conv.weight.data = self.integers().detach()

    def forward(self, x: Tensor) -> Tensor:
        """Convolve [n, C_in, H, W]."""
        out: Tensor = _convolved(x, self.conv, self.integers()) if self.training else self.conv(x)
        return out


class RealConv(nn.Module):
    """Convolution with real weights; arguments as of :class:`BinaryConv`."""

    def __init__(
        self, in_channels: int, channels: int, kernel: int, *, stride: int = 1, padding: int = 0
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride, padding, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve [n, C_in, H, W]."""
        out: Tensor = self.conv(x)
        return out


def outer_conv(
    style: Style,
    bits: int,
    in_channels: int,
    channels: int,
    kernel: int,
    *,
    stride: int = 1,
    padding: int = 0,
    per_filter: bool = True,
) -> nn.Module:
    """Return a convolution that is real in the paper form and has weights of ``bits`` in hardware."""
    place: dict[str, Any] = {"stride": stride, "padding": padding}
    if style.paper:
        return RealConv(in_channels, channels, kernel, **place)
    if bits == 1:
        return BinaryConv(in_channels, channels, kernel, **place)
    return IntegerConv(in_channels, channels, kernel, bits, per_filter=per_filter, **place)


class SignedConv(nn.Module):
    """Bias, sign, border, :class:`BinaryConv`: the binary convolution of a feature map.

    The border of the map of +-1 is -1 in the hardware form and 0 in the paper form.

    Args:
        in_channels: Channels of the input.
        channels: Filters.
        kernel: Odd edge of the window [pixels].
        style: Form and gradient.
        stride: Step of the window [pixels].
    """

    def __init__(self, in_channels: int, channels: int, kernel: int, style: Style, stride: int = 1) -> None:
        super().__init__()
        self.bias = Bias(in_channels)
        self.sign = Sign(style.window, style.gradient, bounded=False)
        zeros = kernel // 2 if style.paper else 0
        self.border = [kernel // 2 - zeros] * 4
        self.binary = BinaryConv(in_channels, channels, kernel, stride=stride, padding=zeros)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve [n, C_in, H, W]."""
        signs = self.sign(self.bias(x))
        if self.border[0]:
            signs = functional.pad(signs, self.border, value=-1.0)
        out: Tensor = self.binary(signs)
        return out


class BinaryLinear(nn.Module):
    """Product with weights +-1, then alpha per output on its integer sums.

    Args:
        in_features: Inputs.
        features: Outputs.
    """

    def __init__(self, in_features: int, features: int) -> None:
        super().__init__()
        self.linear = qnn.QuantLinear(in_features, features, bias=False, weight_quant=SignWeight)
        self.alpha = _alpha(self.linear.weight, axes=0)
        self.real = False

    def pair(self) -> tuple[nn.Parameter, nn.Parameter]:
        """Return (latent weight [F_out, F_in], alpha [F_out])."""
        return self.linear.weight, self.alpha

    def forward(self, x: Tensor) -> Tensor:
        """Multiply [n, F_in]; while :attr:`real`, with the latent weights alone."""
        if self.real:
            return functional.linear(x, self.linear.weight)
        weight = self.linear.weight
        sums = functional.linear(x, binary_sign_ste(weight)) if self.training else self.linear(x)
        out: Tensor = sums * self.alpha.to(sums.dtype)
        return out


class RealLinear(nn.Module):
    """Product with real weights; arguments as of :class:`BinaryLinear`."""

    def __init__(self, in_features: int, features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, features, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Multiply [n, F_in]."""
        out: Tensor = self.linear(x)
        return out


class Scores(qnn.QuantLinear):
    """The classifier of the hardware form: integer weights without a scale, so its sums are integers.

    Args:
        in_features: Inputs.
        classes: Outputs.
        bits: Width of the weights; 1 is binary [bits].
    """

    def __init__(self, in_features: int, classes: int, bits: int) -> None:
        options: dict[str, Any] = {"weight_quant": SignWeight}
        if bits > 1:
            options = {
                "weight_quant": IntegerWeight,
                "weight_bit_width": bits,
                "weight_per_filter": False,
            }
        super().__init__(in_features, classes, bias=False, **options)
        self.weight_bits = bits
        self.real = False

    def integers(self) -> Tensor:
        """Return the weights that are used [classes, F_in]."""
        if self.weight_bits == 1:
            signs: Tensor = binary_sign_ste(self.weight)
            return signs
        return integer_weight(self.weight, self.weight_bits, per_filter=False)

    def settle(self) -> None:
        """Replace the latent weights by the integers."""
        self.weight.data = self.integers().detach()

    def forward(self, x: Tensor) -> Tensor:
        """Return [n, classes] for [n, F_in] or for a map; binary weights are latent while :attr:`real`."""
        x = x.flatten(1) if x.dim() > 2 else x
        if self.real and self.weight_bits == 1:
            return functional.linear(x, self.weight)
        out: Tensor = functional.linear(x, self.integers()) if self.training else super().forward(x)
        return out


Binary = BinaryConv | BinaryLinear
