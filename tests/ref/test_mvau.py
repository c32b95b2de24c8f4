"""rbonn_hw.ref.mvau: against plain arithmetic, at its edges, and for its errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError
from rbonn_hw.memory import accumulator_bounds, mvau_weight_words
from rbonn_hw.packing import Ints, unpack
from rbonn_hw.ref.mvau import mvau
from rbonn_hw.ref.stimulus import random_mvau_case
from rbonn_hw.spec.mvau import MvauSpec

INT8 = IntType(8, signed=True)


def dot(weights: Ints, x: Ints) -> list[list[int]]:
    """Multiply and add in Python's integers; returns [n][mh]."""
    rows, vectors = weights.tolist(), x.tolist()
    return [[sum(w * v for w, v in zip(row, vector, strict=True)) for row in rows] for vector in vectors]


@given(mw=st.integers(1, 70), mh=st.integers(1, 9), seed=st.integers(0, 2**32 - 1))
def test_popcount_form_equals_the_signed_dot_product(mw: int, mh: int, seed: int) -> None:
    spec = MvauSpec(mw=mw, mh=mh, pe=1, simd=1, xnor=True)
    weights, x, _ = random_mvau_case(spec, 5, seed)
    dot = [
        [sum(int(w) * (1 if bit else -1) for w, bit in zip(row, v, strict=True)) for row in weights]
        for v in x
    ]

    np.testing.assert_array_equal(2 * mvau(spec, weights, x) - mw, dot)


@given(
    bits=st.integers(1, 8),
    signed=st.booleans(),
    weight_bits=st.integers(1, 8),
    mw=st.integers(1, 30),
    seed=st.integers(0, 2**32 - 1),
)
def test_integers_equal_the_dot_product_and_stay_in_bounds(
    bits: int, weight_bits: int, mw: int, seed: int, *, signed: bool
) -> None:
    spec = MvauSpec(mw=mw, mh=3, pe=1, simd=1, input=IntType(bits, signed=signed), weight_bits=weight_bits)
    weights, x, _ = random_mvau_case(spec, 5, seed)

    y = mvau(spec, weights, x)

    assert y.tolist() == [
        [sum(int(a) * int(b) for a, b in zip(row, v, strict=True)) for row in weights] for v in x
    ]
    low, high = accumulator_bounds(spec, weights)
    assert spec.bounds[0] <= low <= y.min()
    assert y.max() <= high <= spec.bounds[1]


def test_thresholds_count_what_is_reached() -> None:
    spec = MvauSpec(mw=3, mh=2, pe=1, simd=1, xnor=True, steps=2, out_bias=-1)
    weights = np.ones((2, 3), dtype=np.int64)
    x = np.array([[0, 0, 0], [1, 0, 1], [1, 1, 1]])

    y = mvau(spec, weights, x, np.array([[0, 4], [2, 3]]))

    assert y.tolist() == [[0, -1], [0, 0], [0, 1]]


@given(seed=st.integers(0, 2**32 - 1), weight_bits=st.integers(1, 8))
def test_memory_rows_hold_the_weights_as_documented(seed: int, weight_bits: int) -> None:
    spec = MvauSpec(mw=6, mh=4, pe=2, simd=3, input=INT8, weight_bits=weight_bits)
    weights = random_mvau_case(spec, 1, seed).weights

    rows = unpack(mvau_weight_words(spec, weights), 6, weight_bits, signed=weight_bits > 1)

    for nf in range(2):
        for sf in range(2):
            for lane in range(6):
                weight = weights[2 * nf + lane // 3, 3 * sf + lane % 3]
                stored = (weight + 1) // 2 if weight_bits == 1 else weight
                assert rows[nf * 2 + sf, lane] == stored


def test_narrow_accumulator_is_taken_only_if_the_weights_keep_within() -> None:
    spec = MvauSpec(mw=2, mh=1, pe=1, simd=1, input=INT8, weight_bits=4, accumulator=IntType(9, signed=True))

    assert len(mvau_weight_words(spec, np.array([[1, -1]]))) == 2
    with pytest.raises(ShapeError, match=r"accumulator=INT9 does not hold -384 \.\. 381"):
        mvau_weight_words(spec, np.array([[1, 2]]))


def test_wrong_shapes_and_values_are_named() -> None:
    spec = MvauSpec(mw=3, mh=2, pe=1, simd=1, xnor=True)
    ones = np.ones((2, 3), dtype=np.int64)

    with pytest.raises(ShapeError, match=r"weights have shape \(3, 2\), expected \(2, 3\)"):
        mvau(spec, ones.T, ones)
    with pytest.raises(ShapeError, match=r"weights hold 0, which is not BIPOLAR: -1 or 1"):
        mvau(spec, 0 * ones, ones)
    with pytest.raises(ShapeError, match=r"weights hold 2, which is not INT2: -2 \.\. 1"):
        mvau(MvauSpec(mw=3, mh=2, pe=1, simd=1, weight_bits=2), 2 * ones, ones)
    with pytest.raises(ShapeError, match=r"x has shape \(2, 2\), expected \(n, 3\)"):
        mvau(spec, ones, ones[:, :2])
    with pytest.raises(ShapeError, match=r"x has values -1 \.\. -1, outside BINARY"):
        mvau(spec, ones, -ones)
    with pytest.raises(ShapeError, match=r"thresholds must be given exactly if steps=0 is not 0"):
        mvau(spec, ones, ones, ones)


def test_result_outside_the_accumulator_is_refused() -> None:
    spec = MvauSpec(mw=4, mh=1, pe=1, simd=1, input=INT8, accumulator=INT8)

    with pytest.raises(ShapeError, match=r"results 508 \.\. 508 do not fit accumulator=INT8"):
        mvau(spec, np.ones((1, 4), dtype=np.int64), np.full((1, 4), 127))
