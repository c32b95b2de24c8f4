"""The bilinear quantizer against its equations in NumPy, and against alpha behind the convolution."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from rbonn_hw.errors import ConfigError
from rbonn_hw.quant.bilinear import bilinear_weight


def drawn(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("shape", [(5, 3, 2, 2), (4, 7)])
def test_value_and_gradients_are_the_equations(shape: tuple[int, ...]) -> None:
    weight = drawn(*shape, seed=0)
    weight[0] = 0.0
    inverse = drawn(shape[0], seed=1).abs() + 0.2
    arriving = drawn(*shape, seed=2)
    leaves = weight.clone().requires_grad_(), inverse.clone().view(-1, 1, 1).requires_grad_()

    out = bilinear_weight(*leaves)
    out.backward(arriving)  # type: ignore[no-untyped-call]

    w, a, g = (x.numpy() for x in (weight, inverse, arriving))
    b = np.where(w >= 0, 1.0, -1.0)
    assert leaves[0].grad is not None
    assert leaves[1].grad is not None
    for i in range(shape[0]):
        np.testing.assert_allclose(out.detach().numpy()[i], b[i] / a[i])
        np.testing.assert_allclose(leaves[0].grad.numpy()[i], g[i] / a[i])
        np.testing.assert_allclose(leaves[1].grad.numpy()[i, 0, 0], -(g[i] * b[i]).sum() / a[i] ** 2)


def test_alpha_behind_the_convolution_has_the_same_gradients() -> None:
    x, weight, alpha = drawn(2, 3, 6, 6, seed=3), drawn(4, 3, 3, 3, seed=4), drawn(4, seed=5).abs() + 0.1
    weights = [weight.clone().requires_grad_() for _ in range(2)]
    inverse = alpha.reciprocal().requires_grad_()
    scale = alpha.clone().requires_grad_()

    first = functional.conv2d(x, bilinear_weight(weights[0], inverse))
    straight = weights[1] + (torch.where(weight >= 0, 1.0, -1.0) - weight)
    second = functional.conv2d(x, straight) * scale.view(-1, 1, 1)
    for out in (first, second):
        out.sin().sum().backward()  # type: ignore[no-untyped-call]

    torch.testing.assert_close(first, second)
    torch.testing.assert_close(weights[0].grad, weights[1].grad)
    assert scale.grad is not None
    torch.testing.assert_close(inverse.grad, -scale.grad * alpha**2)


def test_a_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ConfigError, match="3 filters and 2 values of A"):
        bilinear_weight(torch.ones(3, 2), torch.ones(2))
