"""Bop and Bop2ndOrder: no latent weights, a binary weight flips when its gradients agree for long enough."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from rbonn_hw.optim import filters
from rbonn_hw.optim.binary_optimizer import WEIGHTS, BinaryOptimizer, Pair, Parameters, check_share, gradients
from rbonn_hw.optim.binary_optimizer import check_not_negative as check
from rbonn_hw.optim.filters import Layers

EPS = 1e-10
"""Offset of Bop2ndOrder's denominator."""


def averaged(averages: Layers, values: Layers, rate: float) -> None:
    """Advance running averages in place: ``a <- (1 - rate) * a + rate * value``."""
    torch._foreach_mul_(averages, 1 - rate)
    torch._foreach_add_(averages, values, alpha=rate)


def normalized(
    means: Layers, squares: Layers, *, mean_share: float = 1.0, square_share: float = 1.0
) -> list[Tensor]:
    """Return ``mhat / (sqrt(vhat) + eps)``, the signal of Bop2ndOrder.

    Args:
        means: Running averages of the gradients, m.
        squares: Running averages of their squares, v.
        mean_share: What to divide m by: 1, or ``1 - (1 - gamma)^t`` in the bias-corrected form.
        square_share: What to divide v by: 1, or ``1 - (1 - sigma)^t`` in the bias-corrected form.

    Source:
        Suarez-Ramirez et al., A Bop and Beyond, CVPR Workshops 2021, algorithm 1.
    """
    denominators = torch._foreach_div(squares, square_share)
    torch._foreach_sqrt_(denominators)
    torch._foreach_add_(denominators, EPS)
    signals = torch._foreach_div(means, mean_share)
    torch._foreach_div_(signals, denominators)
    return list(signals)


def flipped(weights: Layers, signals: Layers, threshold: float) -> list[Tensor]:
    """Return weights +-1 after the flips: where ``|signal| > threshold`` and its sign is the weight's.

    Args:
        weights: -1 and +1.
        signals: Averaged gradients: a positive one asks for a smaller weight.
        threshold: Not negative.

    Source:
        Helwegen et al., Latent Weights Do Not Exist, NeurIPS 2019, algorithm 1.
    """
    # |s| > t and sign(s) = w is w * s > t, because t is not negative.
    products = torch._foreach_mul(weights, signals)
    return [
        torch.where(product > threshold, -weight, weight)
        for weight, product in zip(weights, products, strict=True)
    ]


class Bop(BinaryOptimizer):
    """Flips binary weights by the running average of their gradients; Adam on the others.

    The parameter of each latent weight holds -1 and +1, and every alpha is 1: the BatchNorm behind it sets
    the scale. The rate follows the learning rate's schedule: in the published training it decays too.

    Args:
        pairs: (weight, alpha) of each binary layer; both are overwritten, the weight by its sign.
        others: All other parameters; they get plain Adam.
        lr: Learning rate of ``others`` at the start.
        threshold: tau, average gradient beyond which a weight flips; not negative.
        rate: gamma, share of the newest gradient in the average at the start, 0 .. 1.

    Raises:
        ConfigError: A number out of range.

    Source:
        Helwegen et al., Latent Weights Do Not Exist: Rethinking Binarized Neural Network Optimization,
        NeurIPS 2019.
    """

    def __init__(
        self,
        pairs: Iterable[Pair],
        others: Iterable[nn.Parameter] = (),
        *,
        lr: float = 1e-3,
        threshold: float = 1e-7,
        rate: float = 1e-3,
        **settings: Any,
    ) -> None:
        check(threshold=threshold)
        check_share(rate=rate)
        pairs = list(pairs)
        super().__init__(pairs, others, lr=lr, start_lr=lr, threshold=threshold, rate=rate, **settings)
        with torch.no_grad():
            for weight, alpha in pairs:
                weight.copy_(filters.signs([weight])[0])
                alpha.fill_(1.0)

    def _step_pairs(self, weights: Parameters, alphas: Parameters) -> None:
        signals = self._signals(weights, gradients(weights))
        torch._foreach_copy_(weights, flipped(weights, signals, self.param_groups[WEIGHTS]["threshold"]))

    def _rate(self) -> float:
        group = self.param_groups[WEIGHTS]
        share: float = group["lr"] / group["start_lr"] if group["start_lr"] else 1.0
        return min(1.0, float(group["rate"]) * share)

    def _slots(self, weights: Parameters, name: str) -> list[Tensor]:
        for weight in weights:
            if name not in self.state[weight]:
                self.state[weight][name] = torch.zeros_like(weight)
        return [self.state[weight][name] for weight in weights]

    def _signals(self, weights: Parameters, slopes: list[Tensor]) -> list[Tensor]:
        """Return what is compared with the threshold, and advance the averages."""
        means = self._slots(weights, "momentum")
        averaged(means, slopes, self._rate())
        return means


class Bop2ndOrder(Bop):
    """Bop whose average gradient is divided by the root of the average squared gradient.

    Args:
        pairs: (weight, alpha) of each binary layer; both are overwritten, the weight by its sign.
        others: All other parameters; they get plain Adam.
        lr: Learning rate of ``others`` at the start.
        threshold: tau, normalized average beyond which a weight flips; not negative. What counts is its size
            beside the rate: ten times the rate in the published training (1e-6 and 1e-7), as here.
        rate: gamma, share of the newest gradient in its average at the start, 0 .. 1.
        variance_rate: sigma, share of the newest square in its average, 0 .. 1.
        bias_corrected: Divide each average by the share of it that gradients have filled.

    Raises:
        ConfigError: A number out of range.

    Source:
        Suarez-Ramirez et al., A Bop and Beyond: A Second Order Optimizer for Binarized Neural Networks,
        CVPR Workshops 2021; both of its forms.
    """

    def __init__(
        self,
        pairs: Iterable[Pair],
        others: Iterable[nn.Parameter] = (),
        *,
        lr: float = 1e-3,
        threshold: float = 1e-2,
        rate: float = 1e-3,
        variance_rate: float = 1e-3,
        bias_corrected: bool = False,
    ) -> None:
        check_share(variance_rate=variance_rate)
        super().__init__(
            pairs,
            others,
            lr=lr,
            threshold=threshold,
            rate=rate,
            variance_rate=variance_rate,
            bias_corrected=bias_corrected,
        )

    def _signals(self, weights: Parameters, slopes: list[Tensor]) -> list[Tensor]:
        group, rate = self.param_groups[WEIGHTS], self._rate()
        squares = self._slots(weights, "variance")
        averaged(squares, torch._foreach_mul(slopes, slopes), group["variance_rate"])
        means = super()._signals(weights, slopes)
        if not group["bias_corrected"]:
            return normalized(means, squares)
        signals = []
        for weight, mean, square in zip(weights, means, squares, strict=True):
            state = self.state[weight]
            # What is still the zeros of the beginning; the rate may change from step to step.
            state["mean_rest"] = state.get("mean_rest", 1.0) * (1 - rate)
            state["square_rest"] = state.get("square_rest", 1.0) * (1 - group["variance_rate"])
            shares = 1 - state["mean_rest"], 1 - state["square_rest"]
            signals += normalized([mean], [square], mean_share=shares[0], square_share=shares[1])
        return signals
