"""The optimizer equals the transcribed equations, whatever zero_grad does; its state_dict is complete."""

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rbonn_hw.errors import ConfigError
from rbonn_hw.optim.recurrent_bilinear import RecurrentBilinear
from tests.optim.layer import Layer
from tests.optim.rule import Rule


def optimizer_for(layer: Layer, **settings: float) -> RecurrentBilinear:
    values = {"lr": 0.05, "coupling": 0.1, "tau": 0.5, "u_init": 0.3, **settings}
    return RecurrentBilinear([(layer.weight, layer.alpha)], [layer.bias], **values)  # type: ignore[arg-type]


def test_equals_the_transcribed_equations() -> None:
    layer = Layer()
    optimizer = optimizer_for(layer)
    alpha = layer.alpha.detach().numpy()[:, 0]
    rule = Rule(layer.weight.detach().numpy(), alpha, lr=0.05, coupling=0.1, tau=0.5, u=0.3)
    start = rule.u.copy()

    for number in range(25):
        optimizer.zero_grad()
        layer.loss(number).backward()  # type: ignore[no-untyped-call]
        assert layer.weight.grad is not None
        assert layer.alpha.grad is not None
        rule.step(layer.weight.grad.numpy().copy(), layer.alpha.grad.numpy()[:, 0].copy())
        optimizer.step()

        np.testing.assert_allclose(layer.weight.detach().numpy(), rule.w, rtol=1e-9)
        np.testing.assert_allclose(1 / layer.alpha.detach().numpy()[:, 0], rule.a, rtol=1e-9)
        np.testing.assert_allclose(optimizer.state[layer.weight]["u"].numpy(), rule.u, rtol=1e-9)
    assert not np.allclose(rule.u, start)  # U has learned, so its equation was compared


def test_without_rule_it_is_adam() -> None:
    layer, twin = Layer(), Layer()
    optimizer = optimizer_for(layer, coupling=0.0, tau=1.0)
    adam = torch.optim.Adam([twin.weight, twin.bias], lr=0.05)

    for number in range(5):
        for each, other in ((layer, optimizer), (twin, adam)):
            other.zero_grad()
            each.loss(number).backward()  # type: ignore[no-untyped-call]
            other.step()
        with torch.no_grad():
            twin.alpha.copy_(layer.alpha)

    torch.testing.assert_close(layer.weight, twin.weight)
    torch.testing.assert_close(layer.bias, twin.bias)


@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad_may_be_called_anywhere(set_to_none: bool) -> None:
    early, late = Layer(), Layer()
    first, second = optimizer_for(early), optimizer_for(late)

    for number in range(8):
        first.zero_grad(set_to_none)
        loss = early.loss(number)
        loss.backward()  # type: ignore[no-untyped-call]
        first.step()

        loss = late.loss(number)
        second.zero_grad(set_to_none)
        loss.backward()  # type: ignore[no-untyped-call]
        second.step()
        second.zero_grad(set_to_none)

    assert torch.equal(early.weight, late.weight)
    assert torch.equal(early.alpha, late.alpha)


def test_state_dict_continues_bit_for_bit() -> None:
    whole, part = Layer(), Layer()
    whole.train_by(optimizer := optimizer_for(whole), range(10))
    part.train_by(before := optimizer_for(part), range(6))
    after = optimizer_for(part)
    after.load_state_dict(copy.deepcopy(before.state_dict()))
    part.train_by(after, range(6, 10))

    assert torch.equal(whole.weight, part.weight)
    assert torch.equal(whole.alpha, part.alpha)
    assert torch.equal(optimizer.state[whole.weight]["u"], after.state[part.weight]["u"])


def test_alpha_and_u_stay_positive_under_violent_steps() -> None:
    layer = Layer()
    optimizer = optimizer_for(layer, lr=3.0)

    layer.train_by(optimizer, range(50))

    assert bool((layer.alpha > 0).all())
    assert bool(torch.isfinite(layer.alpha).all())
    assert bool((optimizer.state[layer.weight]["u"] >= 0).all())


def test_parameters_without_gradient_are_left_alone() -> None:
    layer = Layer()
    before = copy.deepcopy(layer.state_dict())

    optimizer_for(layer).step()

    assert all(torch.equal(before[name], value) for name, value in layer.state_dict().items())


def test_half_a_pair_is_refused() -> None:
    layer = Layer()
    layer.alpha.requires_grad_(False)
    layer.loss(0).backward()  # type: ignore[no-untyped-call]

    with pytest.raises(ConfigError, match="train both or neither"):
        optimizer_for(layer).step()


def test_closure_is_evaluated_with_gradients() -> None:
    layer = Layer()
    optimizer = optimizer_for(layer)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = layer.loss(0)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    before = layer.weight.detach().clone()
    assert optimizer.step(closure).item() > 0
    assert not torch.equal(before, layer.weight)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tau": 1.5}, r"tau=1\.5 must lie in 0 \.\. 1"),
        ({"lr": -1.0}, r"lr=-1\.0 must be a finite number"),
        ({"coupling": float("nan")}, "coupling=nan must be a finite number"),
        ({"u_init": -0.1}, r"u_init=-0\.1 must be"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        optimizer_for(Layer(), **settings)


def test_pairs_that_do_not_fit_are_refused() -> None:
    weight, alpha = nn.Parameter(torch.ones(3, 2)), nn.Parameter(torch.ones(2))

    with pytest.raises(ConfigError, match="3 filters, 2 alphas"):
        RecurrentBilinear([(weight, alpha)])
