"""The test split beside a network: labels or boxes come back, a large one is thinned, others are refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import DatasetError
from rbonn_hw.models import stored_frames

BOXES = np.zeros((4, 2, 5), np.float32)
FRAMES, LABELS = np.zeros((4, 1, 8, 8), np.uint8), np.arange(4)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"frames": FRAMES}, "labels is nothing"),
        ({"frames": FRAMES[0], "labels": LABELS}, r"frames is uint8 \[1, 8, 8\]"),
        ({"frames": FRAMES.astype(np.float32), "labels": LABELS}, "frames is float32"),
        ({"frames": FRAMES.astype(np.uint16), "labels": LABELS}, "4 frames of uint16"),
        ({"frames": FRAMES, "labels": LABELS.astype(str)}, "labels is <U21"),
        ({"frames": FRAMES, "labels": np.eye(4)}, r"labels is float64 \[4, 4\]"),
        ({"frames": FRAMES, "boxes": LABELS}, r"boxes is int64 \[4\]"),
        ({"frames": FRAMES, "boxes": BOXES[:, :, :4]}, "4 frames of uint8, 4 boxes"),
        ({"frames": FRAMES, "labels": LABELS[:1]}, "4 frames of uint8, 1 labels"),
    ],
)
def test_a_test_split_of_other_arrays_is_refused(tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    np.savez(tmp_path / stored_frames.FILE, **arrays)
    with pytest.raises(DatasetError, match=rf"test\.npz: {said}.*run `rbonn train` again"):
        stored_frames.load(tmp_path)


def test_large_test_split_is_thinned_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = np.arange(100, dtype=np.uint8).reshape(100, 1, 1, 1)
    labels = np.arange(100)
    monkeypatch.setattr(stored_frames, "MOST_FRAMES", 12)

    stored_frames.save(tmp_path, frames, labels)
    kept, numbers = stored_frames.load(tmp_path)

    assert numbers.tolist() == [0, 9, 18, 27, 36, 45, 54, 63, 72, 81, 90, 99]
    assert kept.ravel().tolist() == numbers.tolist()
    monkeypatch.setattr(stored_frames, "MOST_BYTES", 3)
    stored_frames.save(tmp_path, frames, labels)
    assert stored_frames.load(tmp_path)[1].tolist() == [0, 49, 99]


def test_a_damaged_test_split_is_named(tmp_path: Path) -> None:
    (tmp_path / stored_frames.FILE).write_bytes(b"damaged")
    with pytest.raises(DatasetError, match=r"test\.npz: cannot be read"):
        stored_frames.load(tmp_path)


def test_boxes_come_back(tmp_path: Path) -> None:
    boxes = np.random.default_rng(0).random((4, 3, 5)).astype(np.float32)
    stored_frames.save(tmp_path, FRAMES, boxes)
    frames, found = stored_frames.load(tmp_path)
    assert frames.shape == FRAMES.shape
    np.testing.assert_array_equal(found, boxes)
