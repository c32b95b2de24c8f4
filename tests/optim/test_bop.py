"""Bop and Bop2ndOrder equal the algorithms of their papers, transcribed; and they learn."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rbonn_hw.errors import ConfigError
from rbonn_hw.optim import bop
from rbonn_hw.optim.bop import Bop, Bop2ndOrder
from tests.optim.layer import Layer

Array = NDArray[np.float64]


class Transcribed:
    """Algorithm 1 of either paper, weight by weight."""

    def __init__(self, w: Array) -> None:
        self.w = w.copy()
        self.m, self.v, self.t, self.flips = np.zeros_like(w), np.zeros_like(w), 0, 0

    def step(
        self, g: Array, *, tau: float, gamma: float, sigma: float | None = None, corrected: bool = False
    ) -> None:
        """Sigma None is Bop."""
        self.t += 1
        self.m = (1 - gamma) * self.m + gamma * g
        signal = self.m
        if sigma is not None:
            self.v = (1 - sigma) * self.v + sigma * g**2
            m = self.m / (1 - (1 - gamma) ** self.t) if corrected else self.m
            v = self.v / (1 - (1 - sigma) ** self.t) if corrected else self.v
            signal = m / (np.sqrt(v) + 1e-10)
        for place in np.ndindex(self.w.shape):
            if abs(signal[place]) > tau and np.sign(signal[place]) == np.sign(self.w[place]):
                self.w[place] = -self.w[place]
                self.flips += 1


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("sigma", [None, 0.1])
def test_equals_the_transcribed_algorithm(sigma: float | None, *, corrected: bool) -> None:
    layer = Layer()
    tau, gamma = (0.02, 0.2) if sigma is None else (0.5, 0.2)
    pairs = [(layer.weight, layer.alpha)]
    optimizer = Bop(pairs, lr=0.01, threshold=tau, rate=gamma)
    if sigma is not None:
        optimizer = Bop2ndOrder(
            pairs, lr=0.01, threshold=tau, rate=gamma, variance_rate=sigma, bias_corrected=corrected
        )
    rule = Transcribed(layer.weight.detach().numpy())
    assert bool((layer.weight.abs() == 1).all())
    assert bool((layer.alpha == 1).all())

    for number in range(40):
        optimizer.zero_grad()
        layer.loss(number).backward()  # type: ignore[no-untyped-call]
        assert layer.weight.grad is not None
        rule.step(layer.weight.grad.numpy(), tau=tau, gamma=gamma, sigma=sigma, corrected=corrected)
        optimizer.step()
        np.testing.assert_array_equal(layer.weight.detach().numpy(), rule.w)
    assert rule.flips > 5
    assert rule.flips < rule.w.size * 10


def test_a_weight_flips_only_beyond_the_threshold_and_against_its_gradient() -> None:
    weights = torch.tensor([1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
    signals = torch.tensor([0.6, 0.5, -0.6, 0.6, -0.5, -0.6])

    (ours,) = bop.flipped([weights], [signals], 0.5)

    assert ours.tolist() == [-1.0, 1.0, 1.0, -1.0, -1.0, 1.0]


def test_rate_follows_the_learning_rate() -> None:
    layer = Layer()
    optimizer = Bop([(layer.weight, layer.alpha)], lr=0.1, rate=0.5)
    for group in optimizer.param_groups:
        group["lr"] = 0.02
    layer.loss(0).backward()  # type: ignore[no-untyped-call]
    assert layer.weight.grad is not None

    optimizer.step()

    torch.testing.assert_close(optimizer.state[layer.weight]["momentum"], layer.weight.grad * 0.1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threshold": -1.0}, r"threshold=-1\.0 must be a finite number"),
        ({"rate": 1.5}, r"rate=1\.5 must lie in 0 \.\. 1"),
        ({"variance_rate": float("nan")}, r"variance_rate=nan must lie in 0 \.\. 1"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, float], message: str) -> None:
    layer = Layer()
    with pytest.raises(ConfigError, match=message):
        Bop2ndOrder([(layer.weight, layer.alpha)], **settings)  # type: ignore[arg-type]
