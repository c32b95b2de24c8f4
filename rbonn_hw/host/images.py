"""Pixels to the accelerator's input integers: a table of 256 entries, and the order of the axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import FrameError, PackageError
from .fields import Fields
from .streams import MAX_AXES, Array, frame_shape


@dataclass(frozen=True)
class ImageTable:
    """How uint8 images become input integers.

    Attributes:
        shape: Shape of an image, without the batch; as the network was trained, [channels, height, width].
        axes: Order in which the accelerator takes the axes of an image.
        table: Integer of every pixel value, [256], or one row per channel, [channels, 256].
    """

    shape: tuple[int, ...]
    axes: tuple[int, ...]
    table: Array

    @classmethod
    def from_document(cls, entry: Fields) -> ImageTable:
        """Read the table from a package's metadata.

        Raises:
            PackageError: The entry contradicts itself.
        """
        shape = frame_shape(entry)
        axes = entry.integers("axes", 0, MAX_AXES)
        rows = entry.rows("table", -(1 << 31), (1 << 32) - 1)
        lengths = {len(row) for row in rows}
        if sorted(axes) != list(range(len(shape))) or lengths != {256} or len(rows) not in (1, shape[0]):
            raise PackageError(
                f"metadata.json: axes {list(axes)} and a table of {len(rows)} rows of {sorted(lengths)} do "
                f"not fit images of {list(shape)}; make the package again"
            )
        wide = np.asarray(rows if len(rows) > 1 else rows[0], np.int64)
        table = wide.astype(np.result_type(np.min_scalar_type(wide.min()), np.min_scalar_type(wide.max())))
        return cls(shape, axes, table)

    @property
    def frame_shape(self) -> tuple[int, ...]:
        """Shape of the input integers, without the batch."""
        return tuple(self.shape[axis] for axis in self.axes)

    def check(self, images: Any) -> None:
        """Check images before they are looked up.

        Raises:
            FrameError: No array of uint8 of the network's shape.
        """
        if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
            found = getattr(images, "dtype", type(images).__name__)
            raise FrameError(f"images are {found}; give a NumPy array of uint8, pixels 0 .. 255")
        if images.shape[1:] != self.shape or images.ndim != len(self.shape) + 1:
            expected = ", ".join(["n", *map(str, self.shape)])
            raise FrameError(
                f"images have shape {list(images.shape)}; the network takes [{expected}], the batch first"
            )

    def integers(self, images: Array) -> Array:
        """Return the input integers [n, *stream shape] of images, checked before."""
        if self.table.ndim == 1:
            looked_up = self.table[images]
        else:
            looked_up = np.stack([row[images[:, c]] for c, row in enumerate(self.table)], axis=1)
        return looked_up.transpose(0, *(axis + 1 for axis in self.axes))
