"""The modules behind the rows of a table; parameters have the same names and shapes in both forms."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from rbonn_hw.datatypes import IntType
from rbonn_hw.models.layers import BiasedPReLU, Norm, Sign
from rbonn_hw.models.residual_rows import Double, Downsample, Residual, Shrink, Widen
from rbonn_hw.models.rows import Boxes, Classifier, Conv, Dense, MaxPool, MeanPool, Stem, SumPool
from rbonn_hw.models.shapes import Kind, Shape
from rbonn_hw.models.style import Style
from rbonn_hw.models.table import Row
from rbonn_hw.models.weights import (
    BinaryConv,
    BinaryLinear,
    RealConv,
    RealLinear,
    Scores,
    SignedConv,
    outer_conv,
)
from rbonn_hw.quant.integer import grid

NORMED_WINDOW = 2.0
"""Half width of the gradient of a sign behind BatchNorm [standard deviations]: nearly all of it learns."""
HALF = 128.0
"""Pixels from here on are +1 where the image is reduced to signs."""


class StemBlock(nn.Sequential):
    """See :class:`~rbonn_hw.models.rows.Stem`."""

    def __init__(self, row: Stem, in_channels: int, style: Style) -> None:
        super().__init__(
            style.byte_grid(),
            outer_conv(
                style,
                row.weight_bits,
                in_channels,
                row.channels,
                row.kernel,
                stride=row.stride,
                padding=row.kernel // 2,
            ),
            Norm(row.channels, style.gain),
            style.map_grid(),
        )


class ConvBlock(nn.Sequential):
    """See :class:`~rbonn_hw.models.rows.Conv`."""

    def __init__(self, row: Conv, in_channels: int, kind: Kind, style: Style) -> None:
        on_image = kind is Kind.IMAGE
        made = RealConv if on_image and style.paper else BinaryConv
        super().__init__(
            style.byte_grid() if on_image else nn.Identity(),
            made(in_channels, row.channels, row.kernel),
            Norm(row.channels, 1.0),
            Sign(NORMED_WINDOW, style.gradient, bounded=True),
        )


class Flat(nn.Module):
    """A map as a vector; a vector as it is, without a node in the graph."""

    def forward(self, x: Tensor) -> Tensor:
        """Return [n, C * H * W] for [n, C, H, W] or [n, F]."""
        return x.flatten(1) if x.dim() > 2 else x


class CentredImage(nn.Module):
    """Pixels 0 .. 255 as -1 .. 127/128, flattened."""

    def forward(self, x: Tensor) -> Tensor:
        """Return [n, C * H * W] for [n, C, H, W]."""
        return ((x - HALF) * (1.0 / HALF)).flatten(1)


class ImageSigns(nn.Module):
    """+1 for a pixel from 128 on, -1 for a darker one, flattened."""

    def __init__(self) -> None:
        super().__init__()
        self.sign = Sign(1.0, "approx", bounded=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return [n, C * H * W] for [n, C, H, W]."""
        out: Tensor = self.sign(x - HALF).flatten(1)
        return out


class DenseBlock(nn.Sequential):
    """See :class:`~rbonn_hw.models.rows.Dense`."""

    def __init__(self, row: Dense, in_shape: Shape, kind: Kind, style: Style) -> None:
        source: nn.Module = Flat()
        real = False
        if kind is Kind.IMAGE:
            real = style.paper
            source = CentredImage() if real else ImageSigns()
        made = RealLinear if real else BinaryLinear
        super().__init__(
            source,
            made(math.prod(in_shape), row.features),
            Norm(row.features, 1.0, axes=0),
            Sign(NORMED_WINDOW, style.gradient, bounded=True),
        )


class ResidualBlock(nn.Module):
    """A binary convolution and its shortcut: see the rows of :mod:`rbonn_hw.models.residual_rows`.

    Args:
        in_channels: Channels of the input.
        channels: Channels of the output.
        kernel: Odd edge of the binary convolution's window [pixels].
        style: Form and gradient.
        shortcut: From the input to what is added; the identity has no parameters.
        stride: Step of the binary convolution's window [pixels].
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel: int,
        style: Style,
        *,
        shortcut: nn.Module | None = None,
        stride: int = 1,
    ) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            SignedConv(in_channels, channels, kernel, style, stride),
            Norm(channels, style.gain),
            style.map_grid(),
        )
        self.shortcut = shortcut
        self.act = BiasedPReLU(channels)
        self.grid = style.map_grid()

    def forward(self, x: Tensor) -> Tensor:
        """Return [n, C_out, H / stride, W / stride] for [n, C_in, H, W]."""
        kept = x if self.shortcut is None else self.shortcut(x)
        out: Tensor = self.grid(self.act(kept + self.branch(x)))
        return out


class WidenBlock(nn.Sequential):
    """See :class:`~rbonn_hw.models.residual_rows.Widen`."""

    def __init__(self, row: Widen, in_channels: int, style: Style) -> None:
        super().__init__(
            SignedConv(in_channels, row.channels, row.kernel, style, row.stride),
            Norm(row.channels, style.gain),
            BiasedPReLU(row.channels),
            style.map_grid(),
        )


class MapPool(nn.Module):
    """Sum or average over windows that tile the map.

    Args:
        size: Edge of the window [pixels]; a power of two, so that the scaled average is the exact sum.
        sums: Whether it sums.
    """

    def __init__(self, size: int, *, sums: bool) -> None:
        super().__init__()
        self.size, self.factor = size, float(size**2) if sums else 1.0

    def forward(self, x: Tensor) -> Tensor:
        """Return [n, C, H / size, W / size] for [n, C, H, W]."""
        means = functional.avg_pool2d(x, self.size)
        return means if self.factor == 1.0 else means * self.factor


class WindowSum(nn.Sequential):
    """See :class:`~rbonn_hw.models.rows.SumPool`."""

    def __init__(self, row: SumPool, style: Style) -> None:
        super().__init__(MapPool(row.size, sums=not style.paper), nn.Flatten())


class MapMean(nn.Module):
    """See :class:`~rbonn_hw.models.rows.MeanPool`.

    Args:
        row: The row.
        in_shape: Of the map.
        style: Form.
    """

    def __init__(self, row: MeanPool, in_shape: Shape, style: Style) -> None:
        super().__init__()
        pixels = math.prod(in_shape[1:])
        shift = max(0, (pixels - 1).bit_length() + style.dtype.bits - row.bits)
        self.factor = 1.0 / pixels if style.paper else 0.5**shift
        self.grid = nn.Identity() if style.paper else grid(IntType(row.bits, signed=True))

    def forward(self, x: Tensor) -> Tensor:
        """Return [n, C] for [n, C, H, W]."""
        out: Tensor = self.grid(x.sum((2, 3)) * self.factor)
        return out


class Repeat(nn.Module):
    """All channels, and all channels again; in evaluation as a product, since hardware concatenates none.

    Args:
        channels: Channels of the input.
        style: Form.
    """

    def __init__(self, channels: int, style: Style) -> None:
        super().__init__()
        self.concatenates = style.paper
        matrix = torch.eye(channels).repeat(2, 1).view(2 * channels, channels, 1, 1)
        self.register_buffer("matrix", matrix, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return [n, 2 C, H, W] for [n, C, H, W]."""
        if self.training or self.concatenates:
            return torch.cat((x, x), dim=1)
        return functional.conv2d(x, self.get_buffer("matrix"))


def _downsample(row: Downsample, in_channels: int, style: Style) -> ResidualBlock:
    shortcut = nn.Sequential(
        MapPool(2, sums=not style.paper),
        outer_conv(style, row.weight_bits, in_channels, row.channels, 1),
        Norm(row.channels, style.gain),
        style.map_grid(),
    )
    return ResidualBlock(in_channels, row.channels, row.kernel, style, shortcut=shortcut, stride=2)


def _max_pool(row: MaxPool, style: Style) -> nn.Module:
    if row.overlapping and style.paper:
        return nn.MaxPool2d(row.size + 1, row.size, padding=row.size // 2)
    return nn.MaxPool2d(row.size)


def _residual(row: Residual | Downsample | Shrink | Double, channels: int, style: Style) -> nn.Module:
    match row:
        case Residual():
            return ResidualBlock(channels, channels, row.kernel, style)
        case Downsample():
            return _downsample(row, channels, style)
        case Shrink():
            mean = nn.Sequential(MapPool(2, sums=False), style.map_grid())
            return ResidualBlock(channels, channels, row.kernel, style, shortcut=mean, stride=2)
        case Double():
            twice = Repeat(channels, style)
            return ResidualBlock(channels, 2 * channels, row.kernel, style, shortcut=twice)


def _last(row: Classifier | Boxes, in_shape: Shape, style: Style) -> nn.Module:
    if isinstance(row, Boxes):
        return outer_conv(style, row.weight_bits, in_shape[0], row.shape(in_shape)[0], 1, per_filter=False)
    inputs = math.prod(in_shape)
    return nn.Linear(inputs, row.classes) if style.paper else Scores(inputs, row.classes, row.weight_bits)


def block(row: Row, in_shape: Shape, kind: Kind, style: Style) -> nn.Module:
    """Return the module of a row.

    Args:
        row: The row.
        in_shape: What it is given.
        kind: What kind of tensor that is.
        style: Form and gradient.
    """
    channels = in_shape[0]
    match row:
        case Stem():
            return StemBlock(row, channels, style)
        case Conv():
            return ConvBlock(row, channels, kind, style)
        case Dense():
            return DenseBlock(row, in_shape, kind, style)
        case Widen():
            return WidenBlock(row, channels, style)
        case MaxPool():
            return _max_pool(row, style)
        case SumPool():
            return WindowSum(row, style)
        case MeanPool():
            return MapMean(row, in_shape, style)
        case Classifier() | Boxes():
            return _last(row, in_shape, style)
        case _:
            return _residual(row, channels, style)
