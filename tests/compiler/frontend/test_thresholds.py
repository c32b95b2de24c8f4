"""Tables of integers become thresholds, or an error; weights become integers and a scale."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.compiler.frontend.arithmetic import odd_part, summation_noise
from rbonn_hw.compiler.frontend.thresholds import find_grid, find_steps, never_falls
from rbonn_hw.compiler.frontend.values import IntTensor, plain
from rbonn_hw.compiler.frontend.weights import decompose
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import NotMonotoneError, UnsupportedOperatorError

SPAN = st.lists(st.integers(-3, 3), min_size=2, max_size=40)


def _source(channels: int, low: int, high: int) -> IntTensor:
    return plain("x", "x", (1, channels), IntType(16, signed=True), (low, high), 1.0)


@given(SPAN, st.booleans(), st.integers(-30, 30))
def test_steps_reproduce_any_monotone_table(levels: list[int], falls: bool, first: int) -> None:
    row = np.sort(np.array(levels))[:: -1 if falls else 1]
    table = np.stack([row, np.full_like(row, 3), np.sort(row)])
    steps = find_steps(table, _source(3, first, first + row.size - 1), first, "layer")
    n = first + np.arange(row.size)
    seen = np.where(steps.falling[:, None], -n, n)
    made = steps.lowest + (seen[:, :, None] >= steps.thresholds[:, None, :]).sum(axis=2)
    assert np.array_equal(made, table)
    assert np.all(np.diff(steps.thresholds, axis=1) >= 0)


def test_unreachable_integers_do_not_matter() -> None:
    table = np.array([[9, 0, 1, 1, -5]])
    steps = find_steps(table, _source(1, -1, 1), -2, "layer")
    assert steps.lowest == 0
    assert steps.thresholds.tolist() == [[0]]


def test_not_monotone_names_channel_and_integers() -> None:
    table = np.array([[0, 1, 2, 2], [0, 2, 1, 1]])
    source = replace(_source(2, 4, 7), step=np.array([1, 2]), offset=np.array([0, -10]))
    with pytest.raises(
        NotMonotoneError, match=r"conv1, channel 1: .* rises after the integer -2 and falls after 0\)"
    ):
        find_steps(table, source, 4, "conv1")


def test_thresholds_stay_in_the_range_of_their_channel() -> None:
    """A level that a channel never reaches is one past its own range, not past that of the widest channel."""
    source = replace(_source(2, -16, 15), low=np.array([-16, -3]), high=np.array([3, 15]))
    table = np.zeros((2, 32), np.int64)
    table[0, :10] = 1
    steps = find_steps(table, source, -16, "layer")
    assert steps.falling.tolist() == [True, False]
    assert steps.thresholds.tolist() == [[7], [16]]


@pytest.mark.parametrize(("level", "lowest", "threshold"), [(7, 6, -2), (1, 0, -2), (0, 0, 3), (-8, -8, 3)])
def test_one_level_stays_within_its_type(level: int, lowest: int, threshold: int) -> None:
    steps = find_steps(np.full((1, 5), level), _source(1, -2, 2), -2, "layer")
    assert steps.lowest == lowest
    assert steps.thresholds.tolist() == [[threshold]]


def test_grid_is_found_and_zero_is_a_level() -> None:
    values = np.array([[-0.75, 0.5, 0.0, 100.0]], np.float32)
    mask = np.array([[True, True, True, False]])
    grid = find_grid(values, mask)
    assert grid is not None
    assert grid.scale.tolist() == [0.25]
    assert grid.levels.tolist() == [[-3, 2, 0, 0]]
    two = find_grid(np.array([[-0.3, 0.3]], np.float32), np.ones((1, 2), dtype=bool))
    assert two is not None
    assert two.bipolar
    assert find_grid(np.array([[0.1, 0.3333]], np.float32), np.ones((1, 2), dtype=bool)) is None


def test_pool_may_pass_what_never_falls() -> None:
    before = np.array([[0.0, 2.0, 1.0]])
    mask = np.ones((1, 3), dtype=bool)
    assert never_falls(np.array([[0, 1, 0]]), before, mask)
    assert not never_falls(np.array([[1, 0, 0]]), before, mask)
    assert never_falls(np.array([[1, 1, 0]]), before, np.array([[False, True, True]]))


def test_weights_with_scale_per_output() -> None:
    integers = np.array([[1, -1], [-1, -1], [1, 1]])
    weights = decompose((integers * np.array([0.3, 0.7])).astype(np.float32), None, "conv")
    assert weights.bipolar
    assert np.array_equal(weights.integers, integers)
    wide = np.array([[3, -8], [0, 7]])
    scale = np.broadcast_to(np.float32(0.1), (2, 2))
    weights = decompose(wide.astype(np.float32) * scale, scale, "conv")
    assert np.array_equal(weights.integers, wide)
    assert weights.dtype.qonnx_name == "INT4"
    with pytest.raises(UnsupportedOperatorError, match="conv: its weights are floats"):
        decompose(np.array([[np.pi, 0.2], [np.e, 0.7]], np.float32), None, "conv")
    multiples = decompose(np.array([[0.1, 0.2], [0.3, 0.7]], np.float32), None, "conv")
    assert multiples.integers.tolist() == [[1, 2], [3, 7]]
    assert np.allclose(multiples.scale, [0.1, 0.1])
    with pytest.raises(UnsupportedOperatorError, match="need 10 bits"):
        decompose(np.array([[300.0], [1.0]], np.float32), None, "conv")


def test_sums_of_few_significant_bits_are_exact() -> None:
    assert odd_part(np.array([0.5, 3.0, 0.75])).tolist() == [1.0, 3.0, 3.0]
    noise = summation_noise(np.array([0.5, float(np.float32(0.1))]), np.array([1000, 1000]), 1000)
    assert noise[0] == 0.0
    assert noise[1] > 0.0
