"""From a detector's answers to boxes, by the same tables whatever computed the answers."""

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.host.detector import Detections, Detector
from rbonn_hw.models.table import Table
from rbonn_hw.models.trainable import Interface
from rbonn_hw.precision import JUDGED_FROM

TOP1, MAP = "top-1", "mAP@0.5"
REAL_STEP = 1.0 / 256.0
"""Logit to which a real answer is rounded, so that the same tables decode it."""
LARGEST_LOGIT = 64.0


def detects(ends: Interface) -> bool:
    """Return whether a network answers with boxes."""
    return isinstance(ends, Table) and ends.boxes is not None


def metric(ends: Interface) -> str:
    """Return the name of a network's accuracy."""
    return MAP if detects(ends) else TOP1


def detector_of(table: Table, score_scale: float) -> Detector:
    """Return how boxes follow from the answers of a network; see :func:`found` for real ones."""
    row = table.boxes
    assert row is not None
    step, limit = score_scale, 0
    if table.paper:
        step, limit = REAL_STEP, round(LARGEST_LOGIT / REAL_STEP)
    else:
        channels = table.shapes()[-2][0]
        limit = channels * -table.dtype.min * ((1 << (row.weight_bits - 1)) - 1)
    frame = (table.frame[1], table.frame[2])
    return Detector.of(row.classes, row.anchors, frame, step=step, low=-limit, high=limit)


def found(
    table: Table, score_scale: float, answers: NDArray[np.float32], threshold: float = JUDGED_FROM
) -> list[Detections]:
    """Return what a network's answers [n, channels, rows, columns] say is in each frame."""
    if table.paper:
        most = LARGEST_LOGIT / REAL_STEP
        answers = np.clip(np.rint(answers * (score_scale / REAL_STEP)), -most, most)
    return detector_of(table, score_scale).detect(answers, threshold)
