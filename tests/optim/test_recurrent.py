"""The published rule as pure functions: ranks, gate, backtracking, gradients."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from rbonn_hw.optim import recurrent
from tests.optim import rule


def test_density_opens_the_largest_by_rank() -> None:
    x = torch.tensor([3.0, 1.0, 2.0])  # argsort is (1, 2, 0), rank is (3, 1, 2)

    assert recurrent.density(x, tau=2 / 3).tolist() == [True, False, False]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.floats(0, 1))
def test_density_is_the_transcribed_one(values: list[int], tau: float) -> None:
    ours = recurrent.density(torch.tensor(values, dtype=torch.float64), tau).tolist()

    assert ours == rule.dense(np.array(values, np.float64), tau)


def test_only_a_sparse_filter_with_a_small_scale_moves() -> None:
    weight = torch.tensor([1.0, 4.0, 4.0]).view(3, 1, 1, 1)
    alpha = torch.tensor([0.1, 0.2, 9.0])  # 1/alpha is densest on channel 0, then 1

    moved = recurrent.backtrack(weight + 10, weight, alpha, u=torch.full((3,), 0.5), tau=1 / 3)

    torch.testing.assert_close(moved.flatten(), torch.tensor([11.5, 14.0, 14.0]))


def test_tau_one_switches_the_step_off() -> None:
    weight = torch.randn(8, 2, 3, 3, generator=torch.Generator().manual_seed(0))

    moved = recurrent.backtrack(weight, weight, alpha=torch.rand(8) + 0.1, u=torch.ones(8), tau=1.0)

    assert torch.equal(moved, weight)


@pytest.mark.parametrize("tau", [-0.1, 1.1])
def test_tau_outside_its_range_is_refused(tau: float) -> None:
    with pytest.raises(ValueError, match=r"tau must lie in \[0, 1\]"):
        recurrent.density(torch.ones(3), tau)


def test_coupling_gradients_are_half_of_autograds() -> None:
    generator = torch.Generator().manual_seed(1)
    weight = torch.randn(4, 2, 3, 3, generator=generator, dtype=torch.float64).requires_grad_()
    inverse = (torch.rand(4, generator=generator, dtype=torch.float64) + 0.5).requires_grad_()
    term = (recurrent.binary(weight).detach() - inverse.view(-1, 1, 1, 1) * weight).square().sum()
    term.backward()  # type: ignore[no-untyped-call]

    by_weight, by_inverse = recurrent.coupling_gradients(weight.detach(), inverse.detach())

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


def test_reflection_keeps_a_and_u_non_negative() -> None:
    moved = recurrent.reflected(torch.tensor([1.0, 0.1]), torch.tensor([0.25, 0.5]))

    torch.testing.assert_close(moved, torch.tensor([0.75, 0.4]))
