"""The published rule as pure functions: ranks, gate, backtracking, gradients."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from rbonn_hw.optim import filters, recurrent
from tests.optim import rule


def test_density_opens_the_largest_by_rank() -> None:
    x = torch.tensor([3.0, 1.0, 2.0])  # argsort is (1, 2, 0), rank is (3, 1, 2)

    assert recurrent.density(x, 2 / 3, (3,)).tolist() == [True, False, False]


@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=9), min_size=1, max_size=4), st.floats(0, 1))
def test_density_is_the_transcribed_one_in_every_layer(layers: list[list[int]], tau: float) -> None:
    values = torch.tensor([value for layer in layers for value in layer], dtype=torch.float64)
    expected = [dense for layer in layers for dense in rule.dense(np.array(layer, np.float64), tau)]

    ours = recurrent.density(torch.stack([values, -values]), tau, tuple(map(len, layers)))

    assert ours[0].tolist() == expected
    assert ours[1].tolist() == [
        dense for layer in layers for dense in rule.dense(-np.array(layer, np.float64), tau)
    ]


def test_equal_values_are_ranked_in_order() -> None:
    assert recurrent.density(torch.ones(5), 0.6, (5,)).tolist() == [False, False, False, True, True]


@pytest.mark.parametrize(("tau", "is_open"), [(0.0, True), (0.99, True), (1.0, False)])
def test_a_single_filter_is_dense_below_tau_one(tau: float, is_open: bool) -> None:
    assert recurrent.density(torch.ones(1), tau, (1,)).tolist() == [is_open]


@pytest.mark.parametrize("tau", [0.0, 1.0])
def test_the_gate_is_closed_at_both_ends_of_tau(tau: float) -> None:
    x = torch.rand(9, generator=torch.Generator().manual_seed(0))

    assert not recurrent.density_gate(x, x.flip(0), tau, (4, 5)).any()


@given(st.integers(0, 1000), st.floats(0, 1))
def test_gate_is_the_transcribed_drelu(seed: int, tau: float) -> None:
    draw = np.random.default_rng(seed)
    layers = [draw.standard_normal((6, 3)), draw.standard_normal((1, 2, 2)), draw.standard_normal((5, 2))]
    inverses = [draw.random(len(layer)) for layer in layers]
    expected = [rule.drelu(w, a, tau) for w, a in zip(layers, inverses, strict=True)]

    weights = [torch.from_numpy(layer) for layer in layers]
    gate = recurrent.density_gate(
        filters.l1_norms(weights), torch.from_numpy(np.concatenate(inverses)), tau, (6, 1, 5)
    )

    for ours, theirs in zip(filters.scaled(weights, gate), expected, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs)


def test_only_a_sparse_filter_with_a_small_scale_moves() -> None:
    weight = torch.tensor([1.0, 4.0, 4.0]).view(3, 1, 1, 1)
    alpha = torch.tensor([0.1, 0.2, 9.0])  # 1/alpha is densest on channel 0, then 1
    gate = recurrent.density_gate(filters.l1_norms([weight]), alpha.reciprocal(), 1 / 3, (3,))

    (moved,) = recurrent.backtrack([weight + 10], [weight], torch.full((3,), 0.5), gate)

    torch.testing.assert_close(moved.flatten(), torch.tensor([11.5, 14.0, 14.0]))


@pytest.mark.parametrize("tau", [-0.1, 1.1])
def test_tau_outside_its_range_is_refused(tau: float) -> None:
    with pytest.raises(ValueError, match=r"tau must lie in \[0, 1\]"):
        recurrent.density(torch.ones(3), tau, (3,))


def test_coupling_gradients_are_half_of_autograds() -> None:
    generator = torch.Generator().manual_seed(1)
    weight = torch.randn(4, 2, 3, 3, generator=generator, dtype=torch.float64).requires_grad_()
    inverse = (torch.rand(4, generator=generator, dtype=torch.float64) + 0.5).requires_grad_()
    term = (torch.where(weight >= 0, 1.0, -1.0) - inverse.view(-1, 1, 1, 1) * weight).square().sum()
    term.backward()  # type: ignore[no-untyped-call]

    (by_weight,), by_inverse = recurrent.coupling_gradients([weight.detach()], inverse.detach())

    assert weight.grad is not None
    assert inverse.grad is not None
    torch.testing.assert_close(2 * by_weight, weight.grad)
    torch.testing.assert_close(2 * by_inverse, inverse.grad)


def test_gradient_of_the_inverse_scale_is_autograds() -> None:
    alpha = torch.tensor([0.2, 1.0, 3.0], dtype=torch.float64)
    inverse = alpha.reciprocal().requires_grad_()

    def loss(scale: Tensor) -> Tensor:
        return (scale.sin() * torch.tensor([1.0, 2.0, 3.0])).sum()

    loss(inverse.reciprocal()).backward()  # type: ignore[no-untyped-call]
    leaf = alpha.clone().requires_grad_()
    loss(leaf).backward()  # type: ignore[no-untyped-call]

    assert leaf.grad is not None
    assert inverse.grad is not None
    torch.testing.assert_close(recurrent.inverse_scale_gradient(leaf.grad, alpha), inverse.grad)


def test_gradient_of_u_is_summed_over_open_filters() -> None:
    slopes, previous = torch.arange(6.0).view(3, 2), torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

    ours = recurrent.step_gradient([slopes], [previous], torch.tensor([True, False, True]))

    assert ours.tolist() == [0 * 1 + 1 * 2, 0.0, 4 * 5 + 5 * 6]


def test_reflection_keeps_a_and_u_non_negative() -> None:
    moved = recurrent.reflected(torch.tensor([1.0, 0.1]), torch.tensor([0.25, 0.5]))

    torch.testing.assert_close(moved, torch.tensor([0.75, 0.4]))
