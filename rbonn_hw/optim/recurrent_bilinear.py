"""Adam with the recurrent bilinear rule on (latent weight, alpha) pairs."""

from collections.abc import Iterable

import torch
from torch import nn

from rbonn_hw.errors import ConfigError
from rbonn_hw.optim import filters
from rbonn_hw.optim.binary_optimizer import (
    WEIGHTS,
    BinaryOptimizer,
    Pair,
    Parameters,
    check_not_negative,
    check_share,
    gradients,
)
from rbonn_hw.optim.recurrent import (
    backtrack,
    coupling_gradients,
    density_gate,
    inverse_scale_gradient,
    reflected,
    step_gradient,
)

SMALLEST_INVERSE_ALPHA = 1e-6
"""A = 0 would be an infinite scale; the reflection stops just short of it."""


class RecurrentBilinear(BinaryOptimizer):
    """Minimizes ``L_S + lambda * G`` with the update of :mod:`rbonn_hw.optim.recurrent`.

    The gradients of that rule are turned into steps by Adam, as in the published training; everything else
    follows the equations. Of the step before it keeps the former weight, its norms, and U.

    Args:
        pairs: (latent weight [C_out, ..], alpha with C_out elements, positive) of each binary layer.
        others: All other parameters; they get plain Adam.
        lr: Learning rate of ``others``; a scheduler that changes it changes all four.
        weight_lr: eta2 of the latent weights, relative to ``lr``.
        alpha_lr: eta1 of A, relative to ``lr``.
        u_lr: eta3 of U, relative to ``lr``.
        betas: Adam's decay rates.
        eps: Adam's denominator offset.
        coupling: lambda, the weight of G; not negative.
        tau: Share of filters that count as sparse, 0 .. 1; 1 switches the recurrent step off.
        u_init: First value of U; not negative.

    Raises:
        ConfigError: A hyper-parameter outside its range, or a pair that is none.

    Source:
        Xu et al., ECCV 2022, equations 3.121-3.136 of the group's book.
    """

    replayable = True

    def __init__(
        self,
        pairs: Iterable[Pair],
        others: Iterable[nn.Parameter] = (),
        *,
        lr: float = 1e-3,
        weight_lr: float = 1.0,
        alpha_lr: float = 1.0,
        u_lr: float = 0.1,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        coupling: float = 1e-4,
        tau: float = 0.6,
        u_init: float = 1e-3,
    ) -> None:
        check_not_negative(
            weight_lr=weight_lr, alpha_lr=alpha_lr, u_lr=u_lr, coupling=coupling, u_init=u_init
        )
        check_share(tau=tau)
        super().__init__(
            pairs,
            others,
            lr=lr,
            betas=betas,
            eps=eps,
            weight_lr=weight_lr,
            alpha_lr=alpha_lr,
            u_lr=u_lr,
            coupling=coupling,
            tau=tau,
            u_init=u_init,
        )

    def _is_trained(self, weight: nn.Parameter, alpha: nn.Parameter) -> bool:
        if (weight.grad is None) != (alpha.grad is None):
            raise ConfigError("one half of a (weight, alpha) pair has no gradient; train both or neither")
        return weight.grad is not None

    def _step_pairs(self, weights: Parameters, alphas: Parameters) -> None:
        group, states = self.param_groups[WEIGHTS], [self.state[weight] for weight in weights]
        lr, coupling, sizes = group["lr"], group["coupling"], filters.sizes_of(weights)
        for weight, state in zip(weights, states, strict=True):
            if "u" not in state:
                state["u"] = weight.new_full((len(weight),), group["u_init"])
                state["norm"] = torch.zeros_like(state["u"])
                # Without a former weight dL/dU is 0.
                state["previous"] = torch.zeros_like(weight)
        previous = [state["previous"] for state in states]
        scale, u = filters.joined(alphas), filters.joined([state["u"] for state in states])
        inverse = scale.reciprocal()

        by_weight, by_inverse = coupling_gradients(weights, inverse)
        torch._foreach_mul_(by_weight, coupling)
        torch._foreach_add_(by_weight, slopes := gradients(weights))
        inverse_slope = inverse_scale_gradient(filters.joined(gradients(alphas)), scale)
        inverse_slope += coupling * by_inverse
        directions = self._directions(weights, by_weight)
        inverse_directions = self._directions(alphas, filters.cut(inverse_slope, sizes))

        norms = filters.l1_norms(weights)
        former_norms = filters.joined([state["norm"] for state in states])
        gate, former_gate = density_gate(torch.stack([norms, former_norms]), inverse, group["tau"], sizes)
        next_u = reflected(u, group["u_lr"] * lr * step_gradient(slopes, previous, former_gate))

        torch._foreach_copy_(previous, weights)
        torch._foreach_mul_(directions, group["weight_lr"] * lr)
        torch._foreach_copy_(weights, backtrack(torch._foreach_sub(previous, directions), previous, u, gate))
        filters.store([state["norm"] for state in states], norms)
        filters.store([state["u"] for state in states], next_u)
        inverse = reflected(inverse, group["alpha_lr"] * lr * torch.cat(inverse_directions))
        scale = inverse.clamp(min=SMALLEST_INVERSE_ALPHA).reciprocal()
        filters.store(alphas, scale)
