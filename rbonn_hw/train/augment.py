"""Augmentation of whole batches on the device that holds them; what is drawn is drawn on the CPU."""

import math
from dataclasses import dataclass
from typing import Self

import torch
from torch import Generator, Tensor
from torch.nn import functional

from rbonn_hw.precision import NO_BOX
from rbonn_hw.train.recipe import Recipe

LEAST_SHARE = 0.4
"""Of a true box's area that has to be left in an augmented frame."""


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
    offset = -2.0 * shift / torch.tensor([width, height], device=frames.device)
    matrix = torch.empty(count, 2, 3, device=frames.device)
    matrix[:, 0, 0], matrix[:, 0, 1] = cosine, -sine * height / width
    matrix[:, 1, 0], matrix[:, 1, 1] = sine * width / height, cosine
    matrix[:, :, 2] = (matrix[:, :, :2] @ offset[:, :, None])[:, :, 0]
    grid = functional.affine_grid(matrix, list(frames.shape), align_corners=False)
    return functional.grid_sample(frames, grid, align_corners=False)


def cropped(frames: Tensor, corner: Tensor, pixels: int) -> Tensor:
    """Cut each frame anew, at its own corner, out of itself with a black border of ``pixels``.

    Args:
        frames: [n, C, H, W], any type.
        corner: [2, n], integer, row and column of the upper left corner in the bordered frame,
            0 .. 2 * pixels; (pixels, pixels) is the frame itself.
        pixels: Width of the border.
    """
    _, _, height, width = frames.shape
    bordered = functional.pad(frames, (pixels, pixels, pixels, pixels))
    windows = bordered.unfold(2, height, 1).unfold(3, width, 1)  # a view [n, C, row, column, H, W]
    rows, columns = corner
    return windows[torch.arange(len(frames), device=frames.device), :, rows, columns]


def mirrored(frames: Tensor, chosen: Tensor) -> Tensor:
    """Mirror the frames [n, C, H, W] that ``chosen``, [n] of bool, names, left to right."""
    return torch.where(chosen[:, None, None, None], frames.flip(3), frames)


def kept_boxes(boxes: Tensor, height: int, width: int) -> Tensor:
    """Return boxes [n, m, 5] cut at the frame; one of which less than :data:`LEAST_SHARE` is left is none."""
    most = torch.tensor([width, height, width, height], dtype=boxes.dtype, device=boxes.device)
    cut = torch.minimum(boxes[..., :4].clamp(min=0.0), most)
    whole = (boxes[..., 2:4] - boxes[..., :2]).prod(dim=-1)
    edges = cut[..., 2:] - cut[..., :2]
    good = (edges.amin(dim=-1) >= 1.0) & (edges.prod(dim=-1) >= LEAST_SHARE * whole)
    label = torch.where(good, boxes[..., 4], NO_BOX)
    return torch.cat((cut, label[..., None]), dim=-1)


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What happens to each frame of a batch of n; None for what happens to none.

    Attributes:
        sides: [4, n], turn, zoom, shift to the right and downwards, each -1 .. 1 of its largest value.
        corner: [2, n], see :func:`cropped`.
        mirror: [n], bool.
    """

    recipe: Recipe
    sides: Tensor | None
    corner: Tensor | None
    mirror: Tensor | None

    @classmethod
    def draw(cls, recipe: Recipe, count: int, generator: Generator) -> Self:
        """Draw for ``count`` frames; what a recipe does not ask for draws nothing."""
        sides = corner = mirror = None
        if recipe.rotation or recipe.zoom or recipe.shift:
            sides = 2 * torch.rand(4, count, generator=generator) - 1
        if recipe.crop:
            corner = torch.randint(0, 2 * recipe.crop + 1, (2, count), generator=generator)
        if recipe.mirror:
            mirror = torch.rand(count, generator=generator) < recipe.mirror
        return cls(recipe, sides, corner, mirror)

    def part(self, chosen: slice, device: torch.device) -> Self:
        """Return what happens to some of the frames, on the device that holds them."""

        def of(values: Tensor | None) -> Tensor | None:
            return None if values is None else values[..., chosen].to(device, non_blocking=True)

        return type(self)(self.recipe, of(self.sides), of(self.corner), of(self.mirror))

    def __call__(self, frames: Tensor) -> Tensor:
        """Return the frames [n, C, H, W], bytes, augmented, as float 0 .. 255."""
        if self.corner is not None:
            frames = cropped(frames, self.corner, self.recipe.crop)
        if self.mirror is not None:
            frames = mirrored(frames, self.mirror)
        frames = frames.float()
        if self.sides is not None:
            angle = self.sides[0] * math.radians(self.recipe.rotation)
            zoom = 1 + self.recipe.zoom * self.sides[1]
            frames = moved(frames, angle, zoom, self.recipe.shift * self.sides[2:].T)
        return frames

    def boxes(self, boxes: Tensor, height: int, width: int) -> Tensor:
        """Return the true boxes [n, m, 5] of frames that become what :meth:`__call__` makes of them.

        A turned box would not be the box of what is in it: recipes of detectors have no rotation.
        """
        edges = boxes[..., :4]
        if self.corner is not None:
            down, across = self.recipe.crop - self.corner.to(edges.dtype)
            edges = edges + torch.stack((across, down, across, down), dim=-1)[:, None]
        if self.mirror is not None:
            flipped = torch.stack(
                (width - edges[..., 2], edges[..., 1], width - edges[..., 0], edges[..., 3]), dim=-1
            )
            edges = torch.where(self.mirror[:, None, None], flipped, edges)
        if self.sides is not None:
            zoom = (1 + self.recipe.zoom * self.sides[1])[:, None, None]
            centre = torch.tensor([width, height] * 2, dtype=edges.dtype, device=edges.device) / 2
            shift = (self.recipe.shift * self.sides[2:].T).repeat(1, 2)[:, None]
            edges = (edges - centre) * zoom + centre + shift
        return kept_boxes(torch.cat((edges, boxes[..., 4:]), dim=-1), height, width)
