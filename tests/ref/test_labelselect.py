"""rbonn_hw.ref.labelselect: against a search one by one, for ties, and for its error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ShapeError
from rbonn_hw.ref.labelselect import labelselect
from rbonn_hw.spec.labelselect import LabelSelectSpec

INT4 = IntType(4, signed=True)


@given(st.lists(st.integers(-8, 7), min_size=1, max_size=12))
def test_finds_what_a_search_finds(values: list[int]) -> None:
    spec = LabelSelectSpec(labels=len(values), pe=1, input=INT4)

    assert labelselect(spec, np.array([values])).tolist() == [[values.index(max(values))]]


def test_the_lowest_of_equal_labels_wins() -> None:
    spec = LabelSelectSpec(labels=3, pe=1, input=INT4)

    assert labelselect(spec, np.array([[1, 1, 1], [0, 5, 5], [-8, -8, -7]])).tolist() == [[0], [1], [2]]


def test_wrong_vector_length_names_the_expected_one() -> None:
    with pytest.raises(ShapeError, match=r"x has shape \(1, 2\), expected \(n, 3\)"):
        labelselect(LabelSelectSpec(labels=3, pe=1, input=INT4), np.zeros((1, 2), np.int64))
