"""What a network is trained for: to tell the class of a frame, or to find objects in it."""

from collections.abc import Iterable

from torch import Tensor

from rbonn_hw.errors import ConfigError
from rbonn_hw.models import evaluation
from rbonn_hw.models.table import Table
from rbonn_hw.models.trainable import Interface, Trainable
from rbonn_hw.train import detection, distill
from rbonn_hw.train.recipe import Recipe


def objective(
    recipe: Recipe, ends: Interface, master: distill.Teacher | None
) -> distill.Objective | detection.Objective:
    """Return the loss.

    Raises:
        ConfigError: A teacher or a rotation for a detector.
    """
    if isinstance(ends, Table) and ends.boxes is not None:
        if recipe.teacher:
            raise ConfigError(
                f"teacher: {recipe.teacher!r}; a detector learns from its boxes alone: leave teacher and "
                "distill away"
            )
        if recipe.rotation:
            raise ConfigError(
                f"rotation: {recipe.rotation}; a turned box is not that of what is in it: a detector has "
                "shift, zoom, crop and mirror"
            )
        return detection.Objective(recipe, ends)
    return distill.Objective(recipe, master)


def accuracy(net: Trainable, score_scale: float, batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Return top-1, or mAP@0.5 of a detector, in evaluation mode, 0 .. 1."""
    table = net.table
    if isinstance(table, Table) and table.boxes is not None:
        return detection.judge(net, table, score_scale, batches).half
    return evaluation.accuracy(net, batches)
