"""Images in files with boxes beside them: decoded, brought to the network's size, and checked.

An image is stretched to the frame, and its boxes with it; those that become thinner than a pixel are left
away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rbonn_hw.errors import DatasetError
from rbonn_hw.train.box_split import SMALLEST, BoxSplit, padded
from rbonn_hw.train.class_folders import MODES, check_size, each_image, pixels

SLACK = 1.0
"""How far a box may leave its image, where tools have rounded: it is cut [pixels]."""
NAMED = 5
"""Faults that a message names."""
Box = tuple[float, float, float, float]
"""Left, upper, right and lower edge [pixels of the image]."""


@dataclass(frozen=True, slots=True)
class Annotated:
    """An image and what is in it.

    Attributes:
        path: The image.
        boxes: Of its objects; there may be none.
        names: Class of each.
        where: The annotation, for messages.
    """

    path: Path
    boxes: tuple[Box, ...]
    names: tuple[str, ...]
    where: str


def class_names(train: Sequence[Annotated], test: Sequence[Annotated], root: Path) -> tuple[str, ...]:
    """Return the classes of the training split, in the order of their names.

    Raises:
        DatasetError: There is no object to learn, or the test has a class that the training lacks.
    """
    names = tuple(sorted({name for one in train for name in one.names}))
    if not names:
        raise DatasetError(f"{root}: no training image has a box; a detector needs objects to learn")
    check_classes(test, names, "the training images")
    return names


def check_classes(annotated: Sequence[Annotated], names: Sequence[str], whose: str) -> None:
    """Check that all objects are of these classes.

    Raises:
        DatasetError: One is not; the message names its annotation.
    """
    for one in annotated:
        for name in one.names:
            if name not in names:
                shown = ", ".join(names[:NAMED]) + (" .." if len(names) > NAMED else "")
                raise DatasetError(
                    f"{one.where}: class {name!r} is none of {whose} ({shown}); rename it, or leave its "
                    "boxes away"
                )


def split(
    annotated: Sequence[Annotated], names: Sequence[str], frame: tuple[int, int, int], root: Path
) -> BoxSplit:
    """Return images and boxes as the network takes them.

    Args:
        annotated: The images.
        names: Classes, in the order of their numbers.
        frame: (C, H, W); C is 1 (grey) or 3 (red, green, blue).
        root: The data set, for messages.

    Raises:
        DatasetError: A file is no image, or boxes are none or leave their image; all files are looked at
            before the message is made. There is no image, or too many for the memory.
    """
    if frame[0] not in MODES:
        raise DatasetError(f"frame: images have 1 or 3 channels, not {frame[0]}")
    if not annotated:
        raise DatasetError(f"{root}: a split has no image; both need some")
    check_size(len(annotated), frame, root)
    numbers = {name: number for number, name in enumerate(names)}
    frames = np.empty((len(annotated), *frame), np.uint8)
    sizes = [(0, 0)] * len(annotated)

    def take(number: int, image: Image.Image) -> None:
        sizes[number] = image.size
        frames[number] = _stretched(image, frame)

    damaged = each_image([one.path for one in annotated], take)
    faults = [
        text
        for number, one in enumerate(annotated)
        if (text := damaged.get(number) or _fault(one, *sizes[number]))
    ]
    if faults:
        more = f" and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
        raise DatasetError(
            f"{root}: {len(faults)} of {len(annotated)} images are wrong: {'; '.join(faults[:NAMED])}{more}; "
            "mend them, or leave them out"
        )
    rows = [_scaled(one, numbers, frame, *size) for one, size in zip(annotated, sizes, strict=True)]
    return BoxSplit(frames, padded(rows), len(names))


def _stretched(image: Image.Image, frame: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return the frame."""
    width, height = image.size
    image.info.pop("exif", None)  # Boxes are those of the pixels as they are stored.
    whole = pixels(image, (frame[0], height, width))
    if (height, width) == frame[1:]:
        return whole
    bands = [
        np.asarray(Image.fromarray(band).resize((frame[2], frame[1]), Image.Resampling.BILINEAR))
        for band in whole
    ]
    return np.stack(bands)


def _fault(one: Annotated, width: int, height: int) -> str:
    """Return what is wrong with the boxes of an image; empty if nothing is."""
    for box in one.boxes:
        left, upper, right, lower = box
        if not np.isfinite(box).all() or right <= left or lower <= upper:
            return f"{one.where}: {list(box)} is no box with left < right and upper < lower"
        if min(left, upper) < -SLACK or right > width + SLACK or lower > height + SLACK:
            return f"{one.where}: the box {list(box)} leaves its image of {width}x{height} pixels"
    return ""


def _scaled(
    one: Annotated, numbers: dict[str, int], frame: tuple[int, int, int], width: int, height: int
) -> NDArray[np.float32]:
    """Return the boxes [m, 5] in the frame."""
    rows = np.zeros((len(one.boxes), 5), np.float64)
    if len(rows):
        scale = np.array([frame[2] / width, frame[1] / height] * 2)
        most = np.array([frame[2], frame[1]] * 2, np.float64)
        rows[:, :4] = np.clip(np.asarray(one.boxes) * scale, 0.0, most)
        rows[:, 4] = [numbers[name] for name in one.names]
    edges = rows[:, 2:4].astype(np.float32) - rows[:, :2].astype(np.float32)
    kept: NDArray[np.float32] = rows.astype(np.float32)[edges.min(axis=1, initial=np.inf) >= SMALLEST]
    return kept
