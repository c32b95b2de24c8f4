"""Steps whose numbers come from a tensor, as a recorded step's do, are the same steps."""

from typing import Any

import pytest
import torch

from rbonn_hw.errors import ConfigError
from rbonn_hw.optim.binary_optimizer import PACE, BinaryOptimizer
from rbonn_hw.optim.bop import Bop
from rbonn_hw.optim.latent_adam import LatentAdam
from rbonn_hw.optim.plain_adam import PlainAdam
from rbonn_hw.optim.recurrent_bilinear import RecurrentBilinear
from tests.optim.layer import Layer

RATES = (0.05, 0.04, 0.02, 0.01)


def _optimizer(kind: type[BinaryOptimizer], layer: Layer) -> BinaryOptimizer:
    options: dict[str, Any] = {"weight_decay": 0.1, "decoupled": True} if kind is PlainAdam else {}
    return kind([(layer.weight, layer.alpha)], [layer.bias], lr=RATES[0], **options)


def _backward(layer: Layer, number: int) -> None:
    layer.zero_grad()
    layer.loss(number).backward()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("kind", [RecurrentBilinear, LatentAdam, PlainAdam])
def test_paced_steps_are_plain_steps(kind: type[BinaryOptimizer]) -> None:
    plain, paced = Layer(), Layer()
    plainly, pacedly = _optimizer(kind, plain), _optimizer(kind, paced)
    pace = torch.zeros(len(PACE))
    for number, rate in enumerate(RATES):
        _backward(plain, number)
        plainly.set_rate(rate)
        plainly.step()
        _backward(paced, number)
        if number == 0:  # makes the state
            pacedly.set_rate(rate)
            pacedly.step()
            continue
        pace.copy_(torch.tensor(pacedly.advance(rate)))
        with pacedly.paced_by(pace):
            pacedly.step()
    for name in ("weight", "alpha", "bias"):
        torch.testing.assert_close(getattr(paced, name), getattr(plain, name), rtol=1e-6, atol=1e-7)
    ours, theirs = pacedly.state_dict(), plainly.state_dict()
    assert [s.get("count") for s in ours["state"].values()] == [4] * len(ours["state"])
    assert ours["param_groups"] == theirs["param_groups"]


def test_what_cannot_be_replayed_says_so() -> None:
    layer = Layer()
    with (
        pytest.raises(ConfigError, match=r"Bop .* cannot be replayed"),
        _optimizer(Bop, layer).paced_by(torch.zeros(3)),
    ):
        pass
    with (
        pytest.raises(ConfigError, match="cannot be replayed"),
        _optimizer(LatentAdam, layer).paced_by(torch.zeros(3)),
    ):
        pass
