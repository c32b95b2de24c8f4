"""rbonn_hw.ref.concat: against Python lists."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError
from rbonn_hw.ref.concat import concat
from rbonn_hw.spec.concat import ConcatSpec

INT5, UINT4 = IntType(5, signed=True), IntType(4, signed=False)


def make(channels0: int, channels1: int) -> ConcatSpec:
    """Return a specification over three pixels."""
    return ConcatSpec(
        channels0=channels0, channels1=channels1, pe=1, input0=UINT4, input1=INT5, output=INT5, vectors=3
    )


@given(sizes=st.tuples(st.integers(1, 5), st.integers(1, 5)), seed=st.integers(0, 2**32 - 1))
def test_equals_lists(sizes: tuple[int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    x0, x1 = rng.integers(0, 16, (2, 3, sizes[0])), rng.integers(-16, 16, (2, 3, sizes[1]))

    y = concat(make(*sizes), x0, x1)

    assert y.tolist() == [
        [a + b for a, b in zip(*frames, strict=True)] for frames in zip(x0.tolist(), x1.tolist(), strict=True)
    ]


def test_each_part_is_checked() -> None:
    zeros = np.zeros((1, 3, 2), dtype=np.int64)

    with pytest.raises(ShapeError, match="x0 holds values -1"):
        concat(make(2, 2), zeros - 1, zeros)
    with pytest.raises(ShapeError, match=r"x1 has shape \(1, 3, 2\), expected \(n, 3, 4\)"):
        concat(make(2, 4), zeros, zeros)
