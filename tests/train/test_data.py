"""Data sets by name, and their splits: parts of them are deterministic and by class."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.errors import DatasetError
from rbonn_hw.train import data
from rbonn_hw.train.data import Dataset, Split, in_memory


def numbered(labels: list[int]) -> Dataset:
    """A data set whose frames hold their number."""
    frames = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1)
    return Dataset(
        "made", Split(frames, np.array(labels, np.int64)), Split(frames[:1], np.zeros(1, dtype=np.int64))
    )


def numbers(split: data.AnySplit) -> list[int]:
    return [int(number) for number in in_memory(split).frames.flatten()]


def test_digits_are_split_by_class_and_keep_their_order() -> None:
    dataset = data.load("digits")
    train, test = in_memory(dataset.train), in_memory(dataset.test)

    assert len(train) + len(test) == 1797
    assert 0.2 < len(test) / 1797 < 0.3
    assert train.frame == (1, 8, 8)
    assert train.classes == 10
    assert train.frames.dtype == np.uint8
    assert train.frames.max() == 240
    for split in (train, test):
        counts = np.bincount(split.labels)
        assert counts.min() / counts.max() > 0.9
    np.testing.assert_array_equal(test.frames, in_memory(data.load("digits").test).frames)
    assert "scikit-learn" in dataset.provenance


def test_splits_share_no_frame() -> None:
    dataset = data.load("digits")
    train, test = (
        {frame.tobytes() for frame in in_memory(split).frames} for split in (dataset.train, dataset.test)
    )

    assert not train & test


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("cifar", "did you mean 'cifar10'"),
        ("fashion", "did you mean 'fashion-mnist'"),
        ("MNIST2", "is not one of"),
        ("", "is not one of"),
    ],
)
def test_an_unknown_data_set_is_refused(name: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=hint):
        data.load(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_frames_without_labels_are_refused() -> None:
    with pytest.raises(DatasetError, match="do not match 2 labels"):
        Split(np.zeros((3, 1, 8, 8), np.uint8), np.zeros(2, np.int64))


def test_splits_of_different_shape_are_refused() -> None:
    one = Split(np.zeros((2, 1, 8, 8), np.uint8), np.zeros(2, np.int64))
    other = Split(np.zeros((2, 1, 8, 9), np.uint8), np.zeros(2, np.int64))

    with pytest.raises(DatasetError, match=r"made: training images are \(1, 8, 8\), test images \(1, 8, 9\)"):
        Dataset("made", one, other)


LABELS = [2, 0, 0, 1, 0, 2, 1, 0, 2, 2]  # 4, 2, 4 of each class


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, list(range(10))),
        (1, [1]),
        (3, [0, 1, 3]),
        (4, [0, 1, 2, 3]),
        (6, [0, 1, 2, 3, 5, 6]),
        (8, [0, 1, 2, 3, 4, 5, 6, 8]),  # class 1 is used up: the others give more
        (10, list(range(10))),
    ],
)
def test_a_subset_is_the_first_of_each_class_alike(count: int, expected: list[int]) -> None:
    dataset = numbered(LABELS).subset(count)

    assert numbers(dataset.train) == expected
    assert dataset.train.labels.tolist() == [LABELS[number] for number in expected]
    assert numbers(dataset.test) == [0]


@pytest.mark.parametrize("count", [-1, 11])
def test_a_subset_larger_than_the_whole_is_refused(count: int) -> None:
    with pytest.raises(DatasetError, match=rf"train_frames: {count} must lie in 1 .. 10"):
        numbered(LABELS).subset(count)


def test_what_is_held_out_is_a_share_of_each_class() -> None:
    labels = [0] * 40 + [1] * 20 + [2] * 100
    train, validation = numbered(labels).held_out(0.1, seed=5)

    assert np.bincount(validation.labels).tolist() == [4, 2, 10]
    assert sorted(numbers(train) + numbers(validation)) == list(range(160))
    assert numbers(train) == sorted(numbers(train))
    assert [labels[number] for number in numbers(validation)] == validation.labels.tolist()


def test_what_is_held_out_follows_from_the_seed() -> None:
    dataset = numbered([0] * 40)

    assert numbers(dataset.held_out(0.25, 1)[1]) == numbers(dataset.held_out(0.25, 1)[1])
    assert numbers(dataset.held_out(0.25, 1)[1]) != numbers(dataset.held_out(0.25, 2)[1])


@pytest.mark.parametrize(
    ("share", "message"),
    [(0.0, "above 0"), (0.6, "at most 0.5"), (0.01, "holds out none; use a larger share")],
)
def test_a_share_that_cannot_be_held_out(share: float, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        numbered(LABELS).held_out(share, 0)


def test_the_first_frames_in_memory() -> None:
    dataset = numbered(LABELS)

    assert numbers(in_memory(dataset.train, 3)) == [0, 1, 2]
    assert numbers(in_memory(dataset.train, 30)) == list(range(10))
    assert in_memory(dataset.train) is dataset.train
