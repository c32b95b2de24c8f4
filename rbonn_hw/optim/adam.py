"""Adam's arithmetic on lists of tensors, as a pure function but for the moments, which it advances."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from rbonn_hw.optim.filters import Layers


def adam_directions(
    gradients: Layers,
    means: Layers,
    squares: Layers,
    counts: Sequence[int],
    *,
    betas: tuple[float, float],
    eps: float,
) -> list[Tensor]:
    """Return ``mhat / (sqrt(vhat) + eps)`` for each gradient.

    Args:
        gradients: Any shapes; at least one.
        means: First moments, advanced in place.
        squares: Second moments, advanced in place.
        counts: Steps that each moment has seen, with this one; at least 1.
        betas: Decay rates of the two moments.
        eps: Offset of the denominator.

    Source:
        Kingma and Ba, Adam, ICLR 2015, algorithm 1.
    """
    beta1, beta2 = betas
    torch._foreach_lerp_(means, gradients, 1 - beta1)
    torch._foreach_mul_(squares, beta2)
    torch._foreach_addcmul_(squares, gradients, gradients, 1 - beta2)
    denominators = torch._foreach_div(squares, [1 - math.pow(beta2, count) for count in counts])
    torch._foreach_sqrt_(denominators)
    torch._foreach_add_(denominators, eps)
    directions = torch._foreach_div(means, [1 - math.pow(beta1, count) for count in counts])
    torch._foreach_div_(directions, denominators)
    return list(directions)
