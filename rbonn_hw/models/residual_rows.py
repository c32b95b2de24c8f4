"""Rows that work on integer maps with binary convolutions, four of them around a shortcut."""

from dataclasses import dataclass
from typing import ClassVar

from rbonn_hw.models.shapes import Kind, Shape, check, pooled, strided


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """``grid(act(x + grid(norm(alpha * conv(sign(x + bias))))))``, act = bias, PReLU, bias; shape unchanged.

    Attributes:
        kernel: Odd edge of the window [pixels].
    """

    takes: ClassVar[tuple[Kind, ...]] = (Kind.MAP,)
    gives: ClassVar[Kind] = Kind.MAP
    kernel: int = 3

    def __post_init__(self) -> None:
        check("Residual", kernel=self.kernel)

    def shape(self, shape: Shape) -> Shape:
        """Return the output shape for an input shape."""
        return shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Widen:
    """``grid(act(norm(alpha * conv(sign(x + bias)))))``: a binary layer that changes the shape.

    Attributes:
        channels: Filters.
        kernel: Odd edge of the window [pixels].
        stride: Step of the window [pixels].
    """

    takes: ClassVar[tuple[Kind, ...]] = (Kind.MAP,)
    gives: ClassVar[Kind] = Kind.MAP
    channels: int
    kernel: int = 3
    stride: int = 1

    def __post_init__(self) -> None:
        check("Widen", kernel=self.kernel, channels=self.channels, stride=self.stride)

    def shape(self, shape: Shape) -> Shape:
        """Return the output shape for an input shape."""
        return strided(shape, self.channels, self.stride)


@dataclass(frozen=True, slots=True, kw_only=True)
class Downsample:
    """A residual block of stride 2 whose shortcut is a 2x2 pool, a 1x1 convolution and BatchNorm.

    The pool is a sum in the hardware form and an average in the paper form; the 1x1 convolution has few bits
    in the hardware form and is real in the paper form.

    Attributes:
        channels: Filters of either branch.
        kernel: Odd edge of the binary convolution's window [pixels].
        weight_bits: Width of the 1x1 convolution's weights in the hardware form; 1 is binary with alpha
            per filter [bits].

    Source:
        Liu et al., Bi-Real Net, ECCV 2018; ReActNet, ECCV 2020.
    """

    takes: ClassVar[tuple[Kind, ...]] = (Kind.MAP,)
    gives: ClassVar[Kind] = Kind.MAP
    channels: int
    kernel: int = 3
    weight_bits: int = 4

    def __post_init__(self) -> None:
        check("Downsample", kernel=self.kernel, weight_bits=self.weight_bits, channels=self.channels)

    def shape(self, shape: Shape) -> Shape:
        """Return the output shape for an input shape."""
        return self.channels, *pooled(shape, 2)[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrink:
    """A residual block of stride 2 that keeps the channels: its shortcut is a 2x2 average.

    Attributes:
        kernel: Odd edge of the window [pixels].

    Source:
        Liu et al., ReActNet, ECCV 2020, section 4.1.
    """

    takes: ClassVar[tuple[Kind, ...]] = (Kind.MAP,)
    gives: ClassVar[Kind] = Kind.MAP
    kernel: int = 3

    def __post_init__(self) -> None:
        check("Shrink", kernel=self.kernel)

    def shape(self, shape: Shape) -> Shape:
        """Return the output shape for an input shape."""
        return pooled(shape, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """A residual block with twice the channels: its shortcut is the map, repeated.

    The two convolutions of the source, whose outputs are concatenated, are the halves of one.

    Attributes:
        kernel: Odd edge of the window [pixels].

    Source:
        Liu et al., ReActNet, ECCV 2020, section 4.1.
    """

    takes: ClassVar[tuple[Kind, ...]] = (Kind.MAP,)
    gives: ClassVar[Kind] = Kind.MAP
    kernel: int = 1

    def __post_init__(self) -> None:
        check("Double", kernel=self.kernel)

    def shape(self, shape: Shape) -> Shape:
        """Return the output shape for an input shape."""
        return 2 * shape[0], *shape[1:]
