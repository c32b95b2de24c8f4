"""Data sets as arrays in memory: what a recipe can name, and one way to load them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rbonn_hw import toolchain
from rbonn_hw.errors import DatasetError
from rbonn_hw.train import digits, mnist


@dataclass(frozen=True, slots=True)
class Split:
    """Images and their classes.

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


@dataclass(frozen=True, slots=True)
class Dataset:
    """A training and a test split.

    Attributes:
        name: What a recipe calls it.
        train: Seen in training.
        test: Never seen in training; its order is fixed.
    """

    name: str
    train: Split
    test: Split

    def __post_init__(self) -> None:
        if self.train.frames.shape[1:] != self.test.frames.shape[1:]:
            raise DatasetError(f"{self.name}: training and test images differ in shape")


DATASETS = ("digits", "mnist")


def load(name: str, directory: Path | None = None) -> Dataset:
    """Load a data set.

    Args:
        name: One of :data:`DATASETS`.
        directory: Data directory; None is :func:`rbonn_hw.toolchain.data_dir`. Digits need none.

    Raises:
        DatasetError: Unknown, absent and not downloadable, or corrupt.
    """
    if name == "digits":
        train, test = digits.load()
    elif name == "mnist":
        train, test = mnist.load((directory or toolchain.data_dir()) / "mnist")
    else:
        raise DatasetError(f"data set {name!r} is not one of {list(DATASETS)}")
    return Dataset(name, Split(*train), Split(*test))
