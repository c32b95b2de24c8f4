"""How well boxes are found: COCO's average precision, by faster-coco-eval, and the curve behind it."""

import contextlib
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.host.detector import Detections

TRUTH_VALUES = 5
"""Left, upper, right, lower edge [pixels], and class: the columns of a true box."""
NO_BOX = -1.0
"""Class of a row that is no box: frames have different numbers of them."""
JUDGED_FROM = 0.01
"""Least score of the boxes that average precision is made of."""


@dataclass(frozen=True, slots=True, eq=False)
class Precision:
    """Average precision over classes, 0 .. 1; of several classes the mean of those that have a true box.

    Attributes:
        half: mAP@0.5: a box is right that has at least half of the union in common with a true one.
        mean: mAP@0.5:0.95, the mean over ten such shares.
        recall: Where the curve is known [101].
        curve: Precision at these recalls at 0.5, mean over the classes [101].
    """

    half: float
    mean: float
    recall: NDArray[np.float64]
    curve: NDArray[np.float64]


def true_boxes(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the rows [m, 5] that are boxes."""
    found: NDArray[np.float32] = rows[rows[:, 4] != NO_BOX]
    return found


def precision(truth: NDArray[np.float32], found: Sequence[Detections], classes: int) -> Precision:
    """Compare what was found with what is there.

    Args:
        truth: True boxes of each frame [n, m, 5]; see :data:`TRUTH_VALUES`.
        found: Of each frame.
        classes: Classes of objects.
    """
    from faster_coco_eval import COCO, COCOeval_faster

    recall = np.linspace(0.0, 1.0, 101)
    annotations = _annotations(truth)
    answers = _answers(found)
    if not annotations or not answers:
        return Precision(0.0, 0.0, recall, np.zeros(101))
    document = {
        "images": [{"id": number + 1} for number in range(len(found))],
        "categories": [{"id": number, "name": str(number)} for number in range(classes)],
        "annotations": annotations,
    }
    # The library tells of its progress, which is no figure.
    with contextlib.redirect_stdout(io.StringIO()), _quiet():
        there = COCO(document)
        judge = COCOeval_faster(there, there.loadRes(answers), iouType="bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    # [share of the union, recall, class, all areas, 100 boxes a frame]; -1 for a class without a true box.
    table = judge.eval["precision"][:, :, :, 0, -1]
    known = table[:, :, (table[0] >= 0).all(axis=0)]
    return Precision(float(known[0].mean()), float(known.mean()), recall, known[0].mean(axis=1))


@contextlib.contextmanager
def _quiet() -> Any:
    logger = logging.getLogger("faster_coco_eval")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


def _annotations(truth: NDArray[np.float32]) -> list[dict[str, Any]]:
    rows = [(at, row) for at, rows in enumerate(truth) for row in true_boxes(rows).astype(float).tolist()]
    return [
        {
            "id": number + 1,
            "image_id": at + 1,
            "category_id": int(row[4]),
            "bbox": [row[0], row[1], row[2] - row[0], row[3] - row[1]],
            "area": (row[2] - row[0]) * (row[3] - row[1]),
            "iscrowd": 0,
        }
        for number, (at, row) in enumerate(rows)
    ]


def _answers(found: Sequence[Detections]) -> list[dict[str, Any]]:
    return [
        {
            "image_id": at + 1,
            "category_id": int(label),
            "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]],
            "score": float(score),
        }
        for at, one in enumerate(found)
        for box, score, label in zip(
            one.boxes.astype(float).tolist(), one.scores.tolist(), one.classes.tolist(), strict=True
        )
    ]
