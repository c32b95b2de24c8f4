"""Images with boxes: what is no box is refused by its frame, and parts keep theirs."""

import numpy as np
import pytest

from rbonn_hw.errors import DatasetError
from rbonn_hw.precision import NO_BOX
from rbonn_hw.train.box_split import BoxSplit, padded
from rbonn_hw.train.data import Dataset

FRAMES = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones((1, 1, 8, 12), np.uint8)


def boxes(*rows: list[float]) -> BoxSplit:
    """Return a split whose third frame has these boxes."""
    empty = np.zeros((0, 5), np.float32)
    third = np.asarray(rows, np.float32).reshape(-1, 5)
    return BoxSplit(FRAMES, padded([empty, empty, third, empty]), classes=3)


def test_frames_without_objects_are_frames() -> None:
    split = boxes([0, 0, 12, 8, 2], [1, 1, 3, 4, 0])

    part = split.take(np.array([2, 0]))

    assert part.labels[:, :, 4].tolist() == [[2, 0], [NO_BOX, NO_BOX]]
    assert part.frames[:, 0, 0, 0].tolist() == [2, 0]
    assert (split.frame, len(part), part.classes) == ((1, 8, 12), 2, 3)
    assert padded([]).shape == (0, 1, 5)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([0, 0, 12.5, 8, 0], "leaves its frame of 8x12 pixels; cut it"),
        ([-1, 0, 4, 4, 0], "leaves its frame"),
        ([0, 3, 4, 9, 0], "leaves its frame"),
        ([2, 2, 2.5, 8, 0], "thinner than a pixel"),
        ([5, 2, 4, 8, 0], "thinner than a pixel"),
        ([0, 0, 4, 4, 3], r"has no class 0 \.\. 2"),
        ([0, 0, 4, 4, 0.5], "has no class"),
        ([0, 0, float("nan"), 4, 0], "no box of finite numbers"),
    ],
)
def test_what_is_no_box_is_refused(row: list[float], said: str) -> None:
    with pytest.raises(DatasetError, match=rf"frame 2: the box .* {said}"):
        boxes([0, 0, 4, 4, 1], row)


def test_boxes_of_another_number_of_frames_are_refused() -> None:
    with pytest.raises(DatasetError, match=r"frames \(4, 1, 8, 12\) do not match boxes \(3, 1, 5\)"):
        BoxSplit(FRAMES, padded([np.zeros((0, 5), np.float32)] * 3), classes=3)


def test_parts_of_a_data_set_are_disjoint() -> None:
    dataset = Dataset("mine", boxes(), boxes())
    train, held = dataset.held_out(0.5, 0)
    numbers = [part.frames[:, 0, 0, 0].tolist() for part in (train, held)]  # type: ignore[union-attr]
    assert sorted(numbers[0] + numbers[1]) == [0, 1, 2, 3]
    assert dataset.subset(3).train.frames[:, 0, 0, 0].tolist() == [0, 1, 2]  # type: ignore[union-attr]
