"""What holds for every optimizer, whatever the order of calls, the arithmetic, or the interruptions."""

import copy
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from rbonn_hw.optim.binary_optimizer import BinaryOptimizer
from rbonn_hw.optim.factory import Settings, make_optimizer
from rbonn_hw.optim.methods import METHODS
from tests.optim.layer import BinaryPerceptron

every_method = pytest.mark.parametrize("method", METHODS)


def prepared(method: str, *, tau: float = 0.5) -> tuple[BinaryPerceptron, BinaryOptimizer]:
    net = BinaryPerceptron()
    settings = Settings(lr=0.02, coupling=1e-3, tau=tau, u_init=0.05, flip_rate=0.05, weight_decay=1e-3)
    return net, make_optimizer(method, net.pairs(), [net.last], settings)


def loss_of(net: BinaryPerceptron, step: int) -> Tensor:
    x, labels = net.batch(step)
    return functional.cross_entropy(net(x), labels)


def train(net: BinaryPerceptron, optimizer: BinaryOptimizer, steps: range) -> None:
    for step in steps:
        optimizer.zero_grad()
        loss_of(net, step).backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def state_of(net: BinaryPerceptron, optimizer: BinaryOptimizer) -> list[Tensor]:
    """Every tensor that the next step depends on."""
    slots = [state[name] for state in optimizer.state.values() for name in sorted(state)]
    return [*net.parameters(), *(slot for slot in slots if isinstance(slot, Tensor))]


def assert_equal(ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> None:
    assert len(ours) == len(theirs)
    for our, their in zip(ours, theirs, strict=True):
        assert torch.equal(our, their)


def assert_recurrent(net: BinaryPerceptron, optimizer: BinaryOptimizer, method: str) -> None:
    """The recurrent step has moved filters and has learned its U."""
    if method not in ("rbonn", "rbonn-released"):
        return
    for weight in net.weights:
        state = optimizer.state[weight]
        first = 0.05 if method == "rbonn" else 0.2
        moved = state["u"] != torch.full_like(state["u"], first)
        assert bool(moved.any()), "no U has learned"
        if method == "rbonn-released":
            assert not torch.equal(state["hidden"], weight)


@every_method
def test_it_learns(method: str) -> None:
    net, optimizer = prepared(method)
    before = sum(loss_of(net, step).item() for step in range(500, 510))

    train(net, optimizer, range(150))
    optimizer.eval()

    after = sum(loss_of(net, step).item() for step in range(500, 510))
    assert after < 0.7 * before
    assert bool(all((alpha > 0).all() for alpha in net.alphas))


@every_method
@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad_may_be_called_anywhere(method: str, *, set_to_none: bool) -> None:
    (early, first), (late, second) = prepared(method), prepared(method)

    for step in range(8):
        first.zero_grad(set_to_none)
        loss_of(early, step).backward()  # type: ignore[no-untyped-call]
        first.step()

        loss = loss_of(late, step)
        second.zero_grad(set_to_none)
        loss.backward()  # type: ignore[no-untyped-call]
        second.step()
        second.zero_grad(set_to_none)

    assert_equal(state_of(early, first), state_of(late, second))
    assert_recurrent(early, first, method)


@every_method
def test_two_halves_of_a_batch_are_the_batch(method: str) -> None:
    (whole, first), (parts, second) = prepared(method), prepared(method)

    for step in range(6):
        train(whole, first, range(step, step + 1))
        x, labels = parts.batch(step)
        second.zero_grad()
        for half in (slice(0, 16), slice(16, 32)):
            loss = functional.cross_entropy(parts(x[half]), labels[half]) / 2
            loss.backward()  # type: ignore[no-untyped-call]
        second.step()

    for ours, theirs in zip(parts.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)
    assert_recurrent(parts, second, method)


def train_in_bfloat16(net: BinaryPerceptron, optimizer: BinaryOptimizer, steps: range) -> None:
    for step in steps:
        x, labels = net.batch(step)
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            scores = net(x)
        assert scores.dtype == torch.bfloat16
        functional.cross_entropy(scores.float(), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()


@every_method
def test_bfloat16_leaves_latent_weights_in_float32(method: str) -> None:
    net, optimizer = prepared(method)
    start = [weight.detach().clone() for weight in net.weights]

    train_in_bfloat16(net, optimizer, range(8))

    assert all(tensor.dtype == torch.float32 for tensor in state_of(net, optimizer))
    assert all(not torch.equal(ours, theirs) for ours, theirs in zip(start, net.weights, strict=True))
    assert_recurrent(net, optimizer, method)


@pytest.mark.parametrize("method", ["rbonn", "rbonn-released"])
def test_in_bfloat16_the_recurrent_step_moves_open_filters_alone(method: str) -> None:
    (net, optimizer), (twin, without) = prepared(method), prepared(method, tau=1.0)

    train_in_bfloat16(net, optimizer, range(1))
    train_in_bfloat16(twin, without, range(1))

    for ours, theirs in zip(net.weights, twin.weights, strict=True):
        moved = (ours != theirs).any(dim=1)
        assert 0 < moved.sum() <= len(ours) / 2


@every_method
@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("done", [0, 5])
def test_a_state_dict_continues_bit_for_bit(method: str, mode: str, done: int) -> None:
    (whole, first), (part, second) = prepared(method), prepared(method)
    train(whole, first, range(10))
    train(part, second, range(done))
    getattr(second, mode)()

    stored = copy.deepcopy((part.state_dict(), second.state_dict()))
    resumed, third = prepared(method)
    resumed.load_state_dict(stored[0])
    third.load_state_dict(stored[1])
    third.train()
    train(resumed, third, range(done, 10))

    assert_equal(state_of(whole, first), state_of(resumed, third))
    assert_recurrent(resumed, third, method)


@every_method
def test_a_loaded_state_is_not_shared_with_its_source(method: str) -> None:
    net, optimizer = prepared(method)
    train(net, optimizer, range(3))
    before = [tensor.clone() for tensor in state_of(net, optimizer)]
    other, follower = prepared(method)
    follower.load_state_dict(optimizer.state_dict())

    train(other, follower, range(3, 6))

    assert_equal(state_of(net, optimizer), before)


@every_method
def test_parameters_without_gradient_are_left_alone(method: str) -> None:
    net, optimizer = prepared(method)
    before = copy.deepcopy(list(net.parameters()))

    optimizer.step()

    assert_equal(list(net.parameters()), before)


@every_method
def test_one_filter_and_both_ends_of_tau(method: str) -> None:
    for tau in (0.0, 1.0):
        weight = torch.nn.Parameter(torch.full((1, 3), 0.5))
        alpha = torch.nn.Parameter(torch.full((1, 1, 1), 0.5))
        optimizer = make_optimizer(method, [(weight, alpha)], [], Settings(lr=0.01, tau=tau))
        for _ in range(3):
            optimizer.zero_grad()
            (weight.sum() * alpha.sum()).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        assert bool(torch.isfinite(weight).all())
        assert alpha.item() > 0


@every_method
def test_a_frozen_layer_stays_and_the_others_learn(method: str) -> None:
    net, optimizer = prepared(method)
    for parameter in net.pairs()[0]:
        parameter.requires_grad_(False)
    before = copy.deepcopy(list(net.weights))

    train(net, optimizer, range(4))

    assert torch.equal(net.weights[0], before[0])
    assert not torch.equal(net.weights[1], before[1])
