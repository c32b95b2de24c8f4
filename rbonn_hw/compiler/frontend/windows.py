"""Windows over a map: what a pool or a convolution says of them, and what is laid out of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rbonn_hw.compiler.frontend.attributes import attribute

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Windows of one layer, height before width.

    Attributes:
        kernel: Taps.
        stride: Pixels from window to window.
        dilation: Pixels from tap to tap.
        pads: Border pixels: top, left, bottom, right.
    """

    kernel: Pair
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def taps(self) -> int:
        """Pixels of a window."""
        return self.kernel[0] * self.kernel[1]

    @property
    def trivial(self) -> bool:
        """Whether each window is one pixel, and each pixel a window."""
        return self.kernel == self.stride == (1, 1) and not any(self.pads)

    def within(self, pads: Sequence[int]) -> "Window":
        """Return the windows over a map that is still to get a border itself."""
        top, left, bottom, right = (a + b for a, b in zip(self.pads, pads, strict=True))
        return replace(self, pads=(top, left, bottom, right))

    def tiles(self, size: Pair) -> bool:
        """Tell whether the windows cover a map of ``size`` without overlap, gap or border."""
        return (
            self.kernel == self.stride
            and self.dilation == (1, 1)
            and not any(self.pads)
            and size[0] % self.kernel[0] == 0
            and size[1] % self.kernel[1] == 0
        )

    def out(self, size: Pair) -> Pair:
        """Return rows and columns of windows over a map of ``size``; the last pixels may be unused."""
        high, wide = (
            (
                size[axis]
                + self.pads[axis]
                + self.pads[axis + 2]
                - self.dilation[axis] * (self.kernel[axis] - 1)
                - 1
            )
            // self.stride[axis]
            + 1
            for axis in (0, 1)
        )
        return high, wide

    def reaching(self, size: Pair, out: Pair) -> "Window":
        """Return the same windows with so much border at bottom and right as ``out`` of them need."""
        bottom, right = (
            max(
                0,
                (out[axis] - 1) * self.stride[axis]
                + self.dilation[axis] * (self.kernel[axis] - 1)
                + 1
                - size[axis]
                - self.pads[axis],
            )
            for axis in (0, 1)
        )
        return replace(self, pads=(*self.pads[:2], bottom, right))


def pair(values: Sequence[int]) -> Pair:
    """Return the two entries of an attribute that has one for height and one for width."""
    high, wide = (int(value) for value in values)
    return high, wide


def window_of(node: Any, kernel: Pair, before: Pair, after: Pair) -> Window:
    """Read the windows of a convolution or pool off its attributes.

    Args:
        node: The node.
        kernel: Taps.
        before: Rows and columns of its input.
        after: Rows and columns of its output, which say how far ceil_mode goes beyond the map.
    """
    window = Window(
        kernel=kernel,
        stride=pair(attribute(node, "strides", [1, 1])),
        dilation=pair(attribute(node, "dilations", [1, 1])),
    )
    auto = attribute(node, "auto_pad", b"NOTSET").decode()
    if auto == "NOTSET":
        top, left, *_ = (int(pad) for pad in attribute(node, "pads", [0, 0, 0, 0]))
    else:
        needed = window.reaching(before, after).pads[2:]
        odd = int(auto == "SAME_LOWER")
        top, left = ((total + odd) // 2 if auto != "VALID" else 0 for total in needed)
    return replace(window, pads=(top, left, 0, 0)).reaching(before, after)
