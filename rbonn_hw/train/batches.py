"""Batches of one epoch; order and augmentation follow from (seed, epoch) alone, so a run can be continued."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from rbonn_hw.train.data import Split
from rbonn_hw.train.recipe import Recipe


def shifted(frames: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Move each frame by its own number of pixels; what enters is 0.

    Args:
        frames: [n, C, H, W].
        rows: [n], int64, displacement downwards [pixels].
        columns: [n], int64, displacement to the right [pixels].
    """
    count, _, height, width = frames.shape
    margin = int(torch.cat([rows.abs(), columns.abs()]).max()) if count else 0
    padded = functional.pad(frames, [margin] * 4)
    row = (margin - rows)[:, None] + torch.arange(height)
    column = (margin - columns)[:, None] + torch.arange(width)
    # Indexing around the channel axis moves it last: [n, H, W, C].
    picked = padded[torch.arange(count)[:, None, None], :, row[:, :, None], column[:, None, :]]
    return picked.permute(0, 3, 1, 2)


def batches(split: Split, recipe: Recipe, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (frames [b, C, H, W] float 0 .. 255, labels [b]) of one epoch in random order.

    Frames that fill no whole batch at the end wait for another epoch: BatchNorm would estimate from a few.
    """
    generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + epoch)
    order = torch.randperm(len(split), generator=generator)
    frames, labels = torch.from_numpy(split.frames), torch.from_numpy(split.labels)
    for chosen in torch.split(order, recipe.batch_size):
        if len(chosen) < min(recipe.batch_size, len(split)):
            return
        batch = frames[chosen].float()
        if recipe.shift:
            span = (2, len(chosen))
            distance = torch.randint(-recipe.shift, recipe.shift + 1, span, generator=generator)
            distance *= torch.rand(len(chosen), generator=generator) < recipe.shift_share
            batch = shifted(batch, distance[0], distance[1])
        yield batch, labels[chosen]


def step_count(split: Split, recipe: Recipe) -> int:
    """Return the steps of one epoch."""
    return max(1, len(split) // recipe.batch_size)
