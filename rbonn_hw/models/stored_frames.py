"""The test split beside a trained network: test.npz, with frames uint8 [n, C, H, W], and what is right.

That is labels int64 [n], or, where objects are to be found, boxes float32 [n, m, 5]; see
:mod:`rbonn_hw.precision`.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.arrays import read_arrays
from rbonn_hw.errors import DatasetError
from rbonn_hw.precision import TRUTH_VALUES
from rbonn_hw.results import write_arrays

FILE = "test.npz"
MOST_FRAMES, MOST_BYTES = 10_000, 64 * 1024 * 1024
"""Largest test split that is stored whole; of a larger one, evenly spaced frames are."""
LABELS, BOXES = "labels", "boxes"


def truth_name(truth: NDArray[Any]) -> str:
    """Return what labels [n] or true boxes [n, m, 5] are called in a file."""
    return LABELS if truth.ndim == 1 else BOXES


def save(folder: Path, frames: NDArray[np.uint8], truth: NDArray[Any]) -> None:
    """Write :data:`FILE`, of at most :data:`MOST_FRAMES` frames and :data:`MOST_BYTES` bytes."""
    most = min(MOST_FRAMES, max(1, MOST_BYTES // math.prod(frames.shape[1:])))
    if len(truth) > most:
        chosen = np.linspace(0, len(truth) - 1, most).astype(np.int64)
        frames, truth = frames[chosen], truth[chosen]
    write_arrays(folder / FILE, **{"frames": frames, truth_name(truth): truth})


def load(folder: Path) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """Return frames uint8 [n, C, H, W], and labels [n] or true boxes [n, m, 5], of :data:`FILE`.

    Raises:
        DatasetError: It is absent or damaged, or holds something else.
    """
    path = folder / FILE
    arrays = read_arrays(path)
    rules = {"frames": (4, "u"), LABELS: (1, "iu"), BOXES: (3, "f")}
    name = BOXES if BOXES in arrays else LABELS
    for wanted in ("frames", name):
        found, (rank, kinds) = arrays.get(wanted), rules[wanted]
        if found is None or found.ndim != rank or found.dtype.kind not in kinds:
            held = "nothing" if found is None else f"{found.dtype} {list(found.shape)}"
            raise DatasetError(f"{path}: {wanted} is {held}, no test split; run `rbonn train` again")
    frames, truth = arrays["frames"], arrays[name]
    fits = len(frames) == len(truth) and (name == LABELS or truth.shape[2] == TRUTH_VALUES)
    if frames.dtype != np.uint8 or not fits:
        raise DatasetError(
            f"{path}: {len(frames)} frames of {frames.dtype}, {len(truth)} {name}; one for each uint8 frame "
            "is needed: run `rbonn train` again"
        )
    return frames, truth
