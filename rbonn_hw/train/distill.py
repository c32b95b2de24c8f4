"""What is minimized: cross entropy with the labels, and a teacher's scores where the recipe names one."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from rbonn_hw.errors import ConfigError
from rbonn_hw.models import storage, teacher, tensor_file
from rbonn_hw.models.trainable import Interface, fold_norms
from rbonn_hw.results import fingerprint
from rbonn_hw.train.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Teacher:
    """A trained network whose scores are learned.

    Attributes:
        net: In evaluation mode; pixels 0 .. 255 in, scores [n, classes] out.
        score_scale: Factor that turns its scores into logits.
        checksum: Fingerprint of its file.
    """

    net: nn.Module
    score_scale: float
    checksum: str

    def compiled(self) -> Self:
        """Return the same teacher, whose forward pass goes through ``torch.compile``."""
        return dataclasses.replace(self, net=torch.compile(self.net))  # type: ignore[arg-type]

    @torch.no_grad()
    def logits(self, frames: Tensor) -> Tensor:
        """Return logits [n, classes] for frames [n, C, H, W]."""
        out: Tensor = self.net(frames).float() * self.score_scale
        return out


def load_teacher(path: Path, table: Interface) -> Teacher:
    """Return the teacher in ``path`` for a student with the frame and classes of ``table``.

    Args:
        path: Folder of `rbonn train`, a file of ours, or a torchvision ResNet's state dict
            (.pth or .safetensors).
        table: The student.

    Raises:
        ConfigError: No network there, or it has other frames or classes.
    """
    file = storage.network_file(path)
    if not file.exists():
        raise ConfigError(
            f"teacher {path} does not exist; name a folder of `rbonn train`, or the state dict of a "
            "torchvision ResNet"
        )
    if file.suffix == ".safetensors" and storage.is_ours(file):
        ours = storage.load_network(path)
        fold_norms(ours)  # Else each forward pass derives the same factors again.
        net: nn.Module = ours
        frame, classes, scale = ours.table.frame, ours.table.classes, storage.describe(path).score_scale
    else:
        state = tensor_file.load_tensors(file)[0] if file.suffix == ".safetensors" else teacher.read_pth(file)
        resnet = teacher.from_state_dict(state, str(path))
        net, classes, scale = resnet, resnet.classes, 1.0
        frame = (3, *table.frame[1:])  # of any size
    if (frame, classes) != (table.frame, table.classes):
        raise ConfigError(
            f"teacher {path} has frames {frame} and {classes} classes, network {table.name!r} "
            f"{table.frame} and {table.classes}; train a teacher on the same data set"
        )
    return Teacher(net.requires_grad_(False).eval(), scale, fingerprint(file))


class Objective:
    """The loss of a batch: ``(1 - d) * cross entropy + d * T^2 * KL(teacher / T || student / T)``.

    Args:
        recipe: Weight d of the teacher, temperature T, score scale and label smoothing.
        master: The teacher, on the device of the batches; None if d is 0.

    Source:
        Hinton et al., Distilling the Knowledge in a Neural Network, 2015; with d = T = 1 it is the
        distributional loss of Liu et al., ReActNet, ECCV 2020, section 4.3.
    """

    def __init__(self, recipe: Recipe, master: Teacher | None) -> None:
        self._recipe, self._master = recipe, master

    def wanted(self, frames: Tensor) -> Tensor | None:
        """Return the teacher's logits [n, classes] for frames [n, C, H, W]; None without a teacher."""
        return None if self._master is None else self._master.logits(frames)

    def __call__(self, scores: Tensor, wanted: Tensor | None, labels: Tensor) -> Tensor:
        """Return the mean loss, in float32.

        Args:
            scores: [n, classes], of the network.
            wanted: [n, classes], of :meth:`wanted`.
            labels: [n].
        """
        recipe = self._recipe
        logits = scores.float() * recipe.score_scale
        if wanted is None:
            return self._cross_entropy(logits, labels)
        divergence = functional.kl_div(
            functional.log_softmax(logits / recipe.temperature, dim=1),
            functional.log_softmax(wanted / recipe.temperature, dim=1),
            log_target=True,
            reduction="batchmean",
        )
        taught = recipe.distill * recipe.temperature**2 * divergence
        if recipe.distill == 1.0:
            return taught
        return taught + (1.0 - recipe.distill) * self._cross_entropy(logits, labels)

    def _cross_entropy(self, logits: Tensor, labels: Tensor) -> Tensor:
        return functional.cross_entropy(logits, labels, label_smoothing=self._recipe.label_smoothing)
