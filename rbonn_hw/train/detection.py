"""What a detector minimizes, and how its boxes are judged."""

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from rbonn_hw.host.detector import BOX_VALUES, PRIOR, Detections
from rbonn_hw.models.boxes import found
from rbonn_hw.models.rows import Boxes
from rbonn_hw.models.table import Table
from rbonn_hw.precision import Precision, precision
from rbonn_hw.train.recipe import Recipe

BOX_WEIGHT, OBJECT_WEIGHT, CLASS_WEIGHT = 2.0, 1.0, 0.5
"""Shares of the loss, each a mean over assigned cells; objectness is a sum over all, by their number."""
NEAR = ((0.0, 0.0), (-0.5, 0.0), (0.5, 0.0), (0.0, -0.5), (0.0, 0.5))
"""A box is learned by the cell of its centre, and by those within half a cell of it [cells]."""
WORST_EDGE = 4.0
"""Ratio of a box's edge and an anchor's from which on the anchor does not learn it: it cannot be as large."""
SMALLEST = 1e-9


class Objective:
    """The loss of a batch: GIoU of boxes, binary cross entropy of objectness and classes.

    Args:
        recipe: Its score scale makes logits of the network's answers.
        table: Of the detector.

    Source:
        Rezatofighi et al., Generalized Intersection over Union, CVPR 2019; what cells learn a box is YOLOv5's
        rule (Jocher et al., 2020).
    """

    def __init__(self, recipe: Recipe, table: Table) -> None:
        assert table.boxes is not None
        self._scale, self._smoothing = recipe.score_scale, recipe.label_smoothing
        self._row: Boxes = table.boxes
        self._frame = table.frame[1:]

    def wanted(self, frames: Tensor) -> None:
        """Return nothing: a detector has no teacher."""
        del frames

    def __call__(self, scores: Tensor, wanted: Tensor | None, labels: Tensor) -> Tensor:
        """Return the mean loss, in float32.

        Args:
            scores: [n, anchors * (5 + classes), rows, columns], of the network.
            wanted: None.
            labels: True boxes [n, m, 5].
        """
        del wanted
        count, _, rows, columns = scores.shape
        anchors = torch.tensor(self._row.anchors, device=scores.device)
        logits = (scores.float() * self._scale).view(count, len(anchors), -1, rows, columns)
        assigned = _Assigned(labels, anchors, self._frame, (rows, columns))
        # Of each cell that learns a box [n, m, near, anchors, 5 + classes]; all shapes are fixed.
        mine = logits.permute(0, 3, 4, 1, 2)[assigned.frame, assigned.row, assigned.column, assigned.anchor]
        given = _boxes(mine, assigned, anchors, self._frame, (rows, columns))
        truth = labels[:, :, None, None, :4].expand_as(given)
        weight = assigned.weight
        total = weight.sum().clamp(min=1.0)
        overlap, general = _overlaps(given, truth)
        box = ((1.0 - general) * weight).sum() / total

        quality = overlap.detach().clamp(min=0.0) * weight
        there = torch.zeros(count * rows * columns * len(anchors), device=scores.device)
        place = ((assigned.frame * rows + assigned.row) * columns + assigned.column) * len(anchors)
        there.scatter_reduce_(0, (place + assigned.anchor).flatten(), quality.flatten(), "amax")
        objects = logits[:, :, 4].permute(0, 2, 3, 1).flatten() + PRIOR
        objectness = functional.binary_cross_entropy_with_logits(objects, there, reduction="sum") / total

        label = labels[:, :, 4].clamp(min=0).long()
        hot = functional.one_hot(label, self._row.classes).to(mine.dtype)
        hot = hot * (1.0 - self._smoothing) + self._smoothing / self._row.classes
        wrong = functional.binary_cross_entropy_with_logits(
            mine[..., BOX_VALUES:],
            hot[:, :, None, None].expand_as(mine[..., BOX_VALUES:]),
            reduction="none",
        )
        kind = (wrong.sum(dim=-1) * weight).sum() / total
        return BOX_WEIGHT * box + OBJECT_WEIGHT * objectness + CLASS_WEIGHT * kind


class _Assigned:
    """Which cell and anchor learns which box.

    Attributes:
        frame, row, column, anchor: Indices, each [n, m, near, anchors].
        weight: 1 where it does, else 0.
    """

    def __init__(
        self, labels: Tensor, anchors: Tensor, frame: tuple[int, int], grid: tuple[int, int]
    ) -> None:
        (height, width), (rows, columns) = frame, grid
        count, most = labels.shape[:2]
        across = (labels[..., 0] + labels[..., 2]) * (0.5 * columns / width)
        down = (labels[..., 1] + labels[..., 3]) * (0.5 * rows / height)
        near = torch.tensor(NEAR, device=labels.device)
        column = (across[..., None] + near[:, 0]).floor()
        row = (down[..., None] + near[:, 1]).floor()
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        # A neighbour that is the cell of the centre itself does not count twice.
        again = (column == column[..., :1]) & (row == row[..., :1])
        again[..., 0] = False
        edges = torch.stack((labels[..., 2] - labels[..., 0], labels[..., 3] - labels[..., 1]), dim=-1)
        ratio = edges[:, :, None, :].clamp(min=SMALLEST) / anchors[:, None]
        fits = torch.maximum(ratio, 1.0 / ratio).amax(dim=-1) < WORST_EDGE
        is_box = labels[..., 4] >= 0
        shape = (count, most, len(NEAR), len(anchors))
        good = (inside & ~again & is_box[..., None])[..., None] & fits[:, :, None, :]
        self.weight = good.float()
        self.row = row.clamp(0, rows - 1).long()[..., None].expand(shape)
        self.column = column.clamp(0, columns - 1).long()[..., None].expand(shape)
        self.anchor = torch.arange(len(anchors), device=labels.device).expand(shape)
        self.frame = torch.arange(count, device=labels.device).view(-1, 1, 1, 1).expand(shape)


def _boxes(
    logits: Tensor, at: _Assigned, anchors: Tensor, frame: tuple[int, int], grid: tuple[int, int]
) -> Tensor:
    """Return the boxes [.., 4] of cells, by the rule of :class:`rbonn_hw.host.detector.Detector`."""
    half = logits[..., :4].sigmoid()
    across = (at.column + 2.0 * half[..., 0] - 0.5) * (frame[1] / grid[1])
    down = (at.row + 2.0 * half[..., 1] - 0.5) * (frame[0] / grid[0])
    width, height = ((2.0 * half[..., axis]) ** 2 * anchors[at.anchor] * 0.5 for axis in (2, 3))
    return torch.stack((across - width, down - height, across + width, down + height), dim=-1)


def _overlaps(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Return intersection over union, and its generalized form, of boxes [.., 4]."""

    def area(low: Tensor, high: Tensor) -> Tensor:
        return (high - low).clamp(min=0.0).prod(dim=-1)

    low, high = one[..., :2], one[..., 2:]
    other_low, other_high = other[..., :2], other[..., 2:]
    common = area(torch.maximum(low, other_low), torch.minimum(high, other_high))
    union = (area(low, high) + area(other_low, other_high) - common).clamp(min=SMALLEST)
    hull = area(torch.minimum(low, other_low), torch.maximum(high, other_high)).clamp(min=SMALLEST)
    overlap = common / union
    return overlap, overlap - (hull - union) / hull


@torch.no_grad()
def judge(
    net: nn.Module, table: Table, score_scale: float, batches: Iterable[tuple[Tensor, Tensor]]
) -> Precision:
    """Return the average precision over batches of (frames [b, C, H, W], true boxes [b, m, 5])."""
    net.eval()
    detections: list[Detections] = []
    truth: list[NDArray[np.float32]] = []
    for frames, boxes in batches:
        detections += found(table, score_scale, net(frames).float().cpu().numpy())
        truth.append(boxes.cpu().numpy())
    return precision(np.concatenate(truth), detections, table.classes)
