"""rbonn_hw.ref.upsample: against torch's nearest-neighbour interpolation."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError
from rbonn_hw.ref.upsample import upsample
from rbonn_hw.spec.upsample import UpsampleSpec

INT4 = IntType(4, signed=True)


@given(scale=st.tuples(st.integers(1, 4), st.integers(1, 4)), seed=st.integers(0, 2**32 - 1))
def test_equals_torch(scale: tuple[int, int], seed: int) -> None:
    x = np.random.default_rng(seed).integers(-8, 8, (2, 3, 5, 4))
    spec = UpsampleSpec(channels=4, pe=1, height=3, width=5, scale_h=scale[0], scale_w=scale[1], element=INT4)

    y = upsample(spec, x)

    image = torch.tensor(x.transpose(0, 3, 1, 2), dtype=torch.float64)
    expected = torch.nn.functional.interpolate(image, scale_factor=scale, mode="nearest")
    np.testing.assert_array_equal(y, expected.permute(0, 2, 3, 1).numpy())


def test_wrong_map_names_the_expected_one() -> None:
    spec = UpsampleSpec(channels=4, pe=1, height=3, width=5, scale_h=2, scale_w=2, element=INT4)

    with pytest.raises(ShapeError, match=r"expected \(n, 3, 5, 4\)"):
        upsample(spec, np.zeros((1, 5, 3, 4), dtype=np.int64))
