"""A network as a table: rows of plain data, checked at construction, from which modules are built.

A feature map between two rows is INT<bits> with scale 1: one grid for the whole network, so that any two maps
of equal shape may be added.
"""

from dataclasses import dataclass

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ConfigError

FORMS = ("hardware", "paper")


def _check(row: str, *, kernel: int = 3, **counts: int) -> None:
    if kernel < 1 or kernel % 2 == 0:
        raise ConfigError(f"{row}: kernel={kernel} must be odd and positive; try 3")
    for name, value in counts.items():
        if value < 1:
            raise ConfigError(f"{row}: {name}={value} must be positive")


def _strided(pixels: int, stride: int) -> int:
    """Return the outputs along one edge of a convolution padded by half its odd kernel."""
    return -(-pixels // stride)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stem:
    """First layer: binary convolution of the 8-bit image (zero padding), BatchNorm, grid.

    Attributes:
        channels: Filters.
        kernel: Odd edge of the window [pixels].
        stride: Step of the window [pixels].
    """

    channels: int
    kernel: int = 3
    stride: int = 1

    def __post_init__(self) -> None:
        _check("Stem", kernel=self.kernel, channels=self.channels, stride=self.stride)


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """``grid(act(x + grid(norm(alpha * conv(sign(x + bias))))))``, act = bias, PReLU, bias; shape unchanged.

    Attributes:
        kernel: Odd edge of the window [pixels].
    """

    kernel: int = 3

    def __post_init__(self) -> None:
        _check("Residual", kernel=self.kernel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Widen:
    """``grid(act(norm(alpha * conv(sign(x + bias)))))``: a binary layer that changes the shape.

    Attributes:
        channels: Filters.
        kernel: Odd edge of the window [pixels].
        stride: Step of the window [pixels].
    """

    channels: int
    kernel: int = 3
    stride: int = 1

    def __post_init__(self) -> None:
        _check("Widen", kernel=self.kernel, channels=self.channels, stride=self.stride)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxPool:
    """Maximum over ``size`` x ``size`` windows without overlap."""

    size: int = 2

    def __post_init__(self) -> None:
        _check("MaxPool", size=self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class SumPool:
    """Sum over ``size`` x ``size`` windows without overlap; ends the feature maps.

    Attributes:
        size: Edge of the window [pixels], a power of two: the graph holds the sum as a scaled average,
            which only then is exact.
    """

    size: int = 2

    def __post_init__(self) -> None:
        _check("SumPool", size=self.size)
        if self.size & (self.size - 1):
            raise ConfigError(f"SumPool: size={self.size} must be a power of two; try 2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """Binary fully connected layer on all integers of the map; its integer sums are the network's output.

    Attributes:
        classes: Outputs.
    """

    classes: int

    def __post_init__(self) -> None:
        _check("Classifier", classes=self.classes)


Row = Stem | Residual | Widen | MaxPool | SumPool | Classifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A whole network.

    Attributes:
        name: What a recipe calls it.
        frame: Input shape (channels, height, width), UINT8.
        bits: Width of the signed feature maps between rows [bits].
        rows: From the :class:`Stem` to the :class:`Classifier`.
    """

    name: str
    frame: tuple[int, int, int]
    bits: int
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        if not 2 <= self.bits <= 8:
            raise ConfigError(f"{self.name}: bits={self.bits} must lie in 2 .. 8; try 4")
        inner = self.rows[1:-2]
        ends = (self.rows[0], *self.rows[-2:]) if len(self.rows) >= 3 else ()
        if tuple(type(row) for row in ends) != (Stem, SumPool, Classifier):
            raise ConfigError(f"{self.name}: rows must be Stem, .., SumPool, Classifier")
        for row in inner:
            if not isinstance(row, Residual | Widen | MaxPool):
                raise ConfigError(f"{self.name}: {type(row).__name__} cannot stand inside; use Residual")
        self.shapes()
        assert isinstance(self.rows[-2], SumPool)
        pixels = self.rows[-2].size ** 2
        low, high = self.dtype.min * pixels, self.dtype.max * pixels
        if IntType.holding(low, high).bits > 8:
            raise ConfigError(
                f"{self.name}: the sum of {pixels} pixels of {self.dtype.qonnx_name} needs more than 8 bits; "
                f"sum {128 >> (self.bits - 1)} pixels or fewer"
            )

    @property
    def dtype(self) -> IntType:
        """Type of the feature maps between rows."""
        return IntType(self.bits, signed=True)

    def shapes(self) -> tuple[tuple[int, int, int], ...]:
        """Return the (channels, height, width) behind each row.

        Raises:
            ConfigError: A pool that does not divide its map.
        """
        shapes = []
        channels, height, width = self.frame
        for row in self.rows:
            match row:
                case Stem() | Widen():
                    channels = row.channels
                    height, width = _strided(height, row.stride), _strided(width, row.stride)
                case MaxPool() | SumPool():
                    if height % row.size or width % row.size:
                        raise ConfigError(
                            f"{self.name}: a pool of {row.size} does not divide {height}x{width} pixels"
                        )
                    height, width = height // row.size, width // row.size
                case Classifier():
                    channels, height, width = row.classes, 1, 1
                case Residual():
                    pass
            shapes.append((channels, height, width))
        return tuple(shapes)

    @property
    def classes(self) -> int:
        """Outputs of the network."""
        return self.shapes()[-1][0]
