"""Which classes the accelerator takes for which."""

from pathlib import Path

import numpy as np

from rbonn_hw.report.frames import answered
from rbonn_hw.results import Document

MATRIX = 20
"""Classes up to which the whole matrix is shown; of more, the most frequent mistakes."""
PAIRS = 20


def read_confusion(golden: Path, outputs: Path) -> Document:
    """Return frames by true class and answer, or the most frequent mistakes; empty without classes.

    Args:
        golden: .npz with ``frames`` and ``labels`` [n].
        outputs: .npz of the simulation, with ``classes`` [m], m <= n.

    Raises:
        DatasetError: A file cannot be read, or is not of these frames.
    """
    found = answered(golden, outputs)
    if found is None:
        return {}
    _, labels, classes = found
    count = int(max(labels.max(initial=0), classes.max(initial=0))) + 1
    if min(labels.min(initial=0), classes.min(initial=0)) < 0:
        return {}
    if count <= MATRIX:
        matrix = np.zeros((count, count), dtype=np.int64)
        np.add.at(matrix, (labels.astype(np.int64), classes.astype(np.int64)), 1)
        return {"classes": count, "matrix": matrix.tolist()}
    wrong = np.stack([labels, classes], axis=1)[labels != classes].astype(np.int64)
    pairs, counts = np.unique(wrong, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:PAIRS]
    return {
        "classes": count,
        "pairs": [[*(int(side) for side in pairs[rank]), int(counts[rank])] for rank in order],
    }
