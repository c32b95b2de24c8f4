"""Images in class folders, as ImageNet is laid out: train/<class>/*.JPEG and val/<class>/*.JPEG.

Nothing is held in memory but the names; frames are decoded as they are used.

Source:
    Russakovsky et al., ImageNet Large Scale Visual Recognition Challenge, 2015 (data); Szegedy et al., Going
    Deeper with Convolutions, 2015, section 6 (crops of random size and aspect in training).
"""

import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rbonn_hw.errors import DatasetError

SIDE = 224
PROVENANCE = "images as found in class folders; ImageNet publishes no checksum of the unpacked files"
SUFFIXES = (".jpeg", ".jpg", ".png")
CROP_TRIES = 10
"""Crops that are drawn for a frame, of which the first that fits its image is taken."""
CROP_SHARES = (0.08, 1.0)
"""Area of a training crop, of its image's."""
CROP_ASPECTS = (3 / 4, 4 / 3)
"""Width of a training crop by its height."""
CENTRE_SHARE = 224 / 256
"""Side of the centre crop in the test, of the image's shorter side."""

Box = tuple[int, int, int, int]
"""Left, upper, right, lower edge in the image [pixels]."""


@dataclass(frozen=True, slots=True)
class FolderSplit:
    """Images in files and their classes.

    Attributes:
        root: Folder of the class folders.
        names: [n], files, relative to ``root``.
        labels: [n], int64.
        classes: Classes; those of a label's frames may be fewer.
        side: Of a decoded frame [pixels].
    """

    root: Path
    names: tuple[str, ...]
    labels: NDArray[np.int64]
    classes: int
    side: int

    def __post_init__(self) -> None:
        if len(self.names) != len(self.labels):
            raise DatasetError(f"{self.root}: {len(self.names)} files do not match {len(self.labels)} labels")
        if self.side < 1:
            raise DatasetError(f"side of the frames: {self.side} must be positive; try {SIDE}")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def frame(self) -> tuple[int, int, int]:
        """Shape of a frame, (C, H, W)."""
        return 3, self.side, self.side

    @property
    def groups(self) -> NDArray[np.int64]:
        """Group of each frame, of which a part of the split has an equal share: its class."""
        return self.labels

    def take(self, chosen: NDArray[np.int64]) -> Self:
        """Return the frames with these numbers, in this order."""
        return replace(self, names=tuple(self.names[number] for number in chosen), labels=self.labels[chosen])

    def decode(self, number: int, tries: NDArray[np.float32] | None) -> NDArray[np.uint8]:
        """Return a frame [3, side, side].

        Args:
            number: Of the frame.
            tries: For :func:`training_box`; None for the test's centre crop.

        Raises:
            DatasetError: The file is no image; the message names it.
        """
        path = self.root / self.names[number]
        try:
            with Image.open(path) as image:
                frame = centre(image, self.side) if tries is None else crop(image, self.side, tries)
        except (OSError, SyntaxError, ValueError) as error:
            raise DatasetError(
                f"{path} cannot be read as an image ({error}); replace it, or delete it from the data set"
            ) from None
        return np.asarray(frame).transpose(2, 0, 1)


def training_box(width: int, height: int, tries: NDArray[np.float32]) -> Box:
    """Return a part of an image, of random area and aspect, at a random place.

    Args:
        width: Of the image [pixels].
        height: Of the image [pixels].
        tries: [:data:`CROP_TRIES`, 4], each 0 .. 1: area, aspect (on a logarithmic scale), left, upper. If
            none of them fits, the answer is the largest centred part of allowed aspect.
    """
    least, most = math.log(CROP_ASPECTS[0]), math.log(CROP_ASPECTS[1])
    for area, log_aspect, left, upper in tries.tolist():
        pixels = width * height * (CROP_SHARES[0] + area * (CROP_SHARES[1] - CROP_SHARES[0]))
        aspect = math.exp(least + log_aspect * (most - least))
        wide, high = round(math.sqrt(pixels * aspect)), round(math.sqrt(pixels / aspect))
        if 0 < wide <= width and 0 < high <= height:
            x, y = int(left * (width - wide + 1)), int(upper * (height - high + 1))
            return x, y, x + wide, y + high
    wide = min(width, round(height * CROP_ASPECTS[1]))
    high = min(height, round(width / CROP_ASPECTS[0]))
    x, y = (width - wide) // 2, (height - high) // 2
    return x, y, x + wide, y + high


def crop(image: Image.Image, side: int, tries: NDArray[np.float32]) -> Image.Image:
    """Return a random part of an image, scaled to ``side`` x ``side`` pixels; see :func:`training_box`."""
    width, height = image.size
    left, upper, right, lower = training_box(width, height, tries)
    # A JPEG is decoded at 1/2, 1/4 or 1/8 of its size where the part still has side x side pixels.
    image.draft("RGB", (math.ceil(width * side / (right - left)), math.ceil(height * side / (lower - upper))))
    across, down = image.size[0] / width, image.size[1] / height
    box = (left * across, upper * down, right * across, lower * down)
    return image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR, box)


def centre(image: Image.Image, side: int) -> Image.Image:
    """Return the centre of an image whose shorter side was scaled to side / :data:`CENTRE_SHARE`."""
    shorter = round(side / CENTRE_SHARE)
    width, height = image.size
    scale = shorter / min(width, height)
    size = max(shorter, int(width * scale)), max(shorter, int(height * scale))
    left, upper = round((size[0] - side) / 2), round((size[1] - side) / 2)
    scaled = image.convert("RGB").resize(size, Image.Resampling.BILINEAR)
    return scaled.crop((left, upper, left + side, upper + side))


def load(folder: Path, side: int = SIDE) -> tuple[FolderSplit, FolderSplit]:
    """Return the training and the test split; ImageNet's validation images are the test split.

    Args:
        folder: With the folders train and val. Classes are numbered in the order of their names.
        side: Of a frame [pixels].

    Raises:
        DatasetError: A folder is absent, has no class or an empty one, or the two have different classes.
    """
    classes = _classes(folder / "train")
    others = _classes(folder / "val")
    if classes != others:
        odd = sorted(set(classes) ^ set(others))[0]
        has, lacks = ("train", "val") if odd in classes else ("val", "train")
        raise DatasetError(
            f"{folder / has / odd} is a class that {folder / lacks} lacks; both need the same class folders"
        )
    return _scan(folder / "train", classes, side), _scan(folder / "val", classes, side)


def _classes(root: Path) -> list[str]:
    try:
        with os.scandir(root) as entries:
            classes = sorted(
                entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")
            )
    except OSError as error:
        raise DatasetError(
            f"ImageNet's {root} cannot be read ({error}); its licence forbids a download by this program: "
            "get ILSVRC2012 from image-net.org, unpack it to train/<class>/*.JPEG and val/<class>/*.JPEG in "
            f"{root.parent}, or name another place by --data-dir or RBONN_DATA"
        ) from None
    if not classes:
        raise DatasetError(f"{root} has no class folders; sort its images into {root / '<class>'}")
    return classes


def _scan(root: Path, classes: list[str], side: int) -> FolderSplit:
    names: list[str] = []
    counts = []
    for name in classes:
        with os.scandir(root / name) as entries:
            files = sorted(entry.name for entry in entries if entry.name.lower().endswith(SUFFIXES))
        if not files:
            raise DatasetError(
                f"{root / name} has no image ({', '.join(SUFFIXES)}); fill it, or delete it in train and val"
            )
        names += [f"{name}/{file}" for file in files]
        counts.append(len(files))
    labels = np.repeat(np.arange(len(classes), dtype=np.int64), counts)
    return FolderSplit(root, tuple(names), labels, len(classes), side)
