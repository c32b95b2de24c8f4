"""Data sets: what a recipe can name, and one way to load them."""

import difflib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rbonn_hw import toolchain
from rbonn_hw.errors import DatasetError
from rbonn_hw.train import cifar10, digit_canvases, digits, fashion, imagenet, mnist, voc
from rbonn_hw.train.box_split import BoxSplit
from rbonn_hw.train.download import OnBytes, silent
from rbonn_hw.train.imagenet import FolderSplit


@dataclass(frozen=True, slots=True)
class Split:
    """Images and their classes, in memory.

    Attributes:
        frames: [n, C, H, W], uint8.
        labels: [n], int64.
    """

    frames: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.frames.ndim != 4 or len(self.frames) != len(self.labels):
            raise DatasetError(f"frames {self.frames.shape} do not match {len(self.labels)} labels")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def frame(self) -> tuple[int, int, int]:
        """Shape of a frame, (C, H, W)."""
        _, channels, height, width = self.frames.shape
        return channels, height, width

    @property
    def classes(self) -> int:
        """One more than the largest label."""
        return int(self.labels.max(initial=-1)) + 1

    @property
    def groups(self) -> NDArray[np.int64]:
        """Group of each frame, of which a part of the split has an equal share: its class."""
        return self.labels

    def take(self, chosen: NDArray[np.int64]) -> Self:
        """Return the frames with these numbers, in this order."""
        return type(self)(self.frames[chosen], self.labels[chosen])


AnySplit = Split | FolderSplit | BoxSplit
"""In memory, or decoded as it is used, or with boxes: length, labels, groups, frame, classes and take()."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A training and a test split.

    Attributes:
        name: What a recipe calls it.
        train: Seen in training.
        test: Never seen in training; its order is fixed.
        provenance: Whether these are the images that others have measured on.
        class_names: Of the user's own classes, in the order of their numbers; empty for the data sets by
            name.
    """

    name: str
    train: AnySplit
    test: AnySplit
    provenance: str = "made by the caller"
    class_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.train.frame != self.test.frame:
            raise DatasetError(
                f"{self.name}: training images are {self.train.frame}, test images {self.test.frame}"
            )

    def subset(self, train_frames: int) -> Self:
        """Return the data set with fewer training frames: the first of each class alike, in their order.

        Args:
            train_frames: How many; 0 for all. Where they are no multiple of the classes, the lower classes
                give one more; where a class is too small, the others do.

        Raises:
            DatasetError: There are fewer.
        """
        if not train_frames:
            return self
        if not 0 < train_frames <= len(self.train):
            raise DatasetError(
                f"train_frames: {train_frames} must lie in 1 .. {len(self.train)}, "
                f"the training frames of {self.name!r}, or be 0 for all"
            )
        labels = self.train.groups
        rank = np.empty(len(labels), dtype=np.int64)  # of a frame among those of its class
        for label in np.unique(labels):
            members = np.flatnonzero(labels == label)
            rank[members] = np.arange(len(members))
        order = np.lexsort((labels, rank))
        return replace(self, train=self.train.take(np.sort(order[:train_frames])))

    def held_out(self, share: float, seed: int) -> tuple[AnySplit, AnySplit]:
        """Return the training split in two: to learn from, and to choose the best epoch by.

        Args:
            share: Of each class that is held out, 0 < share <= 0.5.
            seed: Decides which frames.

        Raises:
            DatasetError: The share is out of its range, or too small to hold out a frame.
        """
        if not 0 < share <= 0.5:
            raise DatasetError(f"validation: {share} must be above 0 and at most 0.5; try 0.1")
        labels = self.train.groups
        generator = np.random.default_rng(seed)
        is_held = np.zeros(len(labels), dtype=bool)
        for label in np.unique(labels):
            members = generator.permutation(np.flatnonzero(labels == label))
            is_held[members[: round(share * len(members))]] = True
        if not is_held.any():
            raise DatasetError(
                f"validation: {share} of {len(labels)} training frames in {self.train.classes} classes "
                "holds out none; use a larger share, at most 0.5"
            )
        return self.train.take(np.flatnonzero(~is_held)), self.train.take(np.flatnonzero(is_held))


def in_memory(split: AnySplit, frames: int = 0) -> Split | BoxSplit:
    """Return a split, or its first ``frames`` frames, as arrays; files are decoded as in the test."""
    first = split.take(np.arange(min(frames, len(split)))) if frames else split
    if not isinstance(first, FolderSplit):
        return first
    decoded = np.empty((len(first), *first.frame), dtype=np.uint8)
    for number in range(len(first)):
        decoded[number] = first.decode(number, None)
    return Split(decoded, first.labels)


DATASETS = ("digits", "digit-canvases", "mnist", "fashion-mnist", "cifar10", "imagenet", "voc2007")
OWN = ("folder", "npz", "voc", "coco")
"""What a recipe calls the user's own images; :mod:`rbonn_hw.train.own_data` loads them."""


def load(
    name: str,
    directory: Path | None = None,
    *,
    side: int = imagenet.SIDE,
    frame: tuple[int, int, int] | None = None,
    on_bytes: OnBytes = silent,
) -> Dataset:
    """Load a data set.

    Args:
        name: One of :data:`DATASETS`.
        directory: Data directory; None is :func:`rbonn_hw.toolchain.data_dir`. Digits need none.
        side: Of ImageNet's frames, as the network takes them [pixels].
        frame: Of VOC's frames, (C, H, W); the others have one size.
        on_bytes: Called with (file name, bytes so far, bytes in all) as files are fetched.

    Raises:
        DatasetError: Unknown, absent and not downloadable, or corrupt.
    """
    if name not in DATASETS:
        near = difflib.get_close_matches(name, DATASETS, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise DatasetError(f"data set {name!r} is not one of {list(DATASETS)}{hint}")
    if name == "digits":
        train, test = digits.load()
        return Dataset(name, Split(*train), Split(*test), digits.PROVENANCE)
    place = directory or toolchain.data_dir()
    if name == "digit-canvases":
        return Dataset(name, *digit_canvases.load(place / name), digit_canvases.PROVENANCE)
    if name == "voc2007":
        train_boxes, test_boxes, provenance = voc.load_2007(place / name, frame or voc.FRAME, on_bytes)
        return Dataset(name, train_boxes, test_boxes, provenance)
    if name == "imagenet":
        return Dataset(name, *imagenet.load(place / name, side), imagenet.PROVENANCE)
    if name == "cifar10":
        train, test, provenance = cifar10.load(place / cifar10.FOLDER, on_bytes)
    else:
        group = mnist.MNIST if name == "mnist" else fashion.FASHION
        train, test, provenance = mnist.load_idx(group, place / name, on_bytes)
    return Dataset(name, Split(*train), Split(*test), provenance)
