"""Batches of one epoch; order and augmentation follow from (seed, epoch) alone, so a run can be continued."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from rbonn_hw.train.data import Split
from rbonn_hw.train.recipe import Recipe


def moved(frames: Tensor, angle: Tensor, zoom: Tensor, shift: Tensor) -> Tensor:
    """Turn, enlarge and displace each frame by its own amount, bilinearly; what enters is 0.

    Args:
        frames: [n, C, H, W].
        angle: [n], counter-clockwise [radians].
        zoom: [n], factor; above 1 enlarges.
        shift: [n, 2], displacement to the right and downwards [pixels].
    """
    count, _, height, width = frames.shape
    cosine, sine = angle.cos() / zoom, angle.sin() / zoom
    # affine_grid maps the output's coordinates, -1 .. 1 across the frame, to where they come from.
    offset = -2.0 * shift / torch.tensor([width, height])
    matrix = torch.empty(count, 2, 3)
    matrix[:, 0, 0], matrix[:, 0, 1] = cosine, -sine * height / width
    matrix[:, 1, 0], matrix[:, 1, 1] = sine * width / height, cosine
    matrix[:, :, 2] = (matrix[:, :, :2] @ offset[:, :, None])[:, :, 0]
    grid = functional.affine_grid(matrix, list(frames.shape), align_corners=False)
    return functional.grid_sample(frames, grid, align_corners=False)


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
        if recipe.rotation or recipe.zoom or recipe.shift:
            sides = 2 * torch.rand(4, len(chosen), generator=generator) - 1
            angle = sides[0] * math.radians(recipe.rotation)
            batch = moved(batch, angle, 1 + recipe.zoom * sides[1], recipe.shift * sides[2:].T)
        yield batch, labels[chosen]


def step_count(split: Split, recipe: Recipe) -> int:
    """Return the steps of one epoch."""
    return max(1, len(split) // recipe.batch_size)
