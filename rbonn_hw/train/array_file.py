"""Images of your own in one .npz: frames and labels, split or not, by the names that are in use.

Names are those of a row of :data:`SPLIT_NAMES`, or ``frames`` and ``labels``, which a seed then splits.
Frames are uint8 [n, C, H, W], [n, H, W, C], [n, H, W] or, where the network says their shape, [n, C * H * W].
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.arrays import read_arrays
from rbonn_hw.errors import DatasetError
from rbonn_hw.train.splitting import Arrays, by_seed

SPLIT_NAMES = (
    ("train_frames", "train_labels", "test_frames", "test_labels"),
    ("x_train", "y_train", "x_test", "y_test"),  # Keras
    ("train_images", "train_labels", "test_images", "test_labels"),  # MedMNIST
)
NAMES = ("frames", "labels")
MOST_CLASSES = 65_536
"""A larger label is no class."""


def load(
    path: Path, frame: tuple[int, int, int] | None, *, test_share: float, split_seed: int
) -> tuple[Arrays, Arrays, tuple[str, ...]]:
    """Return the training split, the test split, and a name for each class: its number.

    Args:
        path: The file.
        frame: (C, H, W) that the network takes; None to take it from the file.
        test_share: Of each class that is for the test, where the file is not split.
        split_seed: Decides which, then.

    Raises:
        DatasetError: The file cannot be read, or lacks an array; frames are of another type or shape; labels
            are no integers, or out of range; a split is empty; a class has no frame to learn from.
    """
    arrays = read_arrays(path)
    split = next((names for names in SPLIT_NAMES if set(names) <= set(arrays)), None)
    if split is None and not set(NAMES) <= set(arrays):
        wanted = " or ".join(", ".join(names) for names in (NAMES, *SPLIT_NAMES))
        raise DatasetError(f"{path} holds {', '.join(sorted(arrays)) or 'nothing'}; it must hold {wanted}")
    names = split or NAMES
    parts = [
        _pair(f"{path}: {at}", arrays[at], f"{path}: {of}", arrays[of], frame)
        for at, of in zip(names[::2], names[1::2], strict=True)
    ]
    classes = tuple(str(label) for label in range(1 + max(int(labels.max()) for _, labels in parts)))
    if len(classes) < 2:
        raise DatasetError(f"{path}: every label is 0; a network tells 2 classes at least apart")
    if split is None:
        ((frames, labels),) = parts
        is_test = by_seed(labels, classes, test_share, split_seed, str(path))
        return (frames[~is_test], labels[~is_test]), (frames[is_test], labels[is_test]), classes
    absent = sorted(set(range(len(classes))) - set(parts[0][1].tolist()))
    if absent:
        raise DatasetError(
            f"{path}: class {absent[0]} has no frame in {names[0]}; number the classes 0 .. "
            f"{len(classes) - 1} without gaps, and give each something to learn from"
        )
    return parts[0], parts[1], classes


def _pair(
    at: str, frames: NDArray[Any], of: str, labels: NDArray[Any], frame: tuple[int, int, int] | None
) -> Arrays:
    found = _frames(at, frames, frame), _labels(of, labels)
    if len(found[0]) != len(found[1]):
        raise DatasetError(
            f"{at} has {len(found[0])} frames, {of} {len(found[1])} labels; one for each is needed"
        )
    if not len(found[1]):
        raise DatasetError(f"{at} is empty; each split needs frames")
    return found


def _frames(at: str, frames: NDArray[Any], frame: tuple[int, int, int] | None) -> NDArray[np.uint8]:
    if frames.dtype != np.uint8:
        hint = "np.round(frames * 255).astype(np.uint8) if they are 0 .. 1"
        raise DatasetError(f"{at} is {frames.dtype}; frames are uint8 pixels 0 .. 255: try {hint}")
    shape = frames.shape[1:]
    if frame is None:
        if frames.ndim == 3 or (frames.ndim == 4 and (shape[0] in (1, 3)) != (shape[2] in (1, 3))):
            is_last = frames.ndim == 4 and shape[2] in (1, 3)
            frame = (1, *shape) if frames.ndim == 3 else (shape[2], *shape[:2]) if is_last else shape
        else:
            raise DatasetError(
                f'{at} has shape {list(frames.shape)}, whose channels are not plain; set "frame" in the '
                'recipe to "CxHxW", for example "3x32x32"'
            )
    if shape == frame or (frames.ndim == 3 and (1, *shape) == frame):
        return np.ascontiguousarray(frames.reshape(-1, *frame))
    if frames.ndim == 4 and (shape[2], *shape[:2]) == frame:
        return np.ascontiguousarray(frames.transpose(0, 3, 1, 2))
    if frames.ndim == 2 and shape[0] == math.prod(frame):
        return np.ascontiguousarray(frames.reshape(-1, *frame))
    raise DatasetError(
        f"{at} has shape {list(frames.shape)}, the network takes frames of {list(frame)}; scale them, or set "
        '"frame" in the recipe'
    )


def _labels(of: str, labels: NDArray[Any]) -> NDArray[np.int64]:
    if labels.ndim == 2 and labels.shape[1] == 1:  # as in MedMNIST and Keras's CIFAR
        labels = labels[:, 0]
    if labels.ndim != 1:
        hint = f"np.argmax({of.rpartition(' ')[2]}, axis=1) if they are one-hot"
        raise DatasetError(f"{of} has shape {list(labels.shape)}; labels are [n] class numbers: try {hint}")
    if labels.dtype.kind not in "iu":
        raise DatasetError(
            f"{of} is {labels.dtype}; labels are integers 0 .. classes - 1: try .astype(np.int64)"
        )
    if len(labels) and not (int(labels.min()) >= 0 and int(labels.max()) < MOST_CLASSES):
        raise DatasetError(
            f"{of} spans {labels.min()} .. {labels.max()}; labels are class numbers from 0, below "
            f"{MOST_CLASSES}"
        )
    return labels.astype(np.int64)
