"""Digits to find: scikit-learn's, in several sizes, on canvases with clutter; made once and kept.

A canvas has up to :data:`MOST` digits, some of them overlapping, lines and blobs that are none, and noise. No
digit that is on a training canvas is on one of the test. Nothing is downloaded, and every operation is one of
NumPy's on integers or doubles, so that a machine makes the same canvases as another.
"""

from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from rbonn_hw.arrays import read_arrays
from rbonn_hw.errors import DatasetError
from rbonn_hw.results import write_arrays
from rbonn_hw.train import digits
from rbonn_hw.train.box_split import BoxSplit, padded

SIDE = 64
SIZES = (14, 30)
"""Edge of a digit's square, from .. to [pixels]; its box is that of its ink."""
MOST = 4
"""Digits of a canvas; one in :data:`EMPTY_EVERY` has none."""
EMPTY_EVERY = 20
MOST_OVERLAP = 0.15
"""Intersection over union of two boxes, at most."""
TRIES = 10
INK = 60
"""Pixels from here on are a digit's."""
CANVASES = {"train": 4000, "test": 500}
SEEDS = {"train": 11, "test": 12}
VERSION = 1
"""Of this file's rules; canvases of another are made anew."""
PROVENANCE = f"scikit-learn's digits on canvases, made by fixed seeds (version {VERSION})"
NAMES = tuple(f"{split}_{what}" for split in CANVASES for what in ("frames", "boxes"))
Images = NDArray[np.float64]


def load(folder: Path) -> tuple[BoxSplit, BoxSplit]:
    """Return the training and the test split; both are kept in ``folder``.

    Raises:
        DatasetError: What is kept there cannot be read.
    """
    path = folder / f"canvases_{VERSION}.npz"
    if path.exists():
        arrays = read_arrays(path)
        if not set(NAMES) <= set(arrays):
            raise DatasetError(f"{path} holds {sorted(arrays)}; delete it, and it is made anew")
    else:
        arrays = _made()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_arrays(path, **arrays)
        except OSError as error:
            raise DatasetError(f"{path} cannot be written ({error}); set $RBONN_DATA") from None
    train, test = (
        BoxSplit(arrays[f"{split}_frames"], arrays[f"{split}_boxes"], classes=10) for split in CANVASES
    )
    return train, test


def _made() -> dict[str, NDArray[np.uint8] | NDArray[np.float32]]:
    arrays: dict[str, NDArray[np.uint8] | NDArray[np.float32]] = {}
    for split, source in zip(CANVASES, digits.load(), strict=True):
        frames, boxes = canvases(*source, CANVASES[split], np.random.default_rng(SEEDS[split]))
        arrays |= {f"{split}_frames": frames, f"{split}_boxes": boxes}
    return arrays


def canvases(
    images: NDArray[np.uint8], labels: NDArray[np.int64], count: int, generator: Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return frames [n, 1, SIDE, SIDE] and their boxes [n, MOST, 5], of digits [m, 1, 8, 8]."""
    frames = np.empty((count, 1, SIDE, SIDE), dtype=np.uint8)
    boxes = []
    for number in range(count):
        wanted = 0 if number % EMPTY_EVERY == EMPTY_EVERY - 1 else int(generator.integers(1, MOST + 1))
        canvas = _clutter(generator)
        placed: list[list[float]] = []
        for _ in range(TRIES):
            if len(placed) < wanted:
                at = int(generator.integers(len(images)))
                _place(canvas, images[at, 0], int(labels[at]), placed, generator)
        noise = generator.integers(-12, 13, canvas.shape)
        frames[number, 0] = np.clip(np.rint(canvas) + noise, 0, 255).astype(np.uint8)
        boxes.append(np.asarray(placed, dtype=np.float32).reshape(-1, 5))
    return frames, padded(boxes)


def _place(
    canvas: Images, image: NDArray[np.uint8], label: int, placed: list[list[float]], generator: Generator
) -> None:
    """Put a digit on the canvas, if it does not hide another."""
    side = int(generator.integers(SIZES[0], SIZES[1] + 1))
    digit = enlarged(image.astype(np.float64), side)
    rows, columns = (np.flatnonzero((digit >= INK).any(axis=axis)) for axis in (1, 0))
    top, left = (int(generator.integers(0, SIDE - side + 1)) for _ in range(2))
    box = [
        float(left + columns[0]),
        float(top + rows[0]),
        float(left + columns[-1] + 1),
        float(top + rows[-1] + 1),
    ]
    if all(_common(box, other) <= MOST_OVERLAP for other in placed):
        part = canvas[top : top + side, left : left + side]
        np.maximum(part, digit * (0.7 + 0.3 * generator.random()), out=part)
        placed.append([*box, float(label)])


def _common(one: list[float], other: list[float]) -> float:
    """Return intersection over union of two boxes."""
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return width * height / (sum(areas) - width * height)


def enlarged(image: Images, side: int) -> Images:
    """Return an image [h, w] as one of [side, side], bilinearly."""
    for axis in (0, 1):
        size = image.shape[axis]
        at = np.clip((np.arange(side) + 0.5) * size / side - 0.5, 0.0, size - 1.0)
        low = np.minimum(at.astype(np.int64), size - 2)
        share = (at - low).reshape(-1, 1) if axis == 0 else (at - low)
        image = np.take(image, low, axis) * (1.0 - share) + np.take(image, low + 1, axis) * share
    return image


def _clutter(generator: Generator) -> Images:
    """Return an empty canvas with a grey ground, lines, and blobs."""
    canvas = np.full((SIDE, SIDE), float(generator.integers(0, 60)))
    down, across = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    for _ in range(int(generator.integers(0, 4))):
        top, left = generator.integers(0, SIDE, 2)
        height, width = generator.integers(1, 16, 2)
        canvas[top : top + height, left : left + width] = float(generator.integers(0, 140))
    for _ in range(int(generator.integers(0, 4))):
        row, column = generator.integers(0, SIDE, 2)
        slope, length = int(generator.integers(-2, 3)), int(generator.integers(6, 20))
        near = np.abs((down - row) * 2 - slope * (across - column)) <= 2
        reach = (np.abs(across - column) <= length) & (np.abs(down - row) <= length)
        canvas[near & reach] = float(generator.integers(80, 220))
    return canvas
