"""Frames as the user has them to the accelerator's input integers: pixels, integers or floats.

Every rule was read off the network when the package was made: a table of 256 entries for pixels, nothing but
a check for integers, and for floats the exact places at which the network's quantizer steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import read_npy
from .errors import FrameError, PackageError
from .fields import Fields
from .streams import MAX_AXES, MAX_ELEMENTS, Array, Stream, frame_shape

STEPS = "input/steps.npy"
PIXELS = 256
KINDS = ("uint8", "integers", "floats")


@dataclass(frozen=True)
class FrameTable:
    """How frames become input integers.

    Attributes:
        kind: "uint8", "integers" or "floats".
        shape: Shape of a frame as it is given, without the batch: [channels, height, width] where the network
            was trained in PyTorch, [height, width, channels] if so declared.
        axes: Order in which the accelerator takes these axes.
        stream_shape: Shape in which it takes the integers.
        channel_axis: Axis of the channels among them.
        meaning: In words.
        table: "uint8": integer of every pixel value, [256], or one row per channel, [channels, 256].
        low: "integers": the least.
        high: "integers": the greatest.
        bipolar: "integers": they are -1 and +1, and travel as 0 and 1.
        lowest: "floats": integer below all steps, [1 or channels].
        falling: "floats": where the integers fall, the steps are those of the negated float, [1 or channels].
        steps: "floats": least float of each further integer, float32 [1 or channels, steps], ascending.
    """

    kind: str
    shape: tuple[int, ...]
    axes: tuple[int, ...]
    stream_shape: tuple[int, ...]
    channel_axis: int = 0
    meaning: str = ""
    table: Array = None
    low: int = 0
    high: int = 0
    bipolar: bool = False
    lowest: Array = None
    falling: Array = None
    steps: Array = None

    @classmethod
    def from_package(cls, entry: Fields, files: Mapping[str, bytes], where: str) -> FrameTable:
        """Read it from a package's metadata and files.

        Raises:
            PackageError: The entry contradicts itself.
        """
        kind = entry.text("kind")
        if kind not in KINDS:
            raise entry.wrong("kind", " or ".join(KINDS))
        shape = frame_shape(entry)
        axes = entry.integers("axes", 0, MAX_AXES)
        if sorted(axes) != list(range(len(shape))):
            raise entry.wrong("axes", f"an order of the axes of {list(shape)}")
        stream_shape = entry.integers("stream_shape", 1, MAX_ELEMENTS)
        channel_axis = entry.integer("channel_axis", 0, len(shape) - 1)
        common = (kind, shape, axes, stream_shape, channel_axis, entry.text("meaning"))
        if kind == "integers":
            low, high = (entry.integer(name, -(1 << 31), (1 << 32) - 1) for name in ("low", "high"))
            return cls(*common, low=low, high=high, bipolar=entry.flag("bipolar"))
        if kind == "uint8":
            rows = _narrow(_rows(entry, "table"))
            made = cls(*common, table=rows[0] if len(rows) == 1 else rows)
            return made._checked(rows.shape[1] == PIXELS, rows, where)
        if STEPS not in files:
            raise PackageError(f"{where}: has no {STEPS}; make the package again")
        steps = read_npy(files[STEPS], f"{where}: {STEPS}")
        lowest = np.asarray(entry.integers("lowest", -(1 << 31), 1 << 31), np.int64)
        falling = np.asarray(entry.integers("falling", 0, 1), np.bool_)
        made = cls(*common, lowest=lowest, falling=falling, steps=steps)
        good = steps.dtype == np.float32 and steps.ndim == 2 and bool(np.all(steps[:, 1:] >= steps[:, :-1]))
        return made._checked(good and len(steps) == len(lowest) == len(falling), steps, where)

    def _checked(self, good: bool, rows: Array, where: str) -> FrameTable:
        if not good or rows.ndim != 2 or len(rows) not in (1, self.shape[self.channel_axis]):
            raise PackageError(
                f"{where}: its table of {list(rows.shape)} does not fit frames of {list(self.shape)}; "
                "make the package again"
            )
        return self

    def to_document(self) -> dict[str, Any]:
        """Return the entry of a package's metadata."""
        entry: dict[str, Any] = {
            "kind": self.kind,
            "shape": list(self.shape),
            "axes": list(self.axes),
            "stream_shape": list(self.stream_shape),
            "channel_axis": self.channel_axis,
            "meaning": self.meaning,
        }
        if self.kind == "integers":
            return {**entry, "low": self.low, "high": self.high, "bipolar": self.bipolar}
        if self.kind == "uint8":
            return {**entry, "table": self.table.tolist()}
        return {**entry, "lowest": self.lowest.tolist(), "falling": self.falling.astype(int).tolist()}

    def arrays(self) -> dict[str, Array]:
        """Return the files of a package beside the metadata, by name."""
        return {STEPS: self.steps} if self.kind == "floats" else {}

    def has_shape_of(self, stream: Stream) -> bool:
        """Whether its integers have the shape of the accelerator's input."""
        elements = int(np.prod(self.shape, dtype=np.int64))
        return self.stream_shape == stream.shape and elements == stream.elements

    def stays_within(self, stream: Stream) -> bool:
        """Whether its integers are in the range of the accelerator's input."""
        if self.kind == "integers":
            return self.bipolar or (stream.low <= self.low and self.high <= stream.high)
        if self.kind == "uint8":
            return stream.low <= int(self.table.min()) and int(self.table.max()) <= stream.high
        return stream.low <= int(self.lowest.min()) and int(self.lowest.max()) <= stream.high

    def check(self, frames: Any) -> None:
        """Check frames before they are looked up.

        Raises:
            FrameError: No array of the declared type and the network's shape, or values that it cannot have.
        """
        found = getattr(frames, "dtype", type(frames).__name__)
        good, wanted = {
            "uint8": (found == np.uint8, "uint8, pixels 0 .. 255"),
            "integers": (getattr(found, "kind", "") in "iu", f"integers: {self.meaning}"),
            "floats": (found in (np.float32, np.float64), f"float32: {self.meaning}"),
        }[self.kind]
        if not isinstance(frames, np.ndarray) or not good:
            raise FrameError(f"frames are {found}; give a NumPy array of {wanted}")
        if frames.shape[1:] != self.shape or frames.ndim != len(self.shape) + 1:
            expected = ", ".join(["n", *map(str, self.shape)])
            raise FrameError(
                f"frames have shape {list(frames.shape)}; the network takes [{expected}], the batch first"
            )
        if self.kind == "floats" and not np.isfinite(frames).all():
            raise FrameError("frames hold values that are no finite numbers; the network knows none")
        if self.kind == "integers" and frames.size:
            self._check_range(frames)

    def _check_range(self, frames: Array) -> None:
        least, most = int(frames.min()), int(frames.max())
        if least < self.low or most > self.high or (self.bipolar and not frames.all()):
            allowed = "-1 and +1" if self.bipolar else f"{self.low} .. {self.high}"
            raise FrameError(f"frames hold {least} .. {most}; the network takes {self.meaning}: {allowed}")

    def integers(self, frames: Array) -> Array:
        """Return the input integers [n, *stream shape] of frames, checked before."""
        if self.kind == "uint8":
            rows = len(self.table) if self.table.ndim == 2 else 1
            found = self._by_channel(frames, self.table.dtype, rows, self._pixels)
        elif self.kind == "floats":
            single = frames.astype(np.float32)
            found = self._by_channel(single, np.dtype(np.int32), len(self.steps), self._stairs)
        else:
            found = (frames + 1) // 2 if self.bipolar else frames
        moved = found.transpose(0, *(axis + 1 for axis in self.axes))
        return moved.reshape(len(frames), *self.stream_shape)

    def _by_channel(self, frames: Array, kind: Any, rows: int, rule: Any) -> Array:
        """Apply ``rule`` to each channel, or to all of them where one row is for all."""
        if rows == 1:
            return rule(frames, 0).astype(kind)
        out = np.empty(frames.shape, kind)
        source = np.moveaxis(frames, self.channel_axis + 1, 0)
        target = np.moveaxis(out, self.channel_axis + 1, 0)
        for channel in range(rows):
            target[channel] = rule(source[channel], channel)
        return out

    def _pixels(self, values: Array, row: int) -> Array:
        return (self.table[row] if self.table.ndim == 2 else self.table)[values]

    def _stairs(self, values: Array, row: int) -> Array:
        signed = -values if self.falling[row] else values
        return self.lowest[row] + np.searchsorted(self.steps[row], signed, side="right")


def _rows(entry: Fields, name: str) -> Array:
    """Return a list of equally long lists of integers as an array."""
    rows = entry.rows(name, -(1 << 31), (1 << 32) - 1)
    if len({len(row) for row in rows}) != 1:
        raise entry.wrong(name, "rows of one length")
    return np.asarray(rows, np.int64)


def _narrow(wide: Array) -> Array:
    """Return integers in the smallest type that holds them."""
    if not wide.size:
        return wide
    return wide.astype(np.result_type(np.min_scalar_type(wide.min()), np.min_scalar_type(wide.max())))
