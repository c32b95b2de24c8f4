"""Batches of one epoch; order and augmentation follow from (seed, epoch) alone, so a run can be continued.

They do not depend on the device or on the number of processes either: each process draws for the whole batch
and takes its contiguous slice.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from rbonn_hw import toolchain
from rbonn_hw.errors import ConfigError
from rbonn_hw.train.augment import Augmentation
from rbonn_hw.train.box_split import BoxSplit
from rbonn_hw.train.data import AnySplit, Split
from rbonn_hw.train.imagenet import CROP_TRIES, FolderSplit
from rbonn_hw.train.recipe import Recipe

Batch = tuple[Tensor, Tensor]
"""Frames [b, C, H, W], float 0 .. 255, and labels [b], or true boxes [b, m, 5]."""
BATCHES_AHEAD = 3
"""Batches that are being decoded while one is used."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a batch of b frames is made of.

    Attributes:
        chosen: [b], numbers of the frames; on the CPU.
        augmentation: Of the frames, on the device; None for none.
        tries: [b, CROP_TRIES, 4], see :func:`rbonn_hw.train.imagenet.training_box`; None for the centre.
    """

    chosen: Tensor
    augmentation: Augmentation | None = None
    tries: Tensor | None = None


class _Source:
    """Makes batches on a device."""

    def __init__(self, labels: Tensor, device: torch.device, memory_format: torch.memory_format) -> None:
        self.device, self._memory_format = device, memory_format
        self._labels = labels.to(device)

    def batches(self, plans: Iterable[_Plan]) -> Iterator[Batch]:
        raise NotImplementedError

    def _finish(self, plan: _Plan, chosen: Tensor, frames: Tensor) -> Batch:
        """Return the batch, from its numbers and its frames in bytes, both on the device."""
        labels, augmentation = self._labels[chosen], plan.augmentation
        if augmentation is not None and labels.dim() > 1:
            labels = augmentation.boxes(labels, frames.shape[2], frames.shape[3])
        frames = frames.float() if augmentation is None else augmentation(frames)
        return frames.contiguous(memory_format=self._memory_format), labels


class _Held(_Source):
    """A split on the device, moved there once."""

    def __init__(
        self, split: Split | BoxSplit, device: torch.device, memory_format: torch.memory_format
    ) -> None:
        super().__init__(torch.from_numpy(split.labels), device, memory_format)
        self._frames = torch.from_numpy(split.frames).to(device)

    def batches(self, plans: Iterable[_Plan]) -> Iterator[Batch]:
        for plan in plans:
            chosen = plan.chosen.to(self.device, non_blocking=True)
            yield self._finish(plan, chosen, self._frames[chosen])


class _Decoded(_Source):
    """A split in files, decoded by threads (Pillow decodes and scales outside the interpreter's lock)."""

    def __init__(self, split: FolderSplit, device: torch.device, memory_format: torch.memory_format) -> None:
        super().__init__(torch.from_numpy(split.labels), device, memory_format)
        self._split = split

    def batches(self, plans: Iterable[_Plan]) -> Iterator[Batch]:
        waiting: deque[tuple[_Plan, Tensor, list[Future[None]]]] = deque()
        pool = ThreadPoolExecutor(toolchain.cpu_count(), thread_name_prefix="decode")
        try:
            for plan in plans:
                waiting.append(self._start(plan, pool))
                if len(waiting) > BATCHES_AHEAD:
                    yield self._wait(*waiting.popleft())
            while waiting:
                yield self._wait(*waiting.popleft())
        finally:
            pool.shutdown(cancel_futures=True)

    def _start(self, plan: _Plan, pool: ThreadPoolExecutor) -> tuple[_Plan, Tensor, list[Future[None]]]:
        frames = torch.empty(
            len(plan.chosen), *self._split.frame, dtype=torch.uint8, pin_memory=self.device.type == "cuda"
        )
        rows = frames.numpy()
        tries = None if plan.tries is None else plan.tries.numpy()

        def decode(row: int, number: int) -> None:
            rows[row] = self._split.decode(number, None if tries is None else tries[row])

        return plan, frames, [pool.submit(decode, *one) for one in enumerate(plan.chosen.tolist())]

    def _wait(self, plan: _Plan, frames: Tensor, parts: list[Future[None]]) -> Batch:
        for part in parts:
            part.result()
        chosen = plan.chosen.to(self.device, non_blocking=True)
        return self._finish(plan, chosen, frames.to(self.device, non_blocking=True))


def _source(split: AnySplit, device: torch.device | str, memory_format: torch.memory_format) -> _Source:
    if isinstance(split, FolderSplit):
        return _Decoded(split, torch.device(device), memory_format)
    return _Held(split, torch.device(device), memory_format)


def _share(count: int, rank: int, world: int) -> slice:
    """Return the contiguous slice of ``count`` that belongs to process ``rank`` of ``world``."""
    return slice(count * rank // world, count * (rank + 1) // world)


class Batches:
    """Training batches: ``Batches(split, recipe)(epoch)`` yields those of an epoch, in random order.

    Frames that fill no whole batch at the end wait for another epoch: BatchNorm would estimate from a few.
    Frames from files are cropped to a random part first; then all are augmented as the recipe says.

    Attributes:
        steps: Batches of an epoch.
    """

    def __init__(
        self,
        split: AnySplit,
        recipe: Recipe,
        *,
        device: torch.device | str = "cpu",
        rank: int = 0,
        world: int = 1,
        memory_format: torch.memory_format = torch.contiguous_format,
    ) -> None:
        """Move a split that is held in memory to the device.

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
        self._split, self._recipe = split, recipe
        self._size = min(recipe.batch_size, len(split))
        if self._size % world:
            raise ConfigError(
                f"a batch of {self._size} frames cannot be shared by {world} processes; "
                f"try batch_size {max(1, self._size // world) * world}"
            )
        self._share = _share(self._size, rank, world)
        self._source = _source(split, device, memory_format)
        self.steps = max(1, len(split) // recipe.batch_size)

    def __call__(self, epoch: int) -> Iterator[Batch]:
        """Return this process's part of each batch of the epoch."""
        return self._source.batches(self._plans(epoch))

    def _plans(self, epoch: int) -> Iterator[_Plan]:
        recipe, size = self._recipe, self._size
        generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + epoch)
        order = torch.randperm(len(self._split), generator=generator)
        for step in range(self.steps):
            augmentation = Augmentation.draw(recipe, size, generator)
            tries = None
            if isinstance(self._split, FolderSplit):
                tries = torch.rand(size, CROP_TRIES, 4, generator=generator)[self._share]
            yield _Plan(
                order[step * size : (step + 1) * size][self._share],
                augmentation.part(self._share, self._source.device),
                tries,
            )


class EvaluationBatches:
    """Every frame once, in order, as it is; of several processes each has a contiguous part of the split."""

    def __init__(
        self,
        split: AnySplit,
        *,
        size: int = 256,
        device: torch.device | str = "cpu",
        rank: int = 0,
        world: int = 1,
        memory_format: torch.memory_format = torch.contiguous_format,
    ) -> None:
        """Move a split that is held in memory to the device.

        Args:
            split: What to measure on.
            size: Frames of a batch; the last one may have fewer.
            device: Where batches are made and stay.
            rank: Number of this process, 0 .. world - 1.
            world: Processes.
            memory_format: Of the frames.
        """
        self._numbers = torch.arange(len(split))[_share(len(split), rank, world)]
        self._size = size
        self._source = _source(split, device, memory_format)

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches of this process's part; none if it has no frame."""
        parts = torch.split(self._numbers, self._size) if len(self._numbers) else ()
        return self._source.batches(_Plan(part) for part in parts)
