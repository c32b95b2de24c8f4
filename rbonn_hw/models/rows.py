"""Rows without a shortcut: what one step of a network is, as plain data, checked at construction."""

import math
from dataclasses import dataclass
from typing import ClassVar

from rbonn_hw.errors import ConfigError
from rbonn_hw.host.detector import BOX_VALUES
from rbonn_hw.models.shapes import Kind, Shape, check, pooled, strided


@dataclass(frozen=True, slots=True, kw_only=True)
class Stem:
    """First layer: convolution of the 8-bit image (zero padding), BatchNorm, grid; real in the paper form.

    Attributes:
        channels: Filters.
        kernel: Odd edge of the window [pixels].
        stride: Step of the window [pixels].
        weight_bits: Width of the weights in the hardware form; 1 is binary with alpha per filter [bits].
    """

    takes: ClassVar[tuple[Kind, ...]] = (Kind.IMAGE,)
    gives: ClassVar[Kind] = Kind.MAP
    channels: int
    kernel: int = 3
    stride: int = 1
    weight_bits: int = 1

    def __post_init__(self) -> None:
        check(
            "Stem",
            kernel=self.kernel,
            weight_bits=self.weight_bits,
            channels=self.channels,
            stride=self.stride,
        )

    def shape(self, shape: Shape) -> Shape:
        """Return the output shape for an input shape."""
        return strided(shape, self.channels, self.stride)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conv:
    """``sign(norm(alpha * conv(x)))`` of the 8-bit image or of signs, without padding and shortcut.

    On the image its weights are real in the paper form.

    Attributes:
        channels: Filters.
        kernel: Odd edge of the window [pixels].
    """

    takes: ClassVar[tuple[Kind, ...]] = (Kind.IMAGE, Kind.SIGNS)
    gives: ClassVar[Kind] = Kind.SIGNS
    channels: int
    kernel: int = 3

    def __post_init__(self) -> None:
        check("Conv", kernel=self.kernel, channels=self.channels)

    def shape(self, shape: Shape) -> Shape:
        """Return the output shape for an input shape."""
        _, height, width = shape
        if min(height, width) < self.kernel:
            raise ConfigError(
                f"Conv: a window of {self.kernel}x{self.kernel} does not fit {height}x{width} pixels"
            )
        return self.channels, height - self.kernel + 1, width - self.kernel + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Dense:
    """``sign(norm(alpha * (W x)))`` of all signs of a map or vector, or of the image.

    In the hardware form the image is reduced to one bit a pixel, +1 from 128 on; in the paper form neither
    the image nor the weights on it are binary.

    Attributes:
        features: Outputs.
    """

    takes: ClassVar[tuple[Kind, ...]] = (Kind.IMAGE, Kind.SIGNS)
    gives: ClassVar[Kind] = Kind.SIGNS
    features: int

    def __post_init__(self) -> None:
        check("Dense", features=self.features)

    def shape(self, shape: Shape) -> Shape:
        """Return the output shape for an input shape."""
        return self.features, 1, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxPool:
    """Maximum over ``size`` x ``size`` windows without overlap.

    Attributes:
        size: Edge of the window [pixels].
        overlapping: Whether windows are a pixel larger and overlap in the paper form, as in ResNet's stem;
            no kernel does that in hardware.
    """

    takes: ClassVar[tuple[Kind, ...]] = (Kind.MAP, Kind.SIGNS)
    gives: ClassVar[Kind | None] = None
    size: int = 2
    overlapping: bool = False

    def __post_init__(self) -> None:
        check("MaxPool", size=self.size)

    def shape(self, shape: Shape) -> Shape:
        """Return the output shape for an input shape."""
        return pooled(shape, self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class SumPool:
    """Sum (paper form: average) over ``size`` x ``size`` windows without overlap; ends the feature maps.

    Attributes:
        size: Edge of the window [pixels], a power of two: the graph holds the sum as a scaled average,
            which only then is exact.
    """

    takes: ClassVar[tuple[Kind, ...]] = (Kind.MAP,)
    gives: ClassVar[Kind] = Kind.VECTOR
    size: int = 2

    def __post_init__(self) -> None:
        check("SumPool", size=self.size)
        if self.size & (self.size - 1):
            raise ConfigError(f"SumPool: size={self.size} must be a power of two; try 2")

    def shape(self, shape: Shape) -> Shape:
        """Return the output shape for an input shape."""
        return pooled(shape, self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanPool:
    """Average over the whole map; ends the feature maps.

    In the hardware form it is the sum over the map, divided by a power of two so that it fills INT<bits>, and
    rounded: exact for a map of any size.

    Attributes:
        bits: Width of a result in the hardware form [bits].
    """

    takes: ClassVar[tuple[Kind, ...]] = (Kind.MAP,)
    gives: ClassVar[Kind] = Kind.VECTOR
    bits: int = 6

    def __post_init__(self) -> None:
        if not 2 <= self.bits <= 8:
            raise ConfigError(f"MeanPool: bits={self.bits} must lie in 2 .. 8; try 6")

    def shape(self, shape: Shape) -> Shape:
        """Return the output shape for an input shape."""
        return shape[0], 1, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """Fully connected layer on all values; in the hardware form its integer sums are the network's output.

    In the paper form its weights are real, and it has a bias.

    Attributes:
        classes: Outputs.
        weight_bits: Width of the weights in the hardware form; 1 is binary without alpha [bits].
    """

    takes: ClassVar[tuple[Kind, ...]] = (Kind.VECTOR, Kind.SIGNS)
    gives: ClassVar[Kind] = Kind.SCORES
    classes: int
    weight_bits: int = 1

    def __post_init__(self) -> None:
        check("Classifier", classes=self.classes, weight_bits=self.weight_bits)

    def shape(self, shape: Shape) -> Shape:
        """Return the output shape for an input shape."""
        return self.classes, 1, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """1x1 convolution whose map is a detector's answer; in the hardware form its integer sums are the output.

    A cell has for each anchor four box offsets, the objectness, and a score of each class, in this order;
    :class:`rbonn_hw.host.detector.Detector` makes boxes of them. In the paper form its weights are real.

    Attributes:
        classes: Classes of objects.
        anchors: Edge of the square from which each anchor's boxes are reckoned [pixels].
        weight_bits: Width of the weights in the hardware form [bits].
    """

    takes: ClassVar[tuple[Kind, ...]] = (Kind.MAP,)
    gives: ClassVar[Kind] = Kind.BOXES
    classes: int
    anchors: tuple[float, ...]
    weight_bits: int = 4

    def __post_init__(self) -> None:
        check("Boxes", classes=self.classes, weight_bits=self.weight_bits)
        if self.weight_bits < 2:
            raise ConfigError(f"Boxes: weight_bits={self.weight_bits} must lie in 2 .. 8; try 4")
        if not self.anchors or not all(0 < edge < math.inf for edge in self.anchors):
            raise ConfigError(
                f"Boxes: anchors={self.anchors} must be one or more edges [pixels]; try (16.0,)"
            )

    def shape(self, shape: Shape) -> Shape:
        """Return the output shape for an input shape."""
        return len(self.anchors) * (BOX_VALUES + self.classes), *shape[1:]
