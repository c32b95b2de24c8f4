"""A detector's integers to boxes: decoding by tables, and non-maximum suppression.

A network answers with a map of cells. A cell has for each anchor the horizontal and vertical place of a box's
centre, its width and height, its objectness, and a score of each class. Functions of single integers
(sigmoid) are tables, made once; what is done with their entries are single operations of double precision. So
equal integers give equal boxes, bit for bit, whatever machine and NumPy they are decoded by.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import read_npy
from .errors import FrameError, JobError, PackageError
from .fields import Fields
from .streams import Array

FILE = "detector/tables.npy"
BOX_VALUES = 5
"""Values of an anchor before the scores of its classes."""
PRIOR = -3.0
"""Logit of objectness of an integer 0: most cells see no object."""
MOST_CLASSES, MOST_ANCHORS, MOST_EDGE = 10_000, 64, 65_536
MOST_BOXES = 100
"""Boxes of a frame that are kept at most, the best ones."""
LARGEST_LOGIT = 60.0
"""Magnitude beyond which a sigmoid is 0 or 1."""
MOST_CANDIDATES = 1000
"""Boxes of a frame that are compared with each other at most, the best ones."""


@dataclass(frozen=True)
class Detections:
    """What was found in a frame, the best first.

    Attributes:
        boxes: Left, upper, right and lower edge, float32 [m, 4] [pixels].
        scores: Objectness times the probability of the class, float32 [m].
        classes: [m].
    """

    boxes: Array
    scores: Array
    classes: Array

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True)
class Detector:
    """How boxes follow from a network's integers.

    Attributes:
        classes: Classes of objects.
        anchors: Edge of the square from which each anchor's boxes are reckoned [pixels].
        frame: Height and width of a frame [pixels].
        first: Integer of the first column of the tables.
        tables: float64 [4, integers]: place of the centre in its cell [cells], edge [anchors], objectness,
            probability of a class.
    """

    classes: int
    anchors: tuple[float, ...]
    frame: tuple[int, int]
    first: int
    tables: Array

    @classmethod
    def of(
        cls,
        classes: int,
        anchors: tuple[float, ...],
        frame: tuple[int, int],
        *,
        step: float,
        low: int,
        high: int,
    ) -> Detector:
        """Return the detector of a network whose integers, ``low`` .. ``high``, times ``step`` are logits."""
        logits = [number * step for number in range(low, high + 1)]
        half = np.array([_sigmoid(logit) for logit in logits])
        objectness = np.array([_sigmoid(logit + PRIOR) for logit in logits])
        tables = np.stack([2.0 * half - 0.5, (2.0 * half) ** 2, objectness, half])
        return cls(classes, anchors, frame, low, tables)

    @classmethod
    def from_package(cls, entry: Fields, files: Mapping[str, bytes], where: str) -> Detector:
        """Read it from a package's metadata and files.

        Raises:
            PackageError: A field or the tables are missing, or of another type or shape.
        """
        if FILE not in files:
            raise PackageError(f"{where}: has no {FILE}; make the package again")
        tables = read_npy(files[FILE], f"{where}: {FILE}")
        anchors = entry.numbers("anchors")
        frame = entry.integers("frame", 1, MOST_EDGE)
        good = tables.dtype == np.float64 and tables.ndim == 2 and len(tables) == 4 and tables.shape[1] > 0
        good = good and bool(np.isfinite(tables).all()) and 0 < len(anchors) <= MOST_ANCHORS
        if not good or min(anchors) <= 0 or len(frame) != 2:
            raise PackageError(f"{where}: its tables of boxes are none; make the package again")
        return cls(
            classes=entry.integer("classes", 1, MOST_CLASSES),
            anchors=anchors,
            frame=(frame[0], frame[1]),
            first=entry.integer("first", -(1 << 31), 1 << 31),
            tables=tables,
        )

    def to_document(self) -> dict[str, Any]:
        """Return the entry of a package's metadata."""
        return {
            "classes": self.classes,
            "anchors": list(self.anchors),
            "frame": list(self.frame),
            "first": self.first,
        }

    def arrays(self) -> dict[str, Array]:
        """Return the files of a package beside the metadata, by name."""
        return {FILE: self.tables}

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether a network that answers a frame with this shape is of this detector."""
        return len(shape) == 3 and shape[0] == len(self.anchors) * (BOX_VALUES + self.classes)

    def detect(self, answers: Array, threshold: float = 0.25, overlap: float = 0.5) -> list[Detections]:
        """Return what was found in each frame.

        Args:
            answers: Integers of the network [n, anchors * (5 + classes), rows, columns], of any type.
            threshold: Least score of a box, 0 .. 1.
            overlap: Intersection over union from which on the lesser of two boxes of a class is dropped,
                0 .. 1.

        Raises:
            FrameError: A setting is out of its range.
            JobError: Integers that this network cannot answer, or of another shape.
        """
        for name, value in (("threshold", threshold), ("overlap", overlap)):
            if not 0.0 <= value <= 1.0:
                raise FrameError(f"{name}={value} must lie in 0 .. 1; try 0.5")
        if not self.fits(answers.shape[1:]):
            raise JobError(
                f"answers have shape {list(answers.shape)}; the detector takes "
                f"[n, {len(self.anchors) * (BOX_VALUES + self.classes)}, rows, columns]"
            )
        boxes, scores, classes = self._decoded(answers)
        return [_best(boxes[at], scores[at], classes[at], threshold, overlap) for at in range(len(answers))]

    def _decoded(self, answers: Array) -> tuple[Array, Array, Array]:
        """Return boxes [n, cells, 4], scores and classes [n, cells] of all cells and anchors."""
        count, rows, columns = len(answers), answers.shape[2], answers.shape[3]
        at = answers.reshape(count, len(self.anchors), -1, rows, columns).astype(np.int64) - self.first
        if at.size and (at.min() < 0 or at.max() >= self.tables.shape[1]):
            raise JobError(
                "the accelerator answered with integers that the network cannot have; load the bitstream "
                "again, then suspect timing"
            )
        place, edge, objectness, probability = self.tables
        height, width = self.frame
        edges = np.asarray(self.anchors)[:, None, None]
        across = (np.arange(columns) + place[at[:, :, 0]]) * (width / columns)
        down = (np.arange(rows)[:, None] + place[at[:, :, 1]]) * (height / rows)
        half_width, half_height = (edge[at[:, :, axis]] * edges * 0.5 for axis in (2, 3))
        sides = (
            (across - half_width, width),
            (down - half_height, height),
            (across + half_width, width),
            (down + half_height, height),
        )
        boxes = np.stack([np.minimum(np.maximum(side, 0.0), most) for side, most in sides], axis=-1)
        best = at[:, :, BOX_VALUES:].argmax(axis=2)
        likely = np.take_along_axis(at[:, :, BOX_VALUES:], best[:, :, None], axis=2)[:, :, 0]
        scores = objectness[at[:, :, 4]] * probability[likely]
        return boxes.reshape(count, -1, 4), scores.reshape(count, -1), best.reshape(count, -1)


def _sigmoid(logit: float) -> float:
    # NumPy's exp may give another last bit at another place of an array; tables have several lengths.
    return 1.0 / (1.0 + math.exp(-min(max(logit, -LARGEST_LOGIT), LARGEST_LOGIT)))


def _best(boxes: Array, scores: Array, classes: Array, threshold: float, overlap: float) -> Detections:
    """Return the boxes of a frame that no better one of their class covers, the best first."""
    order = np.argsort(-scores, kind="stable")
    left = order[scores[order] >= threshold][:MOST_CANDIDATES]
    kept: list[Any] = []
    while len(left) and len(kept) < MOST_BOXES:
        first, left = left[0], left[1:]
        kept.append(first)
        is_other = (classes[left] != classes[first]) | (overlaps(boxes[first], boxes[left]) < overlap)
        left = left[is_other]
    chosen = np.asarray(kept, np.int64)
    return Detections(
        boxes[chosen].astype(np.float32), scores[chosen].astype(np.float32), classes[chosen].astype(np.int64)
    )


def overlaps(one: Array, others: Array) -> Array:
    """Return intersection over union of a box [4] with others [m, 4]; 0 where neither has an area."""
    edge = np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2])
    common = np.maximum(edge[:, 0], 0.0) * np.maximum(edge[:, 1], 0.0)
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    whole = (one[2] - one[0]) * (one[3] - one[1]) + areas - common
    return np.where(whole > 0.0, common / np.where(whole > 0.0, whole, 1.0), 0.0)
