"""Binary quantizers: two values, a triangular gradient, scale 1."""

from collections.abc import Callable

import brevitas.nn as qnn
import pytest
import torch
from torch import Tensor

from rbonn_hw.errors import ConfigError
from rbonn_hw.quant.sign import SignActivation, SignWeight, approx_sign, clipped_sign


def test_zero_is_plus_one() -> None:
    x = torch.tensor([-1e-30, -0.0, 0.0, 1e-30])

    assert approx_sign(x).tolist() == [-1.0, 1.0, 1.0, 1.0]
    assert clipped_sign(x).tolist() == [-1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("window", [1.0, 3.0])
def test_gradient_is_the_slope_of_the_published_quadratic(window: float) -> None:
    x = torch.linspace(-1.5 * window, 1.5 * window, 61, dtype=torch.float64)[1:-1:2]
    x = x + 1e-3  # off the corners, where the slope is one-sided
    step = 1e-6

    def quadratic(point: float) -> float:
        """Bi-Real Net's F, stretched: 2x + x^2 left of 0, 2x - x^2 right of it, +-1 outside."""
        point /= window
        if abs(point) >= 1:
            return 1.0 if point > 0 else -1.0
        return 2 * point + (point**2 if point < 0 else -(point**2))

    expected = [(quadratic(float(v) + step) - quadratic(float(v) - step)) / (2 * step) for v in x]
    leaf = x.clone().requires_grad_()
    approx_sign(leaf, window).sum().backward()  # type: ignore[no-untyped-call]

    assert leaf.grad is not None
    torch.testing.assert_close(leaf.grad, torch.tensor(expected, dtype=torch.float64), atol=1e-5, rtol=0)


def test_activation_layer_is_that_function() -> None:
    layer = qnn.QuantIdentity(act_quant=SignActivation, window=2.0)
    x = torch.tensor([-3.0, -1.0, 0.0, 1.0], requires_grad=True)

    y = layer(x)
    y.sum().backward()

    assert y.tolist() == [-1.0, -1.0, 1.0, 1.0]
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 0.5, 1.0, 0.5]


def test_clipped_gradient_is_one_inside_the_window_with_its_ends() -> None:
    x = torch.tensor([-2.1, -2.0, -0.5, 0.0, 2.0, 2.1], requires_grad=True)

    (clipped_sign(x, 2.0) * torch.arange(1.0, 7.0)).sum().backward()  # type: ignore[no-untyped-call]

    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 2.0, 3.0, 4.0, 5.0, 0.0]


def test_activation_layer_takes_the_gradient_by_name() -> None:
    layer = qnn.QuantIdentity(act_quant=SignActivation, window=2.0, gradient="clip")
    x = torch.tensor([-3.0, -1.0, 0.0, 1.0], requires_grad=True)

    y = layer(x)
    y.sum().backward()

    assert y.tolist() == [-1.0, -1.0, 1.0, 1.0]
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 1.0, 1.0, 1.0]


def test_unknown_gradient_is_refused() -> None:
    with pytest.raises(ConfigError, match="gradient 'round' is none of approx, clip"):
        qnn.QuantIdentity(act_quant=SignActivation, gradient="round")


def test_weights_have_scale_one_and_an_unclipped_gradient() -> None:
    layer = qnn.QuantLinear(3, 1, bias=False, weight_quant=SignWeight)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[-7.0, 0.0, 0.2]]))

    y = layer(torch.tensor([[1.0, 10.0, 100.0]]))
    y.sum().backward()

    assert y.item() == -1 + 10 + 100
    assert layer.weight.grad.tolist() == [[1.0, 10.0, 100.0]]


@pytest.mark.parametrize("sign", [approx_sign, clipped_sign])
def test_compiled_it_is_one_graph_with_the_same_gradient(sign: Callable[[Tensor], Tensor]) -> None:
    """Also on maps whose channels come last, where an ``out=`` would break the graph."""
    torch.compiler.reset()
    compiled = torch.compile(sign, backend="aot_eager", fullgraph=True)
    maps = torch.linspace(-1.5, 1.5, 2 * 3 * 4 * 4).reshape(2, 3, 4, 4)
    for layout in (torch.contiguous_format, torch.channels_last):
        ours, plain = (maps.clone(memory_format=layout).requires_grad_() for _ in range(2))
        weights = torch.arange(1.0, 97.0).reshape(2, 3, 4, 4)

        (compiled(ours) * weights).sum().backward()  # type: ignore[no-untyped-call]
        (sign(plain) * weights).sum().backward()  # type: ignore[no-untyped-call]

        assert ours.grad is not None
        assert plain.grad is not None
        assert bool(ours.grad.any())
        assert torch.equal(ours.grad, plain.grad)
        assert torch.equal(compiled(ours), sign(plain))
