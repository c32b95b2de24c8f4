"""Canvases of digits: boxes hold the ink, the same seed makes the same, and they are kept."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.errors import DatasetError
from rbonn_hw.precision import true_boxes
from rbonn_hw.train import digit_canvases, digits

(IMAGES, LABELS), _ = digits.load()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digit_canvases, "CANVASES", {"train": 40, "test": 20})


def test_a_box_is_that_of_its_digits_ink() -> None:
    white = np.zeros((1, 1, 8, 8), np.uint8)
    white[0, 0, 2:6, 3:5] = 255
    frames, boxes = digit_canvases.canvases(white, np.array([7]), 30, np.random.default_rng(3))
    sizes = set()
    for frame, rows in zip(frames[:, 0].astype(int), boxes, strict=True):
        for left, upper, right, lower, label in true_boxes(rows).astype(int):
            inside = frame[upper:lower, left:right]
            assert label == 7
            # Ink in the middle, and as far as each edge of the box.
            assert inside[inside.shape[0] // 2, inside.shape[1] // 2] > 150
            assert min(inside[[0, -1]].max(axis=1).min(), inside[:, [0, -1]].max(axis=0).min()) > 25
            sizes.add(lower - upper)
    assert max(sizes) >= 1.5 * min(sizes)


def test_canvases_follow_from_their_seed() -> None:
    made = [digit_canvases.canvases(IMAGES, LABELS, 6, np.random.default_rng(seed)) for seed in (1, 2, 1)]
    for part in (0, 1):
        np.testing.assert_array_equal(made[0][part], made[2][part])
    assert not np.array_equal(made[0][0], made[1][0])


@pytest.mark.usefixtures("few")
def test_splits_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train, test = digit_canvases.load(tmp_path / "deep" / "folder")
    monkeypatch.setattr(digit_canvases, "canvases", None)  # not called again
    again, _ = digit_canvases.load(tmp_path / "deep" / "folder")

    assert (len(train), len(test), train.frame) == (40, 20, (1, 64, 64))
    np.testing.assert_array_equal(train.frames, again.frames)
    np.testing.assert_array_equal(train.labels, again.labels)
    counts = (train.labels[:, :, 4] >= 0).sum(axis=1)
    assert counts[digit_canvases.EMPTY_EVERY - 1] == 0
    assert counts.max() == digit_canvases.MOST


@pytest.mark.usefixtures("few")
def test_no_digit_is_on_canvases_of_both_splits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[set[bytes]] = []
    place = digit_canvases._place

    def watched(canvas, image, *others):  # type: ignore[no-untyped-def]
        used[-1].add(image.tobytes())
        place(canvas, image, *others)

    made = digit_canvases.canvases

    def started(*arguments):  # type: ignore[no-untyped-def]
        used.append(set())
        return made(*arguments)

    monkeypatch.setattr(digit_canvases, "_place", watched)
    monkeypatch.setattr(digit_canvases, "canvases", started)
    digit_canvases.load(tmp_path)
    assert len(used) == 2
    assert all(used)
    assert not used[0] & used[1]


@pytest.mark.usefixtures("few")
def test_damaged_canvases_are_named(tmp_path: Path) -> None:
    digit_canvases.load(tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DatasetError, match=r"canvases_\d\.npz"):
        digit_canvases.load(tmp_path)
    np.savez(path, frames=np.zeros(1))
    with pytest.raises(DatasetError, match="delete it, and it is made anew"):
        digit_canvases.load(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match=r"cannot be written .*RBONN_DATA"):
        digit_canvases.load(tmp_path / "file")


def test_enlarging_keeps_edges_and_means() -> None:
    image = np.add.outer(np.arange(8.0), 10 * np.arange(8.0))
    large = digit_canvases.enlarged(image, 24)
    assert large.shape == (24, 24)
    assert (large[0, 0], large[-1, -1]) == (0.0, 77.0)
    np.testing.assert_allclose(large[1::3, 1::3], image)
