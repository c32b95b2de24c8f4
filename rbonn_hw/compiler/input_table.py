"""The head as tables: what the accelerator is fed for every pixel, integer or float.

Heads act on each number alone, and possibly move it. That is read off the operators; the tables are what the
head's own nodes give, executed by QONNX, so that a driver that looks numbers up does what the network does.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend import execute
from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.operators import ELEMENTWISE, QUANTIZERS, RESHAPES
from rbonn_hw.errors import UnsupportedOperatorError
from rbonn_hw.packing import Ints
from rbonn_hw.ref.pixels import is_turned, pixel_floats
from rbonn_hw.spec.input import InputMeaning

Floats = NDArray[np.float32]
CHUNK_ELEMENTS: Final = 1 << 22
"""Elements of one execution: bounds the memory at some tens of megabytes."""
RISING: Final = QUANTIZERS | {
    "Add", "BatchNormalization", "Cast", "Ceil", "Clip", "Div", "Dropout", "Floor", "Identity", "LeakyRelu",
    "Max", "Min", "Mul", "Neg", "Relu", "Round", "Sub",
}  # fmt: skip
"""Operators of one variable operand that rise or fall over all floats, rounding included."""
MOST_FINITE: Final = 0x7F7FFFFF
"""Bits of the greatest finite float32."""
MOST_OF_ONE_LEVEL: Final = 240
"""Pixel values that may share a level before that looks like a mistake."""
FEWEST_SHARE: Final = 8
"""One level in so many must be reached."""


@dataclass(frozen=True, slots=True)
class Order:
    """How the head moves the numbers of a frame.

    Attributes:
        shape: Of a frame of the network, without the batch.
        source: Position in the frame of every number of the stream, in the stream's shape.
    """

    shape: tuple[int, ...]
    source: Ints

    @classmethod
    def of(cls, head: ModelWrapper) -> "Order":
        """Follow the positions through the head.

        Raises:
            UnsupportedOperatorError: A node combines numbers of different positions; it is named.
        """
        graph = head.graph
        shape = tuple(int(size) for size in head.get_tensor_shape(graph.input[0].name)[1:])
        places = {graph.input[0].name: np.arange(int(np.prod(shape))).reshape(1, *shape)}
        for node in graph.node:
            moving = [name for name in node.input if name in places]
            before, after = places[moving[0]], tuple(head.get_tensor_shape(node.output[0]))
            if node.op_type == "Transpose":
                places[node.output[0]] = before.transpose(attribute(node, "perm", None))
            elif node.op_type in RESHAPES:
                places[node.output[0]] = before.reshape(after)
            elif node.op_type in ELEMENTWISE | QUANTIZERS and before.shape == after:
                places[node.output[0]] = before
            else:
                raise UnsupportedOperatorError(
                    f"{node.name} ({node.op_type}) stands before the first quantizer and is no function of "
                    "each number alone, so the driver cannot feed the accelerator; quantize the network's "
                    "input first"
                )
        return cls(shape, places[graph.output[0].name][0])

    def by_channel(self, integers: Ints) -> Ints:
        """Bring stream integers [k, ...] back to the order of the frame, [k, channels, positions]."""
        flat = integers.reshape(len(integers), -1)[:, np.argsort(self.source, axis=None)]
        frames = np.moveaxis(flat.reshape(len(integers), *self.shape), 1 + self.channel_axis, 1)
        return frames.reshape(*frames.shape[:2], -1)

    @property
    def channels(self) -> int:
        """Number of channels of a frame."""
        return self.shape[self.channel_axis]

    @property
    def channel_axis(self) -> int:
        """Axis of the channels in a frame: the one that the stream has last, unless it has one axis only."""
        return self._permutation()[-1] if self.source.ndim > 1 else 0

    def axes(self, meaning: InputMeaning) -> tuple[int, ...]:
        """Return in which order the stream takes the axes of a frame as it is given.

        Raises:
            UnsupportedOperatorError: In none.
        """
        axes = self._permutation()
        turned = is_turned(meaning, self.shape, self.channel_axis)
        return tuple((axis - 1) % 3 for axis in axes) if turned else axes

    def _permutation(self) -> tuple[int, ...]:
        """Return in which order the stream takes the axes of a frame of the network."""
        index = np.arange(self.source.size).reshape(self.shape)
        every = tuple(range(len(self.shape)))
        # An axis of one number may stand anywhere: the channels are then taken to come first.
        for axes in ((*every[1:], 0), *permutations(every)):
            if np.array_equal(index.transpose(axes).reshape(-1), self.source.reshape(-1)):
                return axes
        raise UnsupportedOperatorError(
            "the network permutes the pixels of its input before the first quantizer in a way that is no "
            "order of axes; quantize the input first"
        )


def _constant_frames(order: Order, values: Floats) -> Iterator[Floats]:
    """Yield chunks of frames, each constant in every channel; values [k, channels]."""
    step = max(1, CHUNK_ELEMENTS // order.source.size)
    column = [1] * len(order.shape)
    column[order.channel_axis] = order.channels
    for first in range(0, len(values), step):
        part = values[first : first + step]
        yield np.broadcast_to(part.reshape(len(part), *column), (len(part), *order.shape)).copy()


def channel_integers(head: ModelWrapper, order: Order, values: Floats) -> Ints:
    """Return what the head makes of floats ``values`` [k, channels] in each channel, [k, channels].

    Raises:
        UnsupportedOperatorError: That depends on where in the channel a float stands.
    """
    parts = []
    for frames in _constant_frames(order, values):
        rows = order.by_channel(np.rint(execute(head, frames)).astype(np.int64))
        if np.any(rows != rows[:, :, :1]):
            raise UnsupportedOperatorError(
                "what stands before the first quantizer differs between the pixels of a channel, so that it "
                "is no table; subtract one mean per channel, not a mean image"
            )
        parts.append(rows[:, :, 0])
    return np.concatenate(parts)


def pixel_table(head: ModelWrapper, order: Order, meaning: InputMeaning) -> Ints:
    """Return the accelerator's integer for every pixel value in every channel, [channels, 256]."""
    return channel_integers(head, order, pixel_floats(meaning, order.channels).T).T


@dataclass(frozen=True, slots=True)
class FloatSteps:
    """The head on floats: a stair of exact steps.

    Attributes:
        lowest: Integer below all steps, [channels].
        steps: Least float at which each further integer begins, [channels, k]; infinite if never.
        falling: Channels where the integers fall: the steps are those of the negated float.
    """

    lowest: Ints
    steps: Floats
    falling: NDArray[np.bool_]


def float_steps(head: ModelWrapper, order: Order) -> FloatSteps:
    """Find the steps of the head in float32 exactly, by bisection over all floats.

    Raises:
        UnsupportedOperatorError: The head is not known to rise or fall everywhere.
    """
    check_rising(head)
    channels = order.channels

    def levels(values: Floats) -> Ints:
        # The greatest floats become infinite on their way to the quantizer, which is their step.
        with np.errstate(over="ignore"):
            return channel_integers(head, order, values)

    most = np.full((1, channels), np.finfo(np.float32).max, np.float32)
    ends = np.concatenate([levels(-most), levels(most)])
    falling = ends[1] < ends[0]
    sign = np.where(falling, np.float32(-1), np.float32(1))
    lowest, highest = ends.min(axis=0), ends.max(axis=0)
    targets = lowest + 1 + np.arange(int((highest - lowest).max()))[:, None]

    def reached(values: Floats) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = levels(values * sign) >= targets
        return found

    steps = _bisect(reached, targets.shape)
    return FloatSteps(lowest, np.where(targets <= highest, steps, np.float32(np.inf)).T, falling)


def _bisect(reached: Callable[[Floats], NDArray[np.bool_]], shape: tuple[int, ...]) -> Floats:
    """Return the least finite float32 at which a rising predicate holds, element by element."""
    low = np.full(shape, -MOST_FINITE, np.int64)
    high = np.full(shape, MOST_FINITE, np.int64)
    while np.any(low < high):
        middle = (low + high) // 2
        holds = reached(_from_key(middle))
        low, high = np.where(holds, low, middle + 1), np.where(holds, middle, high)
    return _from_key(high)


def _from_key(key: Ints) -> Floats:
    """Return the float32 whose bits, taken as sign and magnitude, are an integer."""
    magnitude = np.abs(key).astype(np.uint32).view(np.float32)
    return np.where(key < 0, -magnitude, magnitude).astype(np.float32)


def check_rising(head: ModelWrapper) -> None:
    """Check that every node rises or falls in its one variable operand.

    Raises:
        UnsupportedOperatorError: One is not known to; it is named.
    """
    variable = {head.graph.input[0].name}
    for node in head.graph.node:
        operands = [place for place, name in enumerate(node.input) if name in variable]
        divides = node.op_type == "Div" and operands != [0]
        if node.op_type not in RISING | RESHAPES or len(operands) != 1 or divides:
            raise UnsupportedOperatorError(
                f"{node.name} ({node.op_type}) stands before the first quantizer and is not known to rise "
                "or fall over all floats; declare uint8 pixels or integers, or quantize the input first"
            )
        variable |= set(node.output)


def few_levels(table: Ints, levels: int) -> str:
    """Say why a table from pixels uses too little of the quantizer; empty if it does not.

    Args:
        table: [channels, 256].
        levels: Integers that the quantizer can make.
    """
    reached = len(np.unique(table))
    most = max(int(np.unique(row, return_counts=True)[1].max()) for row in table)
    if reached > 1 and most <= MOST_OF_ONE_LEVEL and reached * FEWEST_SHARE >= min(levels, table.shape[1]):
        return ""
    return (
        f"uint8 pixels 0 .. 255 reach {reached} of the {levels} levels of the first quantizer, and {most} of "
        "the 256 pixel values are one level"
    )
