"""Integer weights: the range is filled, integers stay, gradients pass; Brevitas's layer agrees."""

import brevitas.nn as qnn
import numpy as np
import pytest
import torch

from rbonn_hw.quant.weight import IntegerWeight, integer_weight


@pytest.mark.parametrize(("bits", "limit"), [(2, 1), (4, 7), (8, 127)])
def test_each_filter_fills_its_range(bits: int, limit: int) -> None:
    weight = torch.randn(5, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    weight[1] *= 100

    made = integer_weight(weight, bits, per_filter=True).numpy()

    flat = weight.double().numpy().reshape(5, -1)
    expected = np.rint(flat / np.abs(flat).max(axis=1, keepdims=True) * limit)
    np.testing.assert_array_equal(made.reshape(5, -1), expected)
    assert (np.abs(made).reshape(5, -1).max(axis=1) == limit).all()


def test_one_range_for_all_rows() -> None:
    weight = torch.tensor([[1.0, -0.5], [0.25, 0.1]])

    assert integer_weight(weight, 4, per_filter=False).tolist() == [[7.0, -4.0], [2.0, 1.0]]


def test_integers_are_left_as_they_are() -> None:
    weight = torch.randn(6, 20, generator=torch.Generator().manual_seed(1))
    for per_filter in (True, False):
        once = integer_weight(weight, 5, per_filter=per_filter)

        assert torch.equal(integer_weight(once, 5, per_filter=per_filter), once)


def test_a_filter_of_zeros_stays_zero() -> None:
    assert integer_weight(torch.zeros(2, 3), 4, per_filter=True).tolist() == [[0.0] * 3] * 2


def test_gradient_passes_the_rounding() -> None:
    weight = torch.tensor([[2.0, 0.3], [0.5, -0.1]], requires_grad=True)

    (integer_weight(weight, 4, per_filter=True) * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()  # type: ignore[no-untyped-call]

    assert weight.grad is not None
    torch.testing.assert_close(weight.grad, torch.tensor([[3.5, 7.0], [42.0, 56.0]]))


@pytest.mark.parametrize("per_filter", [True, False])
def test_layer_uses_these_integers(per_filter: bool) -> None:
    layer = qnn.QuantLinear(
        4,
        3,
        bias=False,
        weight_quant=IntegerWeight,
        weight_bit_width=3,
        weight_per_filter=per_filter,
    )

    quantized = layer.quant_weight()

    assert torch.equal(quantized.value, integer_weight(layer.weight, 3, per_filter=per_filter))
    assert (float(quantized.scale), float(quantized.zero_point), float(quantized.bit_width)) == (
        1.0,
        0.0,
        3.0,
    )
