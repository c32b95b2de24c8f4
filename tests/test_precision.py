"""Average precision of boxes, against figures worked out by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from rbonn_hw.host.detector import Detections
from rbonn_hw.precision import NO_BOX, precision

TRUTH = np.array(
    [
        [[0, 0, 10, 10, 0], [20, 20, 40, 40, 1]],
        [[5, 5, 15, 25, 0], [0, 0, 0, 0, NO_BOX]],
        [[0, 0, 0, 0, NO_BOX], [0, 0, 0, 0, NO_BOX]],
    ],
    np.float32,
)


def answer(*rows: tuple[list[float], float, int]) -> Detections:
    boxes = np.asarray([row[0] for row in rows], np.float32).reshape(-1, 4)
    return Detections(boxes, np.asarray([row[1] for row in rows], np.float32), _labels(rows))


def _labels(rows: tuple[tuple[list[float], float, int], ...]) -> NDArray[np.int64]:
    return np.asarray([row[2] for row in rows], np.int64)


RIGHT = [
    answer(([0, 0, 10, 10], 0.9, 0), ([20, 20, 40, 40], 0.8, 1)),
    answer(([5, 5, 15, 25], 0.7, 0)),
    answer(),
]


def test_truth_itself_is_perfect() -> None:
    found = precision(TRUTH, RIGHT, classes=3)
    assert (found.half, found.mean) == (1.0, 1.0)
    assert found.curve.shape == found.recall.shape == (101,)


def test_a_miss_costs_the_recall_that_it_is() -> None:
    # Class 0: one of two found: precision 1 up to recall 0.5, which is 51 of the 101 recalls. Class 1: all.
    found = precision(TRUTH, [RIGHT[0], answer(), answer()], classes=3)
    assert found.half == pytest.approx((51 / 101 + 1) / 2)


def test_a_false_alarm_before_all_else_halves_precision() -> None:
    # Class 1 has one true box; the better scored of two answers is wrong: precision 1/2 at every recall.
    false = answer(*[([0.0, 0, 10, 10], 0.9, 0), ([20.0, 20, 40, 40], 0.8, 1), ([0.0, 30, 9, 39], 0.95, 1)])
    assert precision(TRUTH, [false, *RIGHT[1:]], classes=3).half == pytest.approx((1 + 1 / 2) / 2)


def test_a_loose_box_counts_for_the_shares_that_it_reaches() -> None:
    # 10 x 7.7 of 10 x 10 pixels: right for 0.5 .. 0.75, six of ten shares.
    loose = answer(([20, 20, 40, 35.4], 0.8, 1), ([0, 0, 10, 10], 0.9, 0))
    found = precision(TRUTH, [loose, *RIGHT[1:]], classes=3)
    assert found.half == 1.0
    assert found.mean == pytest.approx((1 + 0.6) / 2)


def test_no_answer_and_no_truth_is_nothing_found(capfd: pytest.CaptureFixture[str]) -> None:
    assert precision(TRUTH, [answer()] * 3, classes=3).half == 0.0
    assert precision(TRUTH[2:], [answer(([0, 0, 9, 9], 0.9, 0))], classes=3).mean == 0.0
    precision(TRUTH, RIGHT, classes=3)
    assert capfd.readouterr().out == ""
