"""The released arithmetic equals its transcription, and differs from the published rule where it should."""

import numpy as np
import pytest
import torch

from rbonn_hw.errors import ConfigError
from rbonn_hw.optim import released
from rbonn_hw.optim.released_bilinear import ReleasedBilinear
from tests.optim.layer import Layer
from tests.optim.released_rule import ReleasedRule, chosen


def optimizer_for(layer: Layer, **settings: float) -> ReleasedBilinear:
    values = {"lr": 0.05, "coupling": 0.1, "tau": 0.5, **settings}
    return ReleasedBilinear([(layer.weight, layer.alpha)], [layer.bias], **values)  # type: ignore[arg-type]


def test_gate_takes_the_order_for_ranks() -> None:
    scale = torch.tensor([0.3, 0.1, 0.4, 0.2])  # order is 1, 3, 0, 2; ranks are 3, 1, 4, 2

    assert released.mistaken_gate(scale, 0.5, (4,)).tolist() == [True, False, True, False]


@pytest.mark.parametrize("tau", [0.0, 0.3, 0.6, 1.0])
def test_gate_is_the_transcribed_one_in_every_layer(tau: float) -> None:
    draw = np.random.default_rng(3)
    layers = [draw.random(size) for size in (64, 1, 7)]

    ours = released.mistaken_gate(torch.from_numpy(np.concatenate(layers)), tau, (64, 1, 7))

    assert ours.tolist() == [open_ for layer in layers for open_ in chosen(layer, tau)]


def test_equals_the_transcription() -> None:
    layer = Layer()
    optimizer = optimizer_for(layer)
    state = optimizer.state[layer.weight]
    rule = ReleasedRule(layer.weight.detach().numpy(), state["s"].numpy(), lr=0.05, coupling=0.1, tau=0.5)
    assert (rule.s < 0).any()

    for number in range(25):
        np.testing.assert_allclose(layer.alpha.detach().numpy()[:, 0], rule.alpha, rtol=1e-9)
        optimizer.zero_grad()
        layer.loss(number).backward()  # type: ignore[no-untyped-call]
        assert layer.weight.grad is not None
        rule.step(layer.weight.grad.numpy() / rule.alpha[:, None])
        optimizer.step()

        np.testing.assert_allclose(layer.weight.detach().numpy(), rule.seen, rtol=1e-9)
        np.testing.assert_allclose(state["hidden"].numpy(), rule.w, rtol=1e-9)
        np.testing.assert_allclose(state["s"].numpy(), rule.s, rtol=1e-9)
        np.testing.assert_allclose(state["u"].numpy(), rule.u, rtol=1e-9)
    assert not np.allclose(rule.u, 0.2)
    assert not np.allclose(rule.w, rule.seen)


def test_evaluation_sees_w_and_training_sees_w_eff() -> None:
    layer = Layer()
    optimizer = optimizer_for(layer)
    layer.train_by(optimizer, range(3))
    seen, hidden = layer.weight.detach().clone(), optimizer.state[layer.weight]["hidden"].clone()

    for _ in range(2):
        optimizer.eval()
        assert torch.equal(layer.weight, hidden)
    for _ in range(2):
        optimizer.train()
        assert torch.equal(layer.weight, seen)
    assert not torch.equal(seen, hidden)


def test_modes_before_the_first_step_change_nothing() -> None:
    layer, twin = Layer(), Layer()
    optimizer, other = optimizer_for(layer), optimizer_for(twin)
    optimizer.eval()
    optimizer.train()

    layer.train_by(optimizer, range(4))
    twin.train_by(other, range(4))

    assert torch.equal(layer.weight, twin.weight)


def test_step_in_evaluation_mode_is_refused() -> None:
    optimizer = optimizer_for(Layer())
    optimizer.eval()

    with pytest.raises(ConfigError, match=r"call train\(\) before"):
        optimizer.step()


def test_scales_follow_from_the_seed_alone() -> None:
    first, second, third = (Layer() for _ in range(3))
    torch.manual_seed(1)
    optimizer_for(first, seed=3)
    torch.manual_seed(2)
    optimizer_for(second, seed=3)
    optimizer_for(third, seed=4)

    assert torch.equal(first.alpha, second.alpha)
    assert not torch.equal(first.alpha, third.alpha)
    assert bool((first.alpha > 0).all())


def test_alpha_stays_positive_where_s_is_zero() -> None:
    assert released.scales(torch.tensor([0.0, -2.0])).tolist() == pytest.approx([1e-6, 2.0])
