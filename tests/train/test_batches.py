"""Batches depend on seed and epoch alone; a shift moves whole frames."""

import numpy as np
import torch

from rbonn_hw.train.batches import batches, shifted, step_count
from rbonn_hw.train.data import Split
from rbonn_hw.train.recipe import Recipe

SPLIT = Split(
    np.random.default_rng(0).integers(0, 256, (11, 2, 5, 4), dtype=np.uint8), np.arange(11, dtype=np.int64)
)


def recipe(**changes: int | float) -> Recipe:
    return Recipe(network="digits", dataset="digits", epochs=1, batch_size=4, **changes)  # type: ignore[arg-type]


def test_shift_moves_each_frame_by_its_own_distance() -> None:
    frames = torch.from_numpy(SPLIT.frames[:3]).float()

    moved = shifted(frames, torch.tensor([0, 1, -2]), torch.tensor([0, -1, 0]))

    assert torch.equal(moved[0], frames[0])
    assert torch.equal(moved[1, :, 1:, :-1], frames[1, :, :-1, 1:])
    assert not moved[1, :, 0].any()
    assert not moved[1, :, :, -1].any()
    assert torch.equal(moved[2, :, :3], frames[2, :, 2:])
    assert not moved[2, :, 3:].any()


def test_an_epoch_has_whole_batches_of_different_frames() -> None:
    parts = list(batches(SPLIT, recipe(), epoch=0))
    labels = torch.cat([label for _, label in parts])

    assert [len(label) for _, label in parts] == [4, 4]
    assert step_count(SPLIT, recipe()) == 2
    assert len(set(labels.tolist())) == 8
    for frames, label in parts:
        assert torch.equal(frames, torch.from_numpy(SPLIT.frames[label.numpy()]).float())


def test_a_split_below_one_batch_is_one_batch() -> None:
    few = Split(SPLIT.frames[:3], SPLIT.labels[:3])

    assert [len(label) for _, label in batches(few, recipe(), 0)] == [3]
    assert step_count(few, recipe()) == 1


def test_order_and_shifts_follow_from_seed_and_epoch() -> None:
    def first(seed: int, epoch: int) -> tuple[list[int], float]:
        frames, labels = next(batches(SPLIT, recipe(seed=seed, shift=1, shift_share=1.0), epoch))
        return labels.tolist(), float(frames.sum())

    assert first(3, 5) == first(3, 5)
    assert first(3, 5) != first(3, 6)
    assert first(3, 5) != first(4, 5)


def test_share_zero_moves_nothing() -> None:
    for frames, labels in batches(SPLIT, recipe(shift=2, shift_share=0.0), 0):
        assert torch.equal(frames, torch.from_numpy(SPLIT.frames[labels.numpy()]).float())
