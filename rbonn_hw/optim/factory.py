"""From the name of a training method to its optimizer."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn

from rbonn_hw.errors import ConfigError
from rbonn_hw.optim.binary_optimizer import BinaryOptimizer, Pair, check_not_negative, check_share
from rbonn_hw.optim.bop import Bop, Bop2ndOrder
from rbonn_hw.optim.latent_adam import LatentAdam
from rbonn_hw.optim.methods import METHODS
from rbonn_hw.optim.plain_adam import PlainAdam
from rbonn_hw.optim.recurrent_bilinear import RecurrentBilinear
from rbonn_hw.optim.released_bilinear import ReleasedBilinear


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Numbers of all optimizers; each takes those that it has.

    Attributes:
        lr: Learning rate at the start.
        weight_lr: Learning rate of the latent weights, relative to ``lr``.
        weight_decay: L2 penalty on real weights.
        decoupled_decay: Whether that is no penalty but a decay of its own; see
            :class:`rbonn_hw.optim.plain_adam.PlainAdam`.
        coupling: lambda of the recurrent bilinear rule.
        tau: Its share of filters that count as sparse; 1 switches the recurrent step off.
        u_init: First value of its step U, of the published rule; the released code has 0.2.
        flip_threshold: tau of Bop and Bop2ndOrder; 0 for the method's own.
        flip_rate: gamma of both.
        flip_variance_rate: sigma of Bop2ndOrder.
        seed: Of what an optimizer draws: the first scales of the released code.

    Raises:
        ConfigError: A number out of range.
    """

    lr: float
    weight_lr: float = 1.0
    weight_decay: float = 0.0
    decoupled_decay: bool = False
    coupling: float = 1e-6
    tau: float = 0.6
    u_init: float = 1e-3
    flip_threshold: float = 0.0
    flip_rate: float = 1e-3
    flip_variance_rate: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        check_not_negative(
            lr=self.lr,
            weight_lr=self.weight_lr,
            weight_decay=self.weight_decay,
            coupling=self.coupling,
            u_init=self.u_init,
            flip_threshold=self.flip_threshold,
            seed=self.seed,
        )
        check_share(tau=self.tau, flip_rate=self.flip_rate, flip_variance_rate=self.flip_variance_rate)


def make_optimizer(
    method: str,
    pairs: Iterable[Pair],
    others: Iterable[nn.Parameter],
    settings: Settings,
    *,
    real_weights: bool = False,
) -> BinaryOptimizer:
    """Return the optimizer of a method.

    Args:
        method: Name in :data:`rbonn_hw.optim.methods.METHODS`.
        pairs: (latent weight [C_out, ..], alpha with C_out elements) of each binary layer. Alpha multiplies
            the accumulator behind the layer and the sign passes gradients straight through, so that the
            gradient of a latent weight is ``alpha * g``, g that of the binary weight.
        others: All other parameters.
        settings: Numbers.
        real_weights: The network uses its latent weights as they are: the first of two stages.

    Raises:
        ConfigError: An unknown method.
    """
    if method not in METHODS:
        near = difflib.get_close_matches(method, METHODS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(METHODS)}"
        raise ConfigError(f"method {method!r} is unknown; {hint}")
    lr, weight_lr = settings.lr, settings.weight_lr
    threshold = {"threshold": settings.flip_threshold} if settings.flip_threshold else {}
    if real_weights or method == "real":
        return PlainAdam(
            pairs,
            others,
            lr=lr,
            weight_decay=settings.weight_decay,
            decoupled=settings.decoupled_decay,
        )
    match method:
        case "rbonn":
            return RecurrentBilinear(
                pairs,
                others,
                lr=lr,
                weight_lr=weight_lr,
                coupling=settings.coupling,
                tau=settings.tau,
                u_init=settings.u_init,
            )
        case "rbonn-released":
            return ReleasedBilinear(
                pairs,
                others,
                lr=lr,
                weight_lr=weight_lr,
                coupling=settings.coupling,
                tau=settings.tau,
                seed=settings.seed,
            )
        case "bop":
            return Bop(pairs, others, lr=lr, rate=settings.flip_rate, **threshold)
        case "bop2ndorder" | "bop2ndorder-corrected":
            return Bop2ndOrder(
                pairs,
                others,
                lr=lr,
                rate=settings.flip_rate,
                variance_rate=settings.flip_variance_rate,
                bias_corrected=method == "bop2ndorder-corrected",
                **threshold,
            )
        case _:
            return LatentAdam(pairs, others, lr=lr, weight_lr=weight_lr, bounded=method == "ste")
