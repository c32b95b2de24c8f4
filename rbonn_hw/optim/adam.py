"""Adam's arithmetic on lists of tensors, as a pure function but for the moments, which it advances."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from rbonn_hw.optim.filters import Layers

Divisors = list[float] | Tensor
"""What moments are divided by: one number each, or one for all on the device."""


def bias_corrections(counts: Sequence[int], betas: tuple[float, float]) -> tuple[list[float], list[float]]:
    """Return ``1 - beta^t`` for the first and the second moments that have seen t steps, at least 1."""
    first, second = ([1 - math.pow(beta, count) for count in counts] for beta in betas)
    return first, second


def adam_directions(
    gradients: Layers,
    means: Layers,
    squares: Layers,
    corrections: tuple[Divisors, Divisors],
    *,
    betas: tuple[float, float],
    eps: float,
) -> list[Tensor]:
    """Return ``mhat / (sqrt(vhat) + eps)`` for each gradient.

    Args:
        gradients: Any shapes; at least one.
        means: First moments, advanced in place.
        squares: Second moments, advanced in place.
        corrections: See :func:`bias_corrections`; this step is one of those counted.
        betas: Decay rates of the two moments.
        eps: Offset of the denominator.

    Source:
        Kingma and Ba, Adam, ICLR 2015, algorithm 1.
    """
    beta1, beta2 = betas
    torch._foreach_lerp_(means, gradients, 1 - beta1)
    torch._foreach_mul_(squares, beta2)
    torch._foreach_addcmul_(squares, gradients, gradients, 1 - beta2)
    denominators = torch._foreach_div(squares, corrections[1])
    torch._foreach_sqrt_(denominators)
    torch._foreach_add_(denominators, eps)
    directions = torch._foreach_div(means, corrections[0])
    torch._foreach_div_(directions, denominators)
    return list(directions)
