"""rbonn_hw.ref.pool: against loops over pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError
from rbonn_hw.ref.pool import pool
from rbonn_hw.spec.pool import PoolSpec

types = st.builds(lambda bits, signed: IntType(bits, signed=signed), st.integers(1, 8), st.booleans())


@given(
    kind=st.sampled_from(["max", "sum"]), element=types,
    windows=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)), seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_equals_loops_over_pixels(
    kind: str, element: IntType, windows: tuple[int, int], kernel: tuple[int, int], seed: int
) -> None:
    (rows, columns), (kernel_h, kernel_w) = windows, kernel
    height, width = rows * kernel_h, columns * kernel_w
    spec = PoolSpec(
        kind=kind, channels=3, pe=1, height=height, width=width, kernel_h=kernel_h, kernel_w=kernel_w,
        input=element, output=PoolSpec.result_type(kind, element, kernel_h * kernel_w),
    )  # fmt: skip
    x = np.random.default_rng(seed).integers(element.min, element.max + 1, (2, height, width, 3))

    y = pool(spec, x)

    assert y.shape == (2, rows, columns, 3)
    for n, row, column, channel in np.ndindex(y.shape):
        window = [
            int(x[n, row * kernel_h + i, column * kernel_w + j, channel])
            for i in range(kernel_h)
            for j in range(kernel_w)
        ]
        assert y[n, row, column, channel] == (max(window) if kind == "max" else sum(window))
    assert spec.output.min <= y.min()
    assert y.max() <= spec.output.max


def test_wrong_map_names_the_expected_one() -> None:
    bit = IntType(1, signed=False)
    spec = PoolSpec(
        kind="max", channels=3, pe=1, height=4, width=6, kernel_h=2, kernel_w=2, input=bit, output=bit
    )

    with pytest.raises(ShapeError, match=r"expected \(n, 4, 6, 3\)"):
        pool(spec, np.zeros((1, 6, 4, 3), dtype=np.int64))
