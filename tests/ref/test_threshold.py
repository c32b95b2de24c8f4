"""rbonn_hw.ref.threshold: against counting one by one, at its edges, and for its errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError
from rbonn_hw.ref.stimulus import random_threshold_case
from rbonn_hw.ref.threshold import threshold
from rbonn_hw.spec.threshold import ThresholdSpec

INT4 = IntType(4, signed=True)
SPEC = ThresholdSpec(channels=2, pe=1, steps=2, input=INT4, output=IntType(2, signed=False))


@given(
    channels=st.integers(1, 5),
    steps=st.integers(1, 20),
    bits=st.integers(1, 9),
    signed=st.booleans(),
    flip=st.booleans(),
    out_bias=st.integers(-9, 9),
    seed=st.integers(0, 2**32 - 1),
)
def test_counts_what_a_loop_counts(
    *, channels: int, steps: int, bits: int, signed: bool, flip: bool, out_bias: int, seed: int
) -> None:
    spec = ThresholdSpec(
        channels=channels,
        pe=1,
        steps=steps,
        input=IntType(bits, signed=signed),
        output=IntType(8, signed=True),
        out_bias=out_bias,
        flip=flip,
    )
    case = random_threshold_case(spec, 4, seed)

    y = threshold(spec, *case)

    for n in range(4):
        for c in range(channels):
            value = int(case.x[n, c])
            if case.flip is not None and case.flip[c]:
                value = -value
            assert y[n, c] == out_bias + sum(value >= int(t) for t in case.thresholds[c])


def test_extreme_thresholds_always_and_never_count() -> None:
    thresholds, x = np.array([[-8, 8], [-8, -8]]), np.array([[-8, -8], [7, 7]])

    assert threshold(SPEC, thresholds, x).tolist() == [[1, 2], [1, 2]]


def test_a_flipped_channel_counts_the_negated_input() -> None:
    spec = ThresholdSpec(channels=2, pe=1, steps=2, input=INT4, output=IntType(2, signed=False), flip=True)
    thresholds, x = np.array([[0, 8], [0, 8]]), np.array([[-8, -8], [0, 0], [1, 1]])

    y = threshold(spec, thresholds, x, np.array([False, True]))

    assert y.tolist() == [[0, 2], [1, 1], [1, 0]]


@pytest.mark.parametrize(
    ("thresholds", "flip", "message"),
    [
        (np.zeros((2, 3), np.int64), None, r"thresholds have shape \(2, 3\), expected \(2, 2\)"),
        (np.array([[0, 1], [1, 0]]), None, r"thresholds of channel 1 decrease: \[1, 0\]"),
        (np.array([[0, 1], [0, 1]]), np.array([True]), r"flip has shape \(1,\), expected \(2,\)"),
        (np.array([[0, 1], [0, 1]]), np.array([False, True]), r"channels \[1\] are flipped"),
    ],
)
def test_constants_that_contradict_the_spec_are_refused(
    thresholds: np.ndarray, flip: np.ndarray | None, message: str
) -> None:
    with pytest.raises(ShapeError, match=message):
        threshold(SPEC, thresholds, np.zeros((1, 2), np.int64), flip)


def test_wrong_vector_length_names_the_expected_one() -> None:
    with pytest.raises(ShapeError, match=r"x has shape \(1, 3\), expected \(n, 2\)"):
        threshold(SPEC, np.array([[0, 1], [0, 1]]), np.zeros((1, 3), np.int64))
