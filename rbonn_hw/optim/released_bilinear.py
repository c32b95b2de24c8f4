"""Optimizer with the arithmetic of RBONN's released code, for comparison."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from rbonn_hw.errors import ConfigError
from rbonn_hw.optim import filters, released
from rbonn_hw.optim.binary_optimizer import (
    WEIGHTS,
    BinaryOptimizer,
    Pair,
    Parameters,
    check_not_negative,
    check_share,
    gradients,
)


class ReleasedBilinear(BinaryOptimizer):
    """The update of :mod:`rbonn_hw.optim.released`, with Adam on w, s and u as there.

    While training, the parameter of a latent weight holds w_eff and this optimizer holds w; :meth:`eval`
    exchanges the two, so that evaluation and files use the signs of w, and :meth:`train` exchanges them back.
    Make it when the network has its weights.

    s and u live in this optimizer. s is drawn on the CPU from a generator of its own, layer after layer: it
    follows from the seed alone, on every machine and in every process.

    Args:
        pairs: (latent weight, alpha) of each binary layer; alpha is overwritten by 0.02 * |s|.
        others: All other parameters; they get plain Adam.
        lr: Learning rate; u has a tenth of it.
        weight_lr: Learning rate of the latent weights, relative to ``lr``.
        coupling: lambda; the released code has 1e-4.
        tau: Share of filters that are not backtracked, 0 .. 1; the released code has 0.6.
        u_init: First value of u.
        seed: Of the generator that draws s.

    Raises:
        ConfigError: A number out of range.

    Source:
        See :mod:`rbonn_hw.optim.released`.
    """

    def __init__(
        self,
        pairs: Iterable[Pair],
        others: Iterable[nn.Parameter] = (),
        *,
        lr: float = 1e-3,
        weight_lr: float = 1.0,
        coupling: float = 1e-4,
        tau: float = 0.6,
        u_init: float = 0.2,
        seed: int = 0,
    ) -> None:
        check_not_negative(weight_lr=weight_lr, coupling=coupling, u_init=u_init, seed=seed)
        check_share(tau=tau)
        pairs = list(pairs)
        super().__init__(
            pairs, others, lr=lr, weight_lr=weight_lr, coupling=coupling, tau=tau, is_training=True
        )
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for weight, alpha in pairs:
                state = self.state[weight]
                state["s"] = torch.randn(len(weight), generator=generator).to(weight)
                state["u"] = torch.full_like(state["s"], u_init)
                filters.store([alpha], released.BIN * released.scales(state["s"]))

    def train(self) -> None:
        """Let the parameters hold w_eff."""
        self._exchange(is_training=True)

    def eval(self) -> None:
        """Let the parameters hold w."""
        self._exchange(is_training=False)

    @torch.no_grad()
    def _exchange(self, *, is_training: bool) -> None:
        group = self.param_groups[WEIGHTS]
        if group["is_training"] == is_training:
            return
        for weight in group["params"]:
            if "hidden" not in self.state[weight]:
                continue  # No step yet: w_eff is w.
            held = weight.clone()
            weight.copy_(self.state[weight]["hidden"])
            self.state[weight]["hidden"].copy_(held)
        group["is_training"] = is_training

    def step(self, closure: Any = None) -> Any:
        """Do one step; see the base class.

        Raises:
            ConfigError: The optimizer is in evaluation mode.
        """
        if not self.param_groups[WEIGHTS]["is_training"]:
            raise ConfigError("step in evaluation mode: the gradients are not w_eff's; call train() before")
        return super().step(closure)

    def _step_pairs(self, weights: Parameters, alphas: Parameters) -> None:
        group, states = self.param_groups[WEIGHTS], [self.state[weight] for weight in weights]
        lr, tau, sizes = group["lr"], group["tau"], filters.sizes_of(weights)
        s = filters.joined([state["s"] for state in states])
        scale, arriving = released.scales(s), gradients(weights)
        slopes = released.weight_gradients(arriving, weights, scale, group["coupling"])
        s_slope = released.scale_gradient(arriving, weights, scale, group["coupling"]) * s.sign()
        self._step_u(weights, slopes, scale)

        for weight, state in zip(weights, states, strict=True):
            if "hidden" not in state:
                state["hidden"] = weight.detach().clone()
        hidden = [state["hidden"] for state in states]
        directions = self._directions(weights, slopes)
        torch._foreach_mul_(directions, group["weight_lr"] * lr)
        torch._foreach_sub_(hidden, directions)
        s_directions = self._directions(weights, filters.cut(s_slope, sizes), "s_")
        torch._foreach_sub_([state["s"] for state in states], torch._foreach_mul(s_directions, lr))
        for state, slope in zip(states, slopes, strict=True):
            state["former"] = slope

        scale = released.scales(filters.joined([state["s"] for state in states]))
        gate = released.mistaken_gate(scale, tau, sizes)
        u = filters.joined([state["u"] for state in states])
        torch._foreach_copy_(weights, released.effective(hidden, slopes, u, gate))
        filters.store(alphas, released.BIN * scale)

    def _step_u(self, weights: Parameters, slopes: list[torch.Tensor], scale: torch.Tensor) -> None:
        """Move u of the layers that have been backtracked, which needs a step before this one."""
        group, sizes = self.param_groups[WEIGHTS], filters.sizes_of(weights)
        gates = filters.cut(released.mistaken_gate(scale, group["tau"], sizes), sizes)
        backtracked = [
            (weight, slope, gate)
            for weight, slope, gate in zip(weights, slopes, gates, strict=True)
            if "former" in self.state[weight]
        ]
        if not backtracked:
            return
        moved = tuple(weight for weight, _, _ in backtracked)
        states = [self.state[weight] for weight in moved]
        slope = released.u_gradient(
            [slope for _, slope, _ in backtracked],
            [state["former"] for state in states],
            torch.cat([gate for _, _, gate in backtracked]),
        )
        directions = self._directions(moved, filters.cut(slope, filters.sizes_of(moved)), "u_")
        torch._foreach_sub_(
            [state["u"] for state in states], torch._foreach_mul(directions, 0.1 * group["lr"])
        )
