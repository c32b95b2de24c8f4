"""Batches depend on seed and epoch alone; a shift moves whole frames."""

import numpy as np
import torch

from rbonn_hw.train.batches import batches, moved, step_count
from rbonn_hw.train.data import Split
from rbonn_hw.train.recipe import Recipe

SPLIT = Split(
    np.random.default_rng(0).integers(0, 256, (11, 2, 5, 4), dtype=np.uint8), np.arange(11, dtype=np.int64)
)


def recipe(**changes: int | float) -> Recipe:
    return Recipe(network="digits", dataset="digits", epochs=1, batch_size=4, **changes)  # type: ignore[arg-type]


NOTHING, ONE, STILL = torch.zeros(3), torch.ones(3), torch.zeros(3, 2)
FRAMES = torch.from_numpy(SPLIT.frames[:3]).float()


def test_shift_moves_each_frame_by_its_own_distance() -> None:
    shift = torch.tensor([[0.0, 0.0], [-1.0, 1.0], [0.0, -2.0]])  # to the right, downwards

    out = moved(FRAMES, NOTHING, ONE, shift)

    torch.testing.assert_close(out[0], FRAMES[0], atol=1e-3, rtol=0)
    torch.testing.assert_close(out[1, :, 1:, :-1], FRAMES[1, :, :-1, 1:], atol=1e-3, rtol=0)
    torch.testing.assert_close(out[2, :, :3], FRAMES[2, :, 2:], atol=1e-3, rtol=0)
    assert out[1, :, 0].max() < 1e-3
    assert out[2, :, 3:].max() < 1e-3


def test_half_a_pixel_is_the_mean_of_two() -> None:
    out = moved(FRAMES, NOTHING, ONE, torch.tensor([[0.5, 0.0]]).expand(3, 2))

    expected = (FRAMES[..., 1:] + FRAMES[..., :-1]) / 2
    torch.testing.assert_close(out[..., 1:], expected, atol=1e-3, rtol=0)


def test_a_quarter_turn_is_counter_clockwise() -> None:
    square = torch.rand(3, 1, 6, 6, generator=torch.Generator().manual_seed(0))

    out = moved(square, torch.full((3,), torch.pi / 2), ONE, STILL)

    torch.testing.assert_close(out, torch.rot90(square, 1, (2, 3)), atol=1e-4, rtol=0)


def test_zoom_enlarges() -> None:
    frame = torch.zeros(1, 1, 8, 8)
    frame[:, :, 3:5, 3:5] = 100.0

    out = moved(frame, torch.zeros(1), torch.tensor([2.0]), torch.zeros(1, 2))

    torch.testing.assert_close(out[0, 0, 2:6, 2:6].mean(), torch.tensor(100.0), atol=45.0, rtol=0)
    assert out.sum() > 3.5 * frame.sum()


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
        frames, labels = next(batches(SPLIT, recipe(seed=seed, shift=1.0, rotation=5.0), epoch))
        return labels.tolist(), float(frames.sum())

    assert first(3, 5) == first(3, 5)
    assert first(3, 5) != first(3, 6)
    assert first(3, 5) != first(4, 5)
