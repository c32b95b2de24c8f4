"""Layouts of maps other than [1, c, h, w], and what each means for constants, axes and attributes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.execution import Array

HEIGHT = 2
"""Axis of [1, c, h, w] that a map of one dimension lacks."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the axes of a map are arranged.

    Attributes:
        axes: For each axis of the map, its place in [1, c, h, w]; a map of one dimension has no place 2.
    """

    axes: tuple[int, ...]

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self.axes)

    @property
    def channels_first(self) -> bool:
        """Whether axes stand in the order of [1, c, h, w]."""
        return list(self.axes) == sorted(self.axes)

    @property
    def sorting(self) -> tuple[int, ...]:
        """The permutation that brings the axes into the order of [1, c, h, w]."""
        return tuple(int(axis) for axis in np.argsort(self.axes))

    @property
    def restoring(self) -> tuple[int, ...]:
        """The permutation that undoes :attr:`sorting`."""
        return tuple(int(axis) for axis in np.argsort(self.sorting))

    def map_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Return the shape [1, c, h, w] of a map or of a constant that has this layout's rank."""
        by_place = dict(zip(self.axes, shape, strict=True))
        return tuple(int(by_place.get(place, 1)) for place in range(4))

    def constant(self, value: Array) -> Array:
        """Return a constant that broadcasts over [1, c, h, w] as ``value`` does over this layout."""
        if value.size == 1 or value.ndim > self.rank:
            return value
        whole = value.reshape((1,) * (self.rank - value.ndim) + value.shape)
        return whole.transpose(self.sorting).reshape(self.map_shape(whole.shape))

    def place(self, axis: int) -> int:
        """Return where an axis stands in [1, c, h, w]."""
        return self.axes[axis % self.rank]


NHWC = Layout((0, 2, 3, 1))
NCL = Layout((0, 1, 3))
NLC = Layout((0, 3, 1))
NCHW = Layout((0, 1, 2, 3))


def spatial(node: Any) -> dict[str, Any]:
    """Return the attributes of a convolution or pool over one dimension as those over [1, c, 1, l]."""
    found = {}
    for name, filler in (("kernel_shape", 1), ("strides", 1), ("dilations", 1), ("pads", 0)):
        values = attribute(node, name, None)
        if values is not None:
            half = len(values) // 2 or 1
            found[name] = [filler, *values] if name != "pads" else [0, *values[:half], 0, *values[half:]]
    return found
