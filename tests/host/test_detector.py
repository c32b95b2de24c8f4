"""Boxes of integers: against the formula in Python's own floats, and against a plain suppression."""

import io
import json
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from rbonn_hw.host.answer import Answer
from rbonn_hw.host.detector import PRIOR, Detections, Detector, overlaps
from rbonn_hw.host.errors import FrameError, JobError, PackageError
from rbonn_hw.host.fields import Fields
from rbonn_hw.host.tail import INPUT, Tail

CLASSES, ANCHORS, FRAME, STEP = 3, (6.0, 20.0), (32, 48), 0.07
ROWS, COLUMNS = 4, 6
DETECTOR = Detector.of(CLASSES, ANCHORS, FRAME, step=STEP, low=-90, high=90)
Answers = NDArray[np.int64]


def drawn(count: int = 5, seed: int = 0) -> Answers:
    return np.random.default_rng(seed).integers(-90, 91, (count, 2 * (5 + CLASSES), ROWS, COLUMNS))


def sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit))


def by_hand(answer: Answers) -> list[tuple[float, int, list[float]]]:
    """Return (score, class, box) of every cell and anchor."""
    found = []
    for anchor, edge in enumerate(ANCHORS):
        for row in range(ROWS):
            for column in range(COLUMNS):
                first = anchor * (5 + CLASSES)
                values = [int(value) for value in answer[first : first + 5 + CLASSES, row, column]]
                x, y, w, h = (sigmoid(STEP * value) for value in values[:4])
                centre = (column + 2 * x - 0.5) * 8, (row + 2 * y - 0.5) * 8
                size = edge * (2 * w) ** 2, edge * (2 * h) ** 2
                box = [
                    min(max(centre[0] - size[0] / 2, 0), 48),
                    min(max(centre[1] - size[1] / 2, 0), 32),
                    min(max(centre[0] + size[0] / 2, 0), 48),
                    min(max(centre[1] + size[1] / 2, 0), 32),
                ]
                label = max(range(CLASSES), key=lambda number: values[5 + number])
                score = sigmoid(STEP * values[4] + PRIOR) * sigmoid(STEP * values[5 + label])
                found.append((score, label, box))
    return found


def common(one: list[float], other: list[float]) -> float:
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    whole = sum(areas) - width * height
    return width * height / whole if whole else 0.0


def suppressed(
    cells: list[tuple[float, int, list[float]]], threshold: float, overlap: float
) -> list[tuple[float, int, list[float]]]:
    """Keep each box that no kept one of its class covers, in the order of scores."""
    kept: list[tuple[float, int, list[float]]] = []
    for cell in sorted(cells, key=lambda cell: -cell[0]):
        if cell[0] >= threshold and all(
            cell[1] != other[1] or common(cell[2], other[2]) < overlap for other in kept
        ):
            kept.append(cell)
    return kept


@pytest.mark.parametrize(("threshold", "overlap"), [(0.02, 0.3), (0.25, 0.5), (0.0, 1.0)])
def test_boxes_are_those_of_the_formula(threshold: float, overlap: float) -> None:
    answers = drawn()

    found = DETECTOR.detect(answers, threshold, overlap)

    assert len(found) == len(answers)
    for one, answer in zip(found, answers, strict=True):
        expected = suppressed(by_hand(answer), threshold, overlap)
        assert len(one) == len(expected) > 0
        np.testing.assert_allclose(one.scores, [cell[0] for cell in expected], rtol=1e-6)
        assert one.classes.tolist() == [cell[1] for cell in expected]
        np.testing.assert_allclose(one.boxes, [cell[2] for cell in expected], atol=1e-4)


def test_equal_integers_of_any_type_give_equal_bits() -> None:
    answers = drawn(seed=1)
    first = DETECTOR.detect(answers)
    kinds: tuple[type[np.generic], ...] = (np.int16, np.float32, np.float64)
    for kind in kinds:
        for one, other in zip(first, DETECTOR.detect(answers.astype(kind)), strict=True):
            for name in ("boxes", "scores", "classes"):
                assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def test_a_batch_is_its_frames_one_by_one() -> None:
    answers = drawn(seed=2)
    for whole, answer in zip(DETECTOR.detect(answers), answers, strict=True):
        (alone,) = DETECTOR.detect(answer[None])
        np.testing.assert_array_equal(whole.boxes, alone.boxes)


def test_equal_scores_keep_the_first_cell_and_silence_finds_nothing() -> None:
    answers = np.full((1, 2 * (5 + CLASSES), ROWS, COLUMNS), -90)
    nothing = DETECTOR.detect(answers)[0]
    answers[0, [4, 5]] = 90  # the first anchor and class, in every cell

    found = DETECTOR.detect(answers, overlap=0.01)[0]

    assert len(nothing) == 0
    assert nothing.boxes.shape == (0, 4)
    assert isinstance(found, Detections)
    np.testing.assert_allclose(found.boxes[0, :2], 0.0, atol=1e-6)
    assert len(found) == ROWS * COLUMNS  # boxes of no size beside each other, cut at the frame


def test_overlap_of_boxes_without_area_is_none() -> None:
    point = np.array([3.0, 3.0, 3.0, 3.0])
    boxes = np.array([[3.0, 3.0, 3.0, 3.0], [0.0, 0.0, 6.0, 6.0]])
    assert overlaps(point, boxes).tolist() == [0.0, 0.0]
    assert overlaps(boxes[1], np.array([[0.0, 0.0, 6.0, 3.0]])).tolist() == [0.5]


def test_wrong_settings_and_answers_are_refused() -> None:
    with pytest.raises(FrameError, match=r"threshold=1.5 must lie in 0 \.\. 1"):
        DETECTOR.detect(drawn(), threshold=1.5)
    with pytest.raises(FrameError, match="overlap=nan"):
        DETECTOR.detect(drawn(), overlap=math.nan)
    with pytest.raises(JobError, match=r"shape \[5, 15, 4, 6\]; the detector takes \[n, 16, rows"):
        DETECTOR.detect(drawn()[:, :15])
    with pytest.raises(JobError, match="integers that the network cannot have"):
        DETECTOR.detect(drawn() + 1)


def test_a_package_gives_the_same_boxes() -> None:
    tail = Tail((), {}, INPUT, INPUT)
    given = Answer("boxes", ("a", "b", "c"), tail, exact=True, bound=0.0, detector=DETECTOR)
    files = {}
    for name, values in given.arrays().items():
        stream = io.BytesIO()
        np.save(stream, values)
        files[name] = stream.getvalue()
    document = json.loads(json.dumps(given.to_document()))

    read = Answer.from_package(Fields(document, "package"), files, "package")

    answers = drawn(seed=3)
    for one, other in zip(DETECTOR.detect(answers, 0.1, 0.4), read.detect(answers, 0.1, 0.4), strict=True):
        assert one.boxes.tobytes() == other.boxes.tobytes()
        assert one.scores.tobytes() == other.scores.tobytes()
    assert read.fits(answers)
    assert not read.fits(answers[:, :8])  # another number of values in a cell
    assert not read.classifies
    with pytest.raises(FrameError, match=r"answers with boxes, not with scores of classes; use detect\(\)"):
        read.classes(answers)
    with pytest.raises(FrameError, match="answers with values, not with boxes"):
        Answer("values", (), read.tail, exact=True, bound=0.0).detect(answers)
    with pytest.raises(PackageError, match=r"has no detector/tables\.npy; make the package again"):
        Answer.from_package(Fields(document, "package"), {}, "package")
    damages: list[dict[str, object]] = [
        {"anchors": [0.0]},
        {"anchors": []},
        {"frame": [8]},
        {"classes": 0},
        {"first": "1"},
    ]
    for damage in damages:
        wrong = {**document, "detector": {**document["detector"], **damage}}
        with pytest.raises(PackageError, match="make the package again"):
            Answer.from_package(Fields(wrong, "package"), files, "package")
