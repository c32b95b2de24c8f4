"""Batches depend on seed and epoch alone; processes share them; every frame is evaluated once."""

from typing import Any

import numpy as np
import pytest
import torch

from rbonn_hw.errors import ConfigError
from rbonn_hw.train.batches import Batches, EvaluationBatches
from rbonn_hw.train.data import Split
from rbonn_hw.train.recipe import Recipe

SPLIT = Split(
    np.random.default_rng(0).integers(0, 256, (11, 2, 5, 4), dtype=np.uint8), np.arange(11, dtype=np.int64)
)
EVERYTHING = {"shift": 1.0, "rotation": 5.0, "zoom": 0.1, "crop": 1, "mirror": 0.5}


def recipe(**changes: Any) -> Recipe:
    return Recipe(**{"network": "digits", "dataset": "digits", "epochs": 1, "batch_size": 4, **changes})


def test_an_epoch_has_whole_batches_of_different_frames() -> None:
    batches = Batches(SPLIT, recipe())
    parts = list(batches(0))
    labels = torch.cat([label for _, label in parts])

    assert [len(label) for _, label in parts] == [4, 4]
    assert batches.steps == 2
    assert len(set(labels.tolist())) == 8
    for frames, label in parts:
        assert torch.equal(frames, torch.from_numpy(SPLIT.frames[label.numpy()]).float())


def test_a_split_below_one_batch_is_one_batch() -> None:
    batches = Batches(Split(SPLIT.frames[:3], SPLIT.labels[:3]), recipe())

    assert [len(label) for _, label in batches(0)] == [3]
    assert batches.steps == 1


def test_order_and_augmentation_follow_from_seed_and_epoch() -> None:
    def first(seed: int, epoch: int) -> tuple[list[int], float]:
        frames, labels = next(Batches(SPLIT, recipe(seed=seed, **EVERYTHING))(epoch))
        return labels.tolist(), float(frames.sum())

    assert first(3, 5) == first(3, 5)
    assert first(3, 5) != first(3, 6)
    assert first(3, 5) != first(4, 5)


def test_an_epoch_does_not_depend_on_those_before() -> None:
    batches = Batches(SPLIT, recipe(**EVERYTHING))
    list(batches(0))

    for (frames, labels), (other, other_labels) in zip(
        batches(1), Batches(SPLIT, recipe(**EVERYTHING))(1), strict=True
    ):
        assert torch.equal(frames, other)
        assert torch.equal(labels, other_labels)


def test_the_demo_sees_what_it_always_saw() -> None:
    """The order of the draws is frozen: published results depend on it."""
    generator = torch.Generator().manual_seed(2 * 1_000_003 + 1)
    order = torch.randperm(11, generator=generator)
    sides = 2 * torch.rand(4, 4, generator=generator) - 1

    ramp = np.arange(5, dtype=np.uint8).reshape(1, 1, 5, 1)  # a row's value is its number

    frames, labels = next(
        Batches(Split(np.tile(ramp, (11, 1, 1, 4)), SPLIT.labels), recipe(seed=2, shift=1.0))(1)
    )

    assert torch.equal(labels, order[:4])
    torch.testing.assert_close(frames[:, 0, 2, 2], 2 - sides[3], atol=1e-4, rtol=0)


@pytest.mark.parametrize("world", [2, 4])
def test_processes_share_the_very_batch_of_one(world: int) -> None:
    whole = list(Batches(SPLIT, recipe(**EVERYTHING))(3))
    shares = [list(Batches(SPLIT, recipe(**EVERYTHING), rank=rank, world=world)(3)) for rank in range(world)]

    for step, (frames, labels) in enumerate(whole):
        assert torch.equal(torch.cat([share[step][0] for share in shares]), frames)
        assert torch.equal(torch.cat([share[step][1] for share in shares]), labels)
        assert {len(share[step][1]) for share in shares} == {4 // world}


def test_unequal_shares_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"4 frames cannot be shared by 3 processes; try batch_size 3$"):
        Batches(SPLIT, recipe(), world=3)


@pytest.mark.parametrize(("world", "sizes"), [(1, [[3, 3, 3, 2]]), (2, [[3, 2], [3, 3]])])
def test_every_frame_is_evaluated_once_and_as_it_is(world: int, sizes: list[list[int]]) -> None:
    parts = [list(EvaluationBatches(SPLIT, size=3, rank=rank, world=world)) for rank in range(world)]

    assert [[len(labels) for _, labels in part] for part in parts] == sizes
    frames = torch.cat([frames for part in parts for frames, _ in part])
    labels = torch.cat([labels for part in parts for _, labels in part])
    assert frames.dtype == torch.float32
    np.testing.assert_array_equal(frames.numpy(), SPLIT.frames)
    np.testing.assert_array_equal(labels.numpy(), SPLIT.labels)


def test_more_processes_than_frames() -> None:
    few = Split(SPLIT.frames[:2], SPLIT.labels[:2])

    assert [len(list(EvaluationBatches(few, rank=rank, world=3))) for rank in range(3)] == [0, 1, 1]


@pytest.mark.parametrize("changes", [{}, EVERYTHING])
def test_channels_last_has_the_same_values(changes: dict[str, float]) -> None:
    plain, _ = next(Batches(SPLIT, recipe(**changes))(0))
    frames, _ = next(Batches(SPLIT, recipe(**changes), memory_format=torch.channels_last)(0))
    evaluated, _ = next(iter(EvaluationBatches(SPLIT, memory_format=torch.channels_last)))

    assert torch.equal(frames, plain)
    assert frames.is_contiguous(memory_format=torch.channels_last)
    assert evaluated.is_contiguous(memory_format=torch.channels_last)
    assert plain.is_contiguous()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_sees_the_same_frames() -> None:
    for (ours, labels), (theirs, their_labels) in zip(
        Batches(SPLIT, recipe(crop=2, mirror=0.5))(1),
        Batches(SPLIT, recipe(crop=2, mirror=0.5), device="cuda")(1),
        strict=True,
    ):
        assert theirs.device.type == their_labels.device.type == "cuda"
        assert torch.equal(ours, theirs.cpu())
        assert torch.equal(labels, their_labels.cpu())
