"""rbonn_hw.ref.depthwise: against torch's grouped convolution."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError
from rbonn_hw.ref.depthwise import depthwise
from rbonn_hw.spec.depthwise import DepthwiseSpec

INT4 = IntType(4, signed=True)
types = st.builds(lambda bits, signed: IntType(bits, signed=signed), st.integers(1, 8), st.booleans())


@given(
    element=types, weight_bits=st.integers(1, 8), kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_equals_a_convolution_with_as_many_groups_as_channels(
    element: IntType, weight_bits: int, kernel: tuple[int, int], seed: int
) -> None:
    rng, half, taps = np.random.default_rng(seed), 1 << (weight_bits - 1), kernel[0] * kernel[1]
    weights = rng.choice([-1, 1], (taps, 3)) if weight_bits == 1 else rng.integers(-half, half, (taps, 3))
    image = rng.integers(element.min, element.max + 1, (1, 3, 4, 5))
    spec = DepthwiseSpec(channels=3, taps=taps, pe=1, input=element, weight_bits=weight_bits)
    windows = np.lib.stride_tricks.sliding_window_view(image[0], kernel, axis=(1, 2))

    y = depthwise(spec, weights, windows.transpose(1, 2, 3, 4, 0).reshape(-1, taps, 3))

    filters = torch.tensor(weights.T.reshape(3, 1, *kernel), dtype=torch.float64)
    expected = torch.nn.functional.conv2d(torch.tensor(image, dtype=torch.float64), filters, groups=3)
    np.testing.assert_array_equal(y, expected[0].permute(1, 2, 0).reshape(-1, 3).numpy())


def test_wrong_weights_and_windows_are_named() -> None:
    spec = DepthwiseSpec(channels=3, taps=4, pe=1, input=INT4, weight_bits=1)
    weights, x = np.ones((4, 3), np.int64), np.zeros((2, 4, 3), np.int64)

    with pytest.raises(ShapeError, match=r"weights have shape \(3, 4\), expected \(4, 3\)"):
        depthwise(spec, weights.T, x)
    with pytest.raises(ShapeError, match="weights hold 0, which is not BIPOLAR"):
        depthwise(spec, 0 * weights, x)
    with pytest.raises(ShapeError, match=r"expected \(n, 4, 3\)"):
        depthwise(spec, weights, x[:, :3])
