"""rbonn_hw.ref.select: against Python lists."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError
from rbonn_hw.ref.select import select
from rbonn_hw.spec.select import SelectSpec

INT4 = IntType(4, signed=True)


@given(kept=st.sets(st.integers(0, 6), min_size=1, max_size=6), seed=st.integers(0, 2**32 - 1))
def test_equals_lists(kept: set[int], seed: int) -> None:
    x = np.random.default_rng(seed).integers(-8, 8, (2, 3, 7))

    y = select(SelectSpec(channels=7, kept=tuple(sorted(kept)), pe=1, element=INT4, vectors=3), x)

    assert y.tolist() == [
        [[value for channel, value in enumerate(pixel) if channel in kept] for pixel in frame]
        for frame in x.tolist()
    ]


def test_wrong_shape_is_named() -> None:
    spec = SelectSpec(channels=4, kept=(0, 1), pe=2, element=INT4, vectors=3)

    with pytest.raises(ShapeError, match=r"expected \(n, 3, 4\)"):
        select(spec, np.zeros((1, 3, 2), dtype=np.int64))
