"""Arrays by all names in use become splits; other types, shapes and labels are refused by name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import DatasetError
from rbonn_hw.train.array_file import load

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (12, 5, 4), np.uint8)
COLOUR = RNG.integers(0, 256, (12, 5, 4, 3), np.uint8)
LABELS = np.arange(12) % 3


def written(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def read(path: Path, frame: tuple[int, int, int] | None = None) -> Any:
    return load(path, frame, test_share=0.25, split_seed=0)


@pytest.mark.parametrize(
    "names",
    [
        ("train_frames", "train_labels", "test_frames", "test_labels"),
        ("x_train", "y_train", "x_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
    ],
)
def test_split_files(names: tuple[str, ...], tmp_path: Path) -> None:
    arrays = dict(zip(names, (GREY, LABELS, GREY[:5], LABELS[:5, None]), strict=True))

    train, test, classes = read(written(tmp_path / "a.npz", **arrays))

    np.testing.assert_array_equal(train[0], GREY[:, None])
    np.testing.assert_array_equal(train[1], LABELS)
    np.testing.assert_array_equal(test[0], GREY[:5, None])
    assert test[1].tolist() == [0, 1, 2, 0, 1]
    assert test[1].dtype == np.int64
    assert classes == ("0", "1", "2")


def test_a_seed_splits_what_is_whole(tmp_path: Path) -> None:
    train, test, _ = read(written(tmp_path / "a.npz", frames=GREY, labels=LABELS.astype(np.uint8)))

    assert (len(train[1]), sorted(test[1].tolist())) == (9, [0, 1, 2])
    both = np.concatenate([train[0], test[0]])
    assert {frame.tobytes() for frame in both} == {frame.tobytes() for frame in GREY}


@pytest.mark.parametrize(
    ("frames", "frame"),
    [
        (COLOUR, None),
        (COLOUR, (3, 5, 4)),
        (COLOUR.transpose(0, 3, 1, 2), None),
        (COLOUR.transpose(0, 3, 1, 2), (3, 5, 4)),
        (COLOUR.transpose(0, 3, 1, 2).reshape(12, -1), (3, 5, 4)),
    ],
)
def test_layouts(frames: Any, frame: tuple[int, int, int] | None, tmp_path: Path) -> None:
    train, test, _ = read(written(tmp_path / "a.npz", frames=frames, labels=LABELS), frame)

    expected = {COLOUR[n].transpose(2, 0, 1).tobytes() for n in range(12)}
    assert {f.tobytes() for f in np.concatenate([train[0], test[0]])} == expected
    assert train[0].shape[1:] == (3, 5, 4)


ONE_HOT = np.eye(3, dtype=np.int64)[LABELS]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"frames": GREY}, "holds frames; it must hold frames, labels or train_frames"),
        ({"frames": GREY / 255, "labels": LABELS}, "is float64; frames are uint8 pixels"),
        ({"frames": GREY, "labels": LABELS[:-1]}, "has 12 frames"),
        ({"frames": GREY, "labels": ONE_HOT}, "np.argmax(labels, axis=1) if they are one-hot"),
        ({"frames": GREY, "labels": LABELS.astype(float)}, "is float64; labels are integers"),
        ({"frames": GREY, "labels": LABELS - 1}, "spans -1 .. 1"),
        ({"frames": GREY, "labels": LABELS + 10**6}, "spans 1000000 .. 1000002"),
        ({"frames": GREY, "labels": LABELS * 0}, "every label is 0"),
        ({"frames": GREY[:0], "labels": LABELS[:0]}, "frames is empty"),
        ({"frames": GREY, "labels": np.minimum(np.arange(12), 1)}, "too few have '0' (1)"),
        ({"frames": COLOUR[..., :2], "labels": LABELS}, 'set "frame" in the recipe'),
        ({"x_train": GREY, "y_train": LABELS, "x_test": GREY[:0], "y_test": LABELS[:0]}, "x_test is empty"),
        (
            {"x_train": GREY, "y_train": LABELS, "x_test": GREY, "y_test": LABELS + 1},
            "class 3 has no frame in x_train",
        ),
    ],
)
def test_what_is_wrong_is_named(arrays: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        read(written(tmp_path / "a.npz", **arrays))
    assert message in str(caught.value)


def test_frames_of_another_size_than_the_network_takes(tmp_path: Path) -> None:
    path = written(tmp_path / "a.npz", frames=GREY, labels=LABELS)
    with pytest.raises(DatasetError, match=r"shape \[12, 5, 4\], the network takes frames of \[1, 8, 8\]"):
        read(path, (1, 8, 8))


def test_damaged_files(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.npz", frames=GREY, labels=LABELS).read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    contents = {"cut": whole[: len(whole) // 2], "flipped": bytes(flipped), "empty": b"", "text": b"frames"}
    for name, content in contents.items():
        (tmp_path / f"{name}.npz").write_bytes(content)
        with pytest.raises(DatasetError, match=f"{name}.npz"):
            read(tmp_path / f"{name}.npz")
    np.save(tmp_path / "single.npy", GREY)
    with pytest.raises(DatasetError, match="single array"):
        read(tmp_path / "single.npy")
    np.savez(tmp_path / "objects.npz", frames=np.array([{}], object), labels=LABELS)
    with pytest.raises(DatasetError, match="cannot be read"):
        read(tmp_path / "objects.npz")
    with pytest.raises(DatasetError, match=r"absent\.npz"):
        read(tmp_path / "absent.npz")
