"""The 8x8 digits that scikit-learn carries: 1,797 images, nothing to download.

Source:
    Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

SPLIT_SEED = 0
"""The split is part of the data set: another seed would be another benchmark."""
TEST_SHARE = 0.25
PIXEL_GAIN = 15
"""Stored pixels are 0 .. 16; times 15 they span 0 .. 240 of a byte."""

PROVENANCE = "carried by scikit-learn; the split is ours"

Arrays = tuple[NDArray[np.uint8], NDArray[np.int64]]


def load() -> tuple[Arrays, Arrays]:
    """Return ((train frames, labels), (test frames, labels)); a quarter of each class is the test split."""
    source = load_digits()
    frames = (source.images * PIXEL_GAIN).astype(np.uint8)[:, None]
    labels = source.target.astype(np.int64)
    generator = np.random.default_rng(SPLIT_SEED)
    is_test = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        members = generator.permutation(np.flatnonzero(labels == digit))
        is_test[members[: round(TEST_SHARE * len(members))]] = True
    return (frames[~is_test], labels[~is_test]), (frames[is_test], labels[is_test])
