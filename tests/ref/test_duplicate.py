"""rbonn_hw.ref.duplicate: every output is the input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError
from rbonn_hw.ref.duplicate import duplicate
from rbonn_hw.spec.duplicate import DuplicateSpec

UINT3 = IntType(3, signed=False)


@given(copies=st.integers(2, 8), lanes=st.integers(1, 4), beats=st.integers(1, 4), seed=st.integers(0, 99))
def test_every_output_is_the_input(copies: int, lanes: int, beats: int, seed: int) -> None:
    x = np.random.default_rng(seed).integers(0, 8, (2, beats, lanes))

    y = duplicate(DuplicateSpec(lanes=lanes, dtype=UINT3, copies=copies, beats=beats), x)

    assert y.tolist() == [x.tolist() for _ in range(copies)]


def test_value_out_of_range_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"UINT3 is 0 \.\. 7"):
        duplicate(DuplicateSpec(lanes=1, dtype=UINT3, copies=2, beats=1), np.full((1, 1, 1), 8))
