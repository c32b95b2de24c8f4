"""Adam on latent weights with a straight-through sign; alpha follows from the latent weights."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from rbonn_hw.optim import filters
from rbonn_hw.optim.binary_optimizer import (
    WEIGHTS,
    BinaryOptimizer,
    Pair,
    Parameters,
    check_not_negative,
    gradients,
)
from rbonn_hw.optim.filters import Layers

SMALLEST_ALPHA = 1e-8
"""A filter of zeros would have no scale; alpha stays positive."""


def mean_magnitudes(weights: Layers) -> Tensor:
    """Return alpha = mean |w| of each filter, [F]: it minimizes ``|| w - alpha * sign(w) ||``.

    Args:
        weights: Latent weights of each layer.

    Source:
        Rastegari et al., XNOR-Net, ECCV 2016, equation 6.
    """
    norms = filters.cut(filters.l1_norms(weights), filters.sizes_of(weights))
    means = torch._foreach_div(norms, [float(weight[0].numel()) for weight in weights])
    return torch.cat(means).clamp(min=SMALLEST_ALPHA)


@torch.no_grad()
def match_scales(pairs: Iterable[Pair]) -> None:
    """Set each alpha to the mean magnitude of its latent filter, e.g. after a stage on real weights."""
    pairs = list(pairs)
    if pairs:
        weights, alphas = zip(*pairs, strict=True)
        filters.store(alphas, mean_magnitudes(weights))


class LatentAdam(BinaryOptimizer):
    """Adam on the latent weights; after each step ``alpha = mean |w|`` per filter, without a gradient.

    The gradient that reaches a latent weight is ``alpha * g``, g the gradient of the binary weight.
    ReActNet's code passes ``g``, where ``|w| <= 1``: Adam divides a factor per filter out again, and
    ReActNet's latent weights, which begin near 0, do not come near that bound; here nothing is cut.

    Args:
        pairs: (latent weight, alpha) of each binary layer.
        others: All other parameters; they get plain Adam.
        lr: Learning rate.
        weight_lr: Learning rate of the latent weights, relative to ``lr``.
        bounded: Keep latent weights in -1 .. 1, and pass no gradient where they are outside: the plain
            straight-through estimator.

    Raises:
        ConfigError: A number out of range.

    Source:
        Hubara et al., Binarized Neural Networks, NeurIPS 2016 (bounded); Liu et al., ReActNet, ECCV 2020;
        Liu et al., How Do Adam and Training Strategies Help BNNs Optimization?, ICML 2021 (AdamBNN).
    """

    replayable = True

    def __init__(
        self,
        pairs: Iterable[Pair],
        others: Iterable[nn.Parameter] = (),
        *,
        lr: float = 1e-3,
        weight_lr: float = 1.0,
        bounded: bool = False,
    ) -> None:
        pairs = list(pairs)
        check_not_negative(weight_lr=weight_lr)
        super().__init__(pairs, others, lr=lr, weight_lr=weight_lr, bounded=bounded)
        match_scales(pairs)

    def _step_pairs(self, weights: Parameters, alphas: Parameters) -> None:
        group = self.param_groups[WEIGHTS]
        slopes = gradients(weights)
        if group["bounded"]:
            slopes = clipped(slopes, weights)
        self._descend(weights, slopes, rate=group["weight_lr"] * group["lr"])
        if group["bounded"]:
            torch._foreach_clamp_min_(weights, -1.0)
            torch._foreach_clamp_max_(weights, 1.0)
        filters.store(alphas, mean_magnitudes(weights))


def clipped(slopes: Layers, weights: Layers) -> list[Tensor]:
    """Return the gradients, with 0 where ``|w| > 1``."""
    return [slope * (weight.abs() <= 1) for slope, weight in zip(slopes, weights, strict=True)]
