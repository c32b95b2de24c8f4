"""Batches of one epoch; order and augmentation follow from (seed, epoch) alone, so a run can be continued.

They do not depend on the device or on the number of processes either: each process draws for the whole batch
and takes its contiguous slice.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from rbonn_hw.errors import ConfigError
from rbonn_hw.train.augment import Augmentation
from rbonn_hw.train.data import Split
from rbonn_hw.train.recipe import Recipe

Batch = tuple[Tensor, Tensor]
"""Frames [b, C, H, W], float 0 .. 255, and labels [b]."""


class _Held:
    """A split on the device, moved there once."""

    def __init__(self, split: Split, device: torch.device, memory: torch.memory_format) -> None:
        self.device, self.memory = device, memory
        self.frames = torch.from_numpy(split.frames).to(device)
        self.labels = torch.from_numpy(split.labels).to(device)

    def batch(self, chosen: Tensor | slice, augmentation: Augmentation | None) -> Batch:
        """Return the chosen frames, augmented, and their labels."""
        frames = self.frames[chosen]
        frames = frames.float() if augmentation is None else augmentation(frames)
        return frames.contiguous(memory_format=self.memory), self.labels[chosen]


def _share(count: int, rank: int, world: int) -> slice:
    """Return the contiguous slice of ``count`` that belongs to process ``rank`` of ``world``."""
    return slice(count * rank // world, count * (rank + 1) // world)


class Batches:
    """Training batches: ``Batches(split, recipe)(epoch)`` yields those of an epoch, in random order.

    Frames that fill no whole batch at the end wait for another epoch: BatchNorm would estimate from a few.

    Attributes:
        steps: Batches of an epoch.
    """

    def __init__(
        self,
        split: Split,
        recipe: Recipe,
        *,
        device: torch.device | str = "cpu",
        rank: int = 0,
        world: int = 1,
        memory_format: torch.memory_format = torch.contiguous_format,
    ) -> None:
        """Move the split to the device.

        Args:
            split: What to learn from.
            recipe: Batch size, seed and augmentation.
            device: Where batches are made and stay.
            rank: Number of this process, 0 .. world - 1.
            world: Processes; each gets an equal part of each batch.
            memory_format: Of the frames.

        Raises:
            ConfigError: A batch cannot be cut into equal parts.
        """
        self._count, self._recipe = len(split), recipe
        self._size = min(recipe.batch_size, len(split))
        if self._size % world:
            raise ConfigError(
                f"a batch of {self._size} frames cannot be shared by {world} processes; "
                f"try batch_size {max(1, self._size // world) * world}"
            )
        self._share = _share(self._size, rank, world)
        self._source = _Held(split, torch.device(device), memory_format)
        self.steps = max(1, self._count // recipe.batch_size)

    def __call__(self, epoch: int) -> Iterator[Batch]:
        """Yield this process's part of each batch of the epoch."""
        recipe, device = self._recipe, self._source.device
        generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + epoch)
        order = torch.randperm(self._count, generator=generator)
        for step in range(self.steps):
            chosen = order[step * self._size : (step + 1) * self._size][self._share]
            augmentation = Augmentation.draw(recipe, self._size, generator)
            yield self._source.batch(chosen.to(device), augmentation.part(self._share, device))


class EvaluationBatches:
    """Every frame once, in order, as it is; of several processes each has a contiguous part of the split."""

    def __init__(
        self,
        split: Split,
        *,
        size: int = 256,
        device: torch.device | str = "cpu",
        rank: int = 0,
        world: int = 1,
        memory_format: torch.memory_format = torch.contiguous_format,
    ) -> None:
        """Move the split to the device.

        Args:
            split: What to measure on.
            size: Frames of a batch; the last one may have fewer.
            device: Where batches are made and stay.
            rank: Number of this process, 0 .. world - 1.
            world: Processes.
            memory_format: Of the frames.
        """
        self._share, self._size = _share(len(split), rank, world), size
        self._source = _Held(split, torch.device(device), memory_format)

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches of this process's part; none if it has no frame."""
        for start in range(self._share.start, self._share.stop, self._size):
            yield self._source.batch(slice(start, min(start + self._size, self._share.stop)), None)
