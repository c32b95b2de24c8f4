"""Which images of a class are for the test, where nobody has said: drawn from a seed, class by class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import DatasetError
from rbonn_hw.results import fingerprint

Arrays = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Frames [n, C, H, W] and labels [n]."""


def by_seed(
    labels: NDArray[np.int64], names: Sequence[str], share: float, seed: int, where: str
) -> NDArray[np.bool_]:
    """Return which images are for the test [n]: the share of each class, one at least, but not all.

    Args:
        labels: [n], 0 .. classes - 1.
        names: Of the classes.
        share: Of each class, 0 < share < 1.
        seed: Decides which.
        where: The data set, for messages.

    Raises:
        DatasetError: The share is out of its range, or a class has one image or none.
    """
    if not 0 < share < 1:
        raise DatasetError(f"test_share: {share} must lie between 0 and 1; try 0.2")
    counts = np.bincount(labels, minlength=len(names))
    small = [f"{name!r} ({count})" for name, count in zip(names, counts, strict=True) if count < 2]
    if small:
        raise DatasetError(
            f"{where}: a class needs 2 images, one to learn from and one to test with; too few have "
            f"{', '.join(small[:5])}{' ..' if len(small) > 5 else ''}; add images, or leave the class out"
        )
    generator = np.random.default_rng(seed)
    is_test = np.zeros(len(labels), dtype=np.bool_)
    for label, count in enumerate(counts):
        members = generator.permutation(np.flatnonzero(labels == label))
        is_test[members[: min(max(1, round(share * int(count))), int(count) - 1)]] = True
    return is_test


def provenance(
    train: tuple[NDArray[Any], NDArray[Any]], test: tuple[NDArray[Any], NDArray[Any]], where: str
) -> str:
    """Return what a result says of the user's images: where, how many, and a checksum of every pixel."""
    checksum = fingerprint(*(array.tobytes() for array in (*train, *test)))
    return f"{where}: {len(train[1])} training and {len(test[1])} test images of the user's, {checksum}"
