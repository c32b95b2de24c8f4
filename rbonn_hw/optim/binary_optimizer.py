"""What all optimizers of binary networks share: parameters in pairs, Adam on the others, two modes."""

import contextlib
import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from rbonn_hw.errors import ConfigError
from rbonn_hw.optim.adam import Divisors, adam_directions, bias_corrections
from rbonn_hw.optim.filters import Layers

Pair = tuple[nn.Parameter, nn.Parameter]
"""Latent weight [C_out, ..] of a binary layer, and alpha with C_out elements."""

Parameters = tuple[nn.Parameter, ...]

PACE = ("learning rate", "correction of the first moments", "correction of the second moments")
"""What changes from step to step, in this order in a tensor [3] where steps are replayed."""

WEIGHTS, ALPHAS, OTHERS = 0, 1, 2
"""Position of each kind of parameter in ``param_groups``."""


class BinaryOptimizer(Optimizer):
    """Adam on the parameters outside of pairs; a subclass says what happens to the pairs.

    Every group carries ``lr``, the same for all. All that a step needs of the step before is state of the
    optimizer: nothing is read from ``.grad`` between steps, so it does not matter when ``zero_grad`` is
    called, and a ``state_dict`` is complete. Steps are done on lists of tensors at once: on a GPU a step's
    time is the number of kernels, and a network has many small layers.

    Args:
        pairs: (latent weight, alpha) of each binary layer.
        others: All other parameters.
        lr: Learning rate.
        betas: Adam's decay rates.
        eps: Adam's denominator offset.
        settings: Further entries of every group.

    Raises:
        ConfigError: A number out of range, or a pair that is none.

    Attributes:
        replayable: Whether a step is the same kernels on the same tensors each time, its numbers apart.

    Source:
        Kingma and Ba, Adam, ICLR 2015.
    """

    replayable = False
    _pace: Tensor | None = None

    def __init__(
        self,
        pairs: Iterable[Pair],
        others: Iterable[nn.Parameter] = (),
        *,
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        **settings: Any,
    ) -> None:
        check_not_negative(lr=lr, eps=eps)
        pairs = list(pairs)
        for weight, alpha in pairs:
            if alpha.numel() != len(weight) or bool((alpha <= 0).any()):
                raise ConfigError(
                    f"a pair needs a positive alpha per filter: {len(weight)} filters, {alpha.numel()} alphas"
                )
        kinds = ([weight for weight, _ in pairs], [alpha for _, alpha in pairs], list(others))
        super().__init__(
            [{"params": parameters} for parameters in kinds],
            {"lr": lr, "betas": betas, "eps": eps, **settings},
        )

    def train(self) -> None:
        """Let the parameters hold what the next training forward pass shall use; see :meth:`eval`."""

    def eval(self) -> None:
        """Let the parameters hold what evaluation shall use and what is worth saving.

        Most methods use one set of weights for both, so that neither call does anything.
        """

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Do one step.

        Args:
            closure: Re-evaluates the loss, as for every PyTorch optimizer.

        Raises:
            ConfigError: See the class.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        others = tuple(p for p in self.param_groups[OTHERS]["params"] if p.grad is not None)
        if others:
            self._step_others(others)
        weights, alphas = (self.param_groups[kind]["params"] for kind in (WEIGHTS, ALPHAS))
        pairs = [pair for pair in zip(weights, alphas, strict=True) if self._is_trained(*pair)]
        if pairs:
            self._step_pairs(tuple(weight for weight, _ in pairs), tuple(alpha for _, alpha in pairs))
        return loss

    def set_rate(self, rate: float) -> None:
        """Set the learning rate of the next step."""
        for group in self.param_groups:
            group["lr"] = rate

    def advance(self, rate: float) -> list[float]:
        """Count a step that is replayed, and return its numbers, :data:`PACE`."""
        self.set_rate(rate)
        states = [state for state in self.state.values() if "count" in state]
        for state in states:
            state["count"] += 1
        group = self.param_groups[OTHERS]
        first, second = bias_corrections([states[0]["count"]], group["betas"])
        return [rate, *first, *second]

    @contextlib.contextmanager
    def paced_by(self, pace: Tensor) -> Iterator[None]:
        """Take what changes from step to step from ``pace``, :data:`PACE` on the device, and count nothing.

        Raises:
            ConfigError: This method's steps cannot be replayed, or the moments differ in age.
        """
        ages = {state["count"] for state in self.state.values() if "count" in state}
        if not self.replayable or len(ages) != 1:
            raise ConfigError(
                f"{type(self).__name__} with moments of {sorted(ages)} steps cannot be replayed; step it"
            )
        rates = [group["lr"] for group in self.param_groups]
        self._pace = pace
        try:
            for group in self.param_groups:
                group["lr"] = pace[0]
            yield
        finally:
            self._pace = None
            for group, rate in zip(self.param_groups, rates, strict=True):
                group["lr"] = rate

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from ``state_dict``; the groups' settings come from there too.

        A file keeps values but not the order in memory, and sums depend on that order: state is brought into
        the order of its parameter, so that training continues bit for bit. Nothing is shared with the source.
        """
        super().load_state_dict(state_dict)
        for parameter, state in self.state.items():
            for name, value in state.items():
                if isinstance(value, Tensor):
                    as_parameter = value.shape == parameter.shape
                    like = parameter if as_parameter else value
                    state[name] = torch.empty_like(like, requires_grad=False).copy_(value)

    @abstractmethod
    def _step_pairs(self, weights: Parameters, alphas: Parameters) -> None:
        """Move latent weights, which have gradients, and their alphas."""

    def _is_trained(self, weight: nn.Parameter, alpha: nn.Parameter) -> bool:
        """Return whether a pair takes part in this step."""
        return weight.grad is not None

    def _step_others(self, others: Parameters) -> None:
        self._descend(others, gradients(others), rate=self.param_groups[OTHERS]["lr"])

    def _descend(self, parameters: Parameters, slopes: Layers, *, rate: float) -> None:
        """Do Adam's step of the given rate, in place."""
        directions = self._directions(parameters, slopes)
        torch._foreach_mul_(directions, rate)
        torch._foreach_sub_(parameters, directions)

    def _directions(self, parameters: Parameters, slopes: Layers, slot: str = "") -> list[Tensor]:
        """Return Adam's direction for each gradient and advance its moments.

        Args:
            parameters: Under which the moments are kept.
            slopes: Gradients.
            slot: Prefix of the moments' names, where a parameter has more than one set.
        """
        states = [self.state[parameter] for parameter in parameters]
        betas = self.param_groups[OTHERS]["betas"]
        for state, slope in zip(states, slopes, strict=True):
            state.setdefault(f"{slot}count", 0)
            for name in ("mean", "square"):
                if slot + name not in state:
                    state[slot + name] = torch.zeros_like(slope)
            if self._pace is None:
                state[f"{slot}count"] += 1
        corrections: tuple[Divisors, Divisors]
        if self._pace is None:
            corrections = bias_corrections([state[f"{slot}count"] for state in states], betas)
        else:
            corrections = self._pace[1], self._pace[2]
        return adam_directions(
            slopes,
            [state[f"{slot}mean"] for state in states],
            [state[f"{slot}square"] for state in states],
            corrections,
            betas=betas,
            eps=self.param_groups[OTHERS]["eps"],
        )


def gradients(parameters: Iterable[nn.Parameter]) -> list[Tensor]:
    """Return the gradients of parameters that have one."""
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


def check_not_negative(**values: float) -> None:
    """Check numbers by name.

    Raises:
        ConfigError: One is not finite, or negative.
    """
    for name, value in values.items():
        if not (math.isfinite(value) and value >= 0):
            raise ConfigError(f"{name}={value!r} must be a finite number, not negative")


def check_share(**values: float) -> None:
    """Check shares by name.

    Raises:
        ConfigError: One lies outside 0 .. 1.
    """
    for name, value in values.items():
        if not 0.0 <= value <= 1.0:
            raise ConfigError(f"{name}={value!r} must lie in 0 .. 1, for example 0.6")
