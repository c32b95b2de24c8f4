"""Pixels to the accelerator's input integers: a table of 256 entries, and the order of the axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import FrameError, PackageError
from .streams import Array


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
    def from_document(cls, entry: Mapping[str, Any]) -> ImageTable:
        """Read the table from a package's metadata.

        Raises:
            PackageError: The entry contradicts itself.
        """
        shape = tuple(int(size) for size in entry["shape"])
        axes = tuple(int(axis) for axis in entry["axes"])
        wide = np.asarray(entry["table"], np.int64)
        table = wide.astype(np.result_type(np.min_scalar_type(wide.min()), np.min_scalar_type(wide.max())))
        if sorted(axes) != list(range(len(shape))) or table.shape not in ((256,), (shape[0], 256)):
            raise PackageError(
                f"metadata.json: axes {list(axes)} and a table of {list(table.shape)} do not fit images of "
                f"{list(shape)}; make the package again"
            )
        return cls(shape, axes, table)

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
