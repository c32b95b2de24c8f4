"""Shapes and kinds of the tensors between the rows of a table, and the checks that rows share."""

import enum

from rbonn_hw.errors import ConfigError

Shape = tuple[int, int, int]
"""(channels, height, width)."""


def parsed(text: str) -> Shape | None:
    """Return the shape that "CxHxW" says; None if it is not of that form."""
    parts = text.split("x")
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() and int(part) for part in parts):
        return None
    channels, height, width = map(int, parts)
    return channels, height, width


def spelled(shape: Shape) -> str:
    """Return a shape as "CxHxW"."""
    return "x".join(map(str, shape))


class Kind(enum.Enum):
    """What travels between two rows.

    Attributes:
        IMAGE: The 8-bit frame.
        MAP: A feature map of INT<bits> with scale 1 (hardware form) or of reals (paper form).
        SIGNS: A map or a vector of -1 and +1.
        VECTOR: Integers (hardware form) or reals (paper form), flattened, for the classifier.
        SCORES: The output of a network that classifies.
        BOXES: The output of one that detects: a map of box offsets, objectness and class scores.
    """

    IMAGE = "image"
    MAP = "map"
    SIGNS = "signs"
    VECTOR = "vector"
    SCORES = "scores"
    BOXES = "boxes"


def check(row: str, *, kernel: int = 3, weight_bits: int = 8, **counts: int) -> None:
    """Check the arguments of a row.

    Raises:
        ConfigError: One is out of its range.
    """
    if kernel < 1 or kernel % 2 == 0:
        raise ConfigError(f"{row}: kernel={kernel} must be odd and positive; try 3")
    if not 1 <= weight_bits <= 8:
        raise ConfigError(f"{row}: weight_bits={weight_bits} must lie in 1 .. 8; try 8")
    for name, value in counts.items():
        if value < 1:
            raise ConfigError(f"{row}: {name}={value} must be positive")


def strided(shape: Shape, channels: int, stride: int) -> Shape:
    """Return the outputs of a convolution padded by half its odd kernel."""
    return channels, -(-shape[1] // stride), -(-shape[2] // stride)


def pooled(shape: Shape, size: int) -> Shape:
    """Return the outputs of a pool whose windows tile the map.

    Raises:
        ConfigError: They do not.
    """
    channels, height, width = shape
    if height % size or width % size:
        raise ConfigError(f"a pool of {size} does not divide {height}x{width} pixels")
    return channels, height // size, width // size
