"""Adam with the recurrent bilinear rule on (latent weight, alpha) pairs."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from rbonn_hw.errors import ConfigError
from rbonn_hw.optim.recurrent import (
    backtrack,
    coupling_gradients,
    inverse_scale_gradient,
    reflected,
    step_gradient,
)

SMALLEST_INVERSE_ALPHA = 1e-6
"""A = 0 would be an infinite scale; the reflection stops just short of it."""

Pair = tuple[nn.Parameter, nn.Parameter]


class RecurrentBilinear(Optimizer):
    """Minimizes ``L_S + lambda * G`` with the update of :mod:`rbonn_hw.optim.recurrent`.

    The gradients of that rule are turned into steps by Adam, as in the published training; everything else
    follows the equations. What a step needs of the step before (the former weight, U) is state of the
    optimizer: nothing is read from ``.grad`` between steps, so it does not matter when ``zero_grad`` is
    called, and a ``state_dict`` is complete.

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
        Xu et al., ECCV 2022, equations 3.121-3.136 of the group's book; Kingma and Ba, Adam, ICLR 2015.
    """

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
        _check_ranges(
            lr=lr,
            weight_lr=weight_lr,
            alpha_lr=alpha_lr,
            u_lr=u_lr,
            eps=eps,
            coupling=coupling,
            u_init=u_init,
        )
        if not 0.0 <= tau <= 1.0:
            raise ConfigError(f"tau={tau!r} must lie in 0 .. 1; the published value is 0.6")
        groups: list[dict[str, Any]] = []
        for weight, alpha in pairs:
            if alpha.numel() != len(weight) or bool((alpha <= 0).any()):
                raise ConfigError(
                    f"a pair needs a positive alpha per filter: {len(weight)} filters, {alpha.numel()} alphas"
                )
            groups.append({"params": [weight, alpha], "pair": True})
        plain = list(others)
        if plain:
            groups.append({"params": plain, "pair": False})
        super().__init__(
            groups,
            {
                "lr": lr,
                "weight_lr": weight_lr,
                "alpha_lr": alpha_lr,
                "u_lr": u_lr,
                "betas": betas,
                "eps": eps,
                "coupling": coupling,
                "tau": tau,
                "u_init": u_init,
            },
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Do one step.

        Args:
            closure: Re-evaluates the loss, as for every PyTorch optimizer.

        Raises:
            ConfigError: One half of a pair has a gradient and the other has none.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            if group["pair"]:
                self._step_pair(group)
                continue
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.sub_(group["lr"] * self._direction(parameter, parameter.grad, group))
        return loss

    def _step_pair(self, group: dict[str, Any]) -> None:
        weight, alpha = group["params"]
        if weight.grad is None and alpha.grad is None:
            return
        if weight.grad is None or alpha.grad is None:
            raise ConfigError("one half of a (weight, alpha) pair has no gradient; train both or neither")
        state, lr, tau, coupling = self.state[weight], group["lr"], group["tau"], group["coupling"]
        if "u" not in state:
            state["u"] = weight.new_full((len(weight),), group["u_init"])
        scale = alpha.flatten()
        inverse = scale.reciprocal()
        coupling_weight, coupling_inverse = coupling_gradients(weight, inverse)
        weight_direction = self._direction(weight, weight.grad + coupling * coupling_weight, group)
        inverse_gradient = inverse_scale_gradient(alpha.grad.flatten(), scale) + coupling * coupling_inverse
        inverse_direction = self._direction(alpha, inverse_gradient, group)
        before = weight.clone()
        stepped = weight - group["weight_lr"] * lr * weight_direction
        weight.copy_(backtrack(stepped, before, scale, state["u"], tau))
        if "previous" in state:
            slope = step_gradient(weight.grad, state["previous"], scale, tau)
            state["u"] = reflected(state["u"], group["u_lr"] * lr * slope)
        state["previous"] = before
        inverse = reflected(inverse, group["alpha_lr"] * lr * inverse_direction)
        alpha.copy_(inverse.clamp(min=SMALLEST_INVERSE_ALPHA).reciprocal().view_as(alpha))

    def _direction(self, parameter: nn.Parameter, gradient: Tensor, group: dict[str, Any]) -> Tensor:
        """Return Adam's direction for ``gradient`` and advance its moments, kept under ``parameter``."""
        state = self.state[parameter]
        if "count" not in state:
            state["count"] = 0
            state["mean"] = torch.zeros_like(gradient)
            state["square"] = torch.zeros_like(gradient)
        state["count"] += 1
        beta1, beta2 = group["betas"]
        mean, square = state["mean"], state["square"]
        mean.lerp_(gradient, 1 - beta1)
        square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        corrected = (square / (1 - math.pow(beta2, state["count"]))).sqrt_().add_(group["eps"])
        direction: Tensor = mean / (1 - math.pow(beta1, state["count"])) / corrected
        return direction


def _check_ranges(**values: float) -> None:
    for name, value in values.items():
        if not (math.isfinite(value) and value >= 0):
            raise ConfigError(f"{name}={value!r} must be a finite number, not negative")
