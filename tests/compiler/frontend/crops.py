"""Networks that cut maps along height, width and time, by name."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.compiler.frontend.image import TIME, image
from tests.compiler.frontend.sketch import Sketch


def _every_second_pixel(g: Sketch) -> tuple[str, int]:
    far = np.iinfo(np.int64).max
    x = g.stem()
    x = g.op("Slice", x, g.ints(0, 0), g.ints(far, far), g.ints(2, -1), g.ints(2, 3))
    return g.relu(g.conv(x, 4, 4)), 32


def _cropped(g: Sketch) -> tuple[str, int]:
    x = g.op("Slice", g.stem(), g.ints(1, -7), g.ints(-1, 100), g.ints(2, 3))
    return g.relu(g.conv(x, 4, 4)), 4 * 6 * 7


def _parts_of_three_axes(g: Sketch) -> tuple[str, int]:
    """Columns two apart of some channels of floats, with a slope that is the same everywhere behind it."""
    x = g.conv(g.stem(), 4, 5)
    x = g.op("Slice", x, g.ints(1, 0, 1), g.ints(9, 4, 7), g.ints(2, 1, 3), g.ints(3, 1, 2))
    return g.quant(g.op("PRelu", x, g.const(np.full((4, 1, 1), 0.25))), 0.25, 4), 4 * 3 * 3


def _indexed(g: Sketch) -> tuple[str, int]:
    x = g.op("Gather", g.stem(), g.ints(2, 4, 6), axis=3)
    return g.op("Gather", g.relu(g.conv(x, 4, 4)), g.const(-2, np.int64), axis=3), 32


def _focus(g: Sketch) -> tuple[str, int]:
    """The first layer of YOLOv5: four maps of every second pixel, one behind the other."""
    far, x = np.iinfo(np.int64).max, g.quant("x", 1 / 64, 8)
    parts = []
    for corner in ((0, 0), (1, 0), (0, 1), (1, 1)):
        part = x
        for axis, start in enumerate(corner, start=2):
            part = g.op("Slice", part, g.ints(start), g.ints(far), g.ints(axis), g.ints(2))
        parts.append(part)
    return g.relu(g.conv(g.op("Concat", *parts, axis=1), 12, 4)), 64


def _blocks(g: Sketch) -> tuple[str, int]:
    x = g.op("SpaceToDepth", g.op("Slice", g.stem(c_out=6), g.ints(1), g.ints(4), g.ints(1)), blocksize=2)
    return g.relu(g.conv(x, 12, 4)), 64


def _blocks_of_four_scales(g: Sketch) -> tuple[str, int]:
    scales = np.array([0.25, 0.5, 0.125, 0.3]).reshape(4, 1, 1)
    x = g.op("SpaceToDepth", g.quant(g.stem(), scales, 3, signed=0), blocksize=2)
    return g.relu(x, 0.5), 256


def _cropped_behind_a_stride(g: Sketch) -> tuple[str, int]:
    x = g.conv(g.stem(), 4, 4, 5, strides=[2, 2])
    return g.relu(g.op("Slice", x, g.ints(1, 1), g.ints(4, 4), g.ints(2, 3))), 36


def _every_second_row_of_sums(g: Sketch) -> tuple[str, int]:
    """So many rows as a narrower border would leave, too, but others."""
    x = g.conv(g.stem(), 4, 4, 8, pads=[2] * 4)
    return g.relu(g.op("Slice", x, g.ints(1), g.ints(5), g.ints(2), g.ints(2))), 40


def _first_rows_of_sums(g: Sketch) -> tuple[str, int]:
    """Rows of the input are left over, which no border can leave out."""
    x = g.conv(g.stem(), 4, 4)
    return g.relu(g.op("Slice", x, g.ints(0), g.ints(4), g.ints(2))), 128


def _as_many_channels_as_columns(g: Sketch) -> tuple[str, int]:
    """Seven of nine channels, each with its BatchNorm; with one border there would be seven columns."""
    x = g.op("Slice", g.conv(g.stem(), 4, 9), g.ints(0), g.ints(7), g.ints(1))
    return g.relu(g.norm(x, 7)), 448


def _causal(step: int) -> Callable[[], Any]:
    """A convolution over what was before, by a border on both sides of which one is cut off again."""

    def build() -> Any:
        g = Sketch()
        x = g.op("Conv", g.quant("x", 1 / 64, 8), g.weights(5, 2, 3), g.normal(5), pads=[4, 4], dilations=[2])
        x = g.op("Slice", x, g.ints(0), g.ints(-4), g.ints(2), g.ints(1))
        x = g.relu(g.norm(x, 5))
        return g.model(g.linear(g.op("Gather", x, g.const(step, np.int64), axis=2), 5), TIME)

    return build


def _causal_sum() -> Any:
    """Both branches of a temporal block: what another layer sees, too, cannot be narrower."""
    g = Sketch()
    x = g.op("Conv", g.quant("x", 1 / 64, 8), g.weights(4, 2, 3), pads=[2, 2])
    y = g.op("Slice", g.relu(x), g.ints(1), g.ints(-1), g.ints(2))
    x = g.relu(g.op("Slice", x, g.ints(0), g.ints(-2), g.ints(2)))
    return g.model(g.head(g.relu(g.op("Add", x, y)), 64), TIME)


CROPS: dict[str, Callable[[], Any]] = {
    "every second pixel": image(_every_second_pixel, shape=(3, 7, 6)),
    "a crop": image(_cropped),
    "parts of three axes": image(_parts_of_three_axes, shape=(3, 9, 8)),
    "columns by their numbers": image(_indexed),
    "focus": image(_focus),
    "blocks as channels": image(_blocks),
    "blocks of four scales": image(_blocks_of_four_scales),
    "a crop behind a stride": image(_cropped_behind_a_stride),
    "every second row of sums": image(_every_second_row_of_sums),
    "first rows of sums": image(_first_rows_of_sums),
    "as many channels as columns": image(_as_many_channels_as_columns),
    "causal, last step": _causal(-1),
    "causal, first step": _causal(0),
    "causal, two branches": _causal_sum,
}
