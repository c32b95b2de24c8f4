"""rbonn_hw.ref.dwc: against elements taken one by one."""

from math import lcm

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError
from rbonn_hw.ref.dwc import dwc
from rbonn_hw.spec.dwc import DwcSpec

INT5 = IntType(5, signed=True)


@given(
    in_lanes=st.integers(1, 9), out_lanes=st.integers(1, 9), words=st.integers(1, 3), seed=st.integers(0, 99)
)
def test_equals_elements_taken_one_by_one(in_lanes: int, out_lanes: int, words: int, seed: int) -> None:
    beats = words * lcm(in_lanes, out_lanes) // in_lanes
    x = np.random.default_rng(seed).integers(INT5.min, INT5.max + 1, (2, beats, in_lanes))
    expected, word = [], []
    for element in x.ravel().tolist():
        word.append(element)
        if len(word) == out_lanes:
            expected.append(word)
            word = []

    y = dwc(DwcSpec(in_lanes=in_lanes, out_lanes=out_lanes, dtype=INT5, beats=beats), x)

    assert word == []
    assert y.reshape(-1, out_lanes).tolist() == expected


def test_wrong_shape_names_the_expected_one() -> None:
    with pytest.raises(ShapeError, match=r"expected \(n, 4, 3\)"):
        dwc(DwcSpec(in_lanes=3, out_lanes=2, dtype=INT5, beats=4), np.zeros((1, 6, 2), dtype=np.int64))
