"""Images with boxes, in memory: what a detector learns from."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import DatasetError
from rbonn_hw.precision import NO_BOX, TRUTH_VALUES

SMALLEST = 1.0
"""Least edge of a box [pixels]."""


@dataclass(frozen=True, slots=True)
class BoxSplit:
    """Images and the boxes in each; there may be none.

    Attributes:
        frames: [n, C, H, W], uint8.
        labels: True boxes [n, most of a frame, 5], float32; see :data:`rbonn_hw.precision.TRUTH_VALUES`.
        classes: Classes of objects.
    """

    frames: NDArray[np.uint8]
    labels: NDArray[np.float32]
    classes: int

    def __post_init__(self) -> None:
        if self.frames.ndim != 4 or self.labels.shape[::2] != (len(self.frames), TRUTH_VALUES):
            raise DatasetError(f"frames {self.frames.shape} do not match boxes {self.labels.shape}")
        number, row, why = self._wrong()
        if why:
            raise DatasetError(f"frame {number}: the box {row.tolist()} {why}")

    def _wrong(self) -> tuple[int, NDArray[np.float32], str]:
        """Return the first box that is none, its frame, and why; nothing where all are right."""
        _, _, height, width = self.frames.shape
        is_box = self.labels[:, :, 4] != NO_BOX
        edges = np.moveaxis(self.labels[:, :, :4], -1, 0)
        label = self.labels[:, :, 4]
        left, upper, right, lower = edges
        rules = (
            (np.isfinite(self.labels).all(axis=-1), "is no box of finite numbers"),
            (
                (label >= 0) & (label < self.classes) & (label % 1 == 0),
                f"has no class 0 .. {self.classes - 1}",
            ),
            (
                (np.minimum(left, upper) >= 0) & (right <= width) & (lower <= height),
                f"leaves its frame of {height}x{width} pixels; cut it",
            ),
            (np.minimum(right - left, lower - upper) >= SMALLEST, "is thinner than a pixel; leave it away"),
        )
        for good, why in rules:
            wrong = np.argwhere(is_box & ~good)
            if len(wrong):
                number, row = wrong[0]
                return int(number), self.labels[number, row], why
        return -1, self.labels[:0, 0], ""

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def frame(self) -> tuple[int, int, int]:
        """Shape of a frame, (C, H, W)."""
        _, channels, height, width = self.frames.shape
        return channels, height, width

    @property
    def groups(self) -> NDArray[np.int64]:
        """One group of all: a frame has objects of several classes."""
        return np.zeros(len(self), dtype=np.int64)

    def take(self, chosen: NDArray[np.int64]) -> Self:
        """Return the frames with these numbers, in this order."""
        return type(self)(self.frames[chosen], self.labels[chosen], self.classes)


def padded(rows: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the true boxes [m, 5] of each frame as one array [n, most, 5]."""
    most = max(1, *(len(one) for one in rows)) if rows else 1
    out = np.full((len(rows), most, TRUTH_VALUES), NO_BOX, dtype=np.float32)
    for at, one in enumerate(rows):
        out[at, : len(one)] = one
    return out
