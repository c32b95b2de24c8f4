"""Networks as training could leave them: gammas of either sign, odd biases, slopes of which some are 0."""

import numpy as np
import torch
from numpy.typing import NDArray

from rbonn_hw.models.layers import Bias, BiasedPReLU, Norm
from rbonn_hw.models.network import Network, build
from rbonn_hw.models.table import Table


def pixels(table: Table, count: int, seed: int = 0) -> NDArray[np.float32]:
    """Return frames [count, C, H, W] of pixels 0 .. 255."""
    drawn = np.random.default_rng(seed).integers(0, 256, (count, *table.frame))
    return drawn.astype(np.float32)


def randomized(table: Table, seed: int = 3, frames: int = 16) -> Network:
    """Return a network in evaluation mode."""
    made = build(table, seed=seed)
    generator = torch.Generator().manual_seed(seed + 1)

    def noise(like: torch.Tensor) -> torch.Tensor:
        return torch.randn(like.shape, generator=generator)

    for module in made.modules():
        if isinstance(module, Norm):
            module.weight.data = noise(module.weight) * module.weight.data[0]
            module.bias.data = noise(module.bias)
        elif isinstance(module, BiasedPReLU):
            module.prelu.weight.data = noise(module.prelu.weight).clamp(min=0)
        elif isinstance(module, Bias):
            module.bias.data = noise(module.bias)
    made.train()
    for step in range(3):
        made(torch.from_numpy(pixels(table, frames, seed=step + 1)))
    return made.eval()
