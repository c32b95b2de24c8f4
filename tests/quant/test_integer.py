"""The grid: rounding, saturation, gradient, one scale for both branches of a sum."""

import numpy as np
import pytest
import torch

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ConfigError
from rbonn_hw.quant.integer import grid


@pytest.mark.parametrize("name", ["INT4", "UINT4", "UINT8", "INT2"])
@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_values_are_rounded_half_to_even_and_saturated(name: str, scale: float) -> None:
    dtype = IntType.from_qonnx(name)
    x = np.arange(-300, 300, dtype=np.float64) * scale / 2

    y = grid(dtype, scale)(torch.tensor(x, dtype=torch.float32)).numpy()

    np.testing.assert_array_equal(y, np.clip(np.rint(x / scale), dtype.min, dtype.max) * scale)


def test_gradient_passes_inside_the_range_only() -> None:
    x = torch.tensor([-9.0, -8.4, 0.3, 7.4, 8.0], requires_grad=True)

    grid(IntType(4, signed=True))(x).sum().backward()

    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 1.0, 1.0, 1.0, 0.0]


def test_sum_of_two_branches_stays_on_the_grid() -> None:
    layer = grid(IntType(4, signed=True), 0.5)
    generator = torch.Generator().manual_seed(0)
    first, second = (layer(torch.randn(1000, generator=generator) * 3) for _ in range(2))

    doubled = (first + second) * 2

    assert torch.equal(doubled, doubled.round())
    assert doubled.abs().max() > 7  # a sum needs one bit more than its parts


@pytest.mark.parametrize("scale", [0.3, 0.0, -1.0])
def test_scale_that_is_no_power_of_two_is_refused(scale: float) -> None:
    with pytest.raises(ConfigError, match=r"not a power of two; try 0\.5"):
        grid(IntType(4, signed=True), scale)


def test_one_bit_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least 2 bits"):
        grid(IntType(1, signed=False))
