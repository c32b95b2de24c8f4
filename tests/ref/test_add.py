"""rbonn_hw.ref.add: against Python integers, and at the ends of its types."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError
from rbonn_hw.ref.add import add
from rbonn_hw.spec.add import AddSpec, sum_type

types = st.builds(lambda bits, signed: IntType(bits, signed=signed), st.integers(1, 12), st.booleans())


@given(
    input0=types, input1=types, channels=st.integers(1, 6), seed=st.integers(0, 2**32 - 1),
    factors=st.tuples(st.integers(1, 300), st.integers(1, 300)),
)  # fmt: skip
def test_equals_python_integers(
    input0: IntType, input1: IntType, channels: int, seed: int, factors: tuple[int, int]
) -> None:
    rng = np.random.default_rng(seed)
    shape = (2, 3, channels)
    x0 = rng.integers(input0.min, input0.max + 1, shape)
    x1 = rng.integers(input1.min, input1.max + 1, shape)
    p, q = factors
    output = IntType.holding(p * input0.min + q * input1.min, p * input0.max + q * input1.max)
    spec = AddSpec(
        channels=channels, pe=1, input0=input0, input1=input1, output=output, vectors=3, factor0=p, factor1=q
    )

    y = add(spec, x0, x1)

    assert y.ravel().tolist() == [
        p * a + q * b for a, b in zip(x0.ravel().tolist(), x1.ravel().tolist(), strict=True)
    ]
    assert spec.output.min <= y.min()
    assert y.max() <= spec.output.max


def test_each_summand_is_checked() -> None:
    uint2, int4 = IntType(2, signed=False), IntType(4, signed=True)
    spec = AddSpec(channels=2, pe=1, input0=uint2, input1=int4, output=sum_type(uint2, int4), vectors=1)
    zeros = np.zeros((1, 1, 2), dtype=np.int64)

    with pytest.raises(ShapeError, match="x0 holds values -1"):
        add(spec, zeros - 1, zeros)
    with pytest.raises(ShapeError, match="x1 holds values -9"):
        add(spec, zeros, zeros - 9)
    with pytest.raises(ShapeError, match=r"x1 has shape \(1, 2\)"):
        add(spec, zeros, zeros[0])
