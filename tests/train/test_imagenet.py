"""Class folders of made images: order, threads, and what is wrong with which file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from rbonn_hw.errors import DatasetError
from rbonn_hw.train import data, imagenet
from rbonn_hw.train.batches import Batches, EvaluationBatches
from rbonn_hw.train.data import in_memory
from rbonn_hw.train.imagenet import CROP_TRIES, FolderSplit
from rbonn_hw.train.recipe import Recipe

SIDE = 16
CLASSES = ("n01", "n02", "n03")
COLOURS = {"n01": (200, 30, 60), "n02": (20, 180, 90), "n03": (90, 40, 220)}


def picture(colour: tuple[int, int, int], width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width, height), colour)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A data directory: 3 classes with 4 training and 2 validation images each, of one colour a class."""
    for part, count in (("train", 4), ("val", 2)):
        for name in CLASSES:
            folder = tmp_path / "imagenet" / part / name
            folder.mkdir(parents=True)
            for number in range(count):
                size = 40 + 7 * number, 60 - 9 * number
                picture(COLOURS[name], *size).save(folder / f"{name}_{number}.JPEG", quality=95)
            (folder / "read-me.txt").write_text("no image")
    return tmp_path


def load(directory: Path) -> data.Dataset:
    return data.load("imagenet", directory, side=SIDE)


def recipe(**changes: Any) -> Recipe:
    return Recipe(**{"network": "digits", "dataset": "imagenet", "epochs": 1, "batch_size": 4, **changes})


def test_classes_are_numbered_by_name(directory: Path) -> None:
    dataset = load(directory)

    assert dataset.train.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert dataset.test.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert dataset.train.frame == (3, SIDE, SIDE)
    assert dataset.test.classes == 3
    assert isinstance(dataset.train, FolderSplit)
    assert dataset.train.names[:5] == (
        "n01/n01_0.JPEG",
        "n01/n01_1.JPEG",
        "n01/n01_2.JPEG",
        "n01/n01_3.JPEG",
        "n02/n02_0.JPEG",
    )


def test_frames_are_red_green_blue_and_fit_their_labels(directory: Path) -> None:
    dataset = load(directory)

    seen = 0
    for batches in (Batches(dataset.train, recipe(mirror=0.5))(0), EvaluationBatches(dataset.test, size=4)):
        for frames, labels in batches:
            expected = torch.tensor([COLOURS[CLASSES[label]] for label in labels]).float()
            torch.testing.assert_close(
                frames, expected[:, :, None, None].expand_as(frames), atol=4.0, rtol=0.0
            )
            seen += len(labels)
    assert seen == 12 + 6


def test_parts_of_a_split(directory: Path) -> None:
    dataset = load(directory)

    assert dataset.subset(6).train.labels.tolist() == [0, 0, 1, 1, 2, 2]
    train, validation = dataset.held_out(0.25, 0)
    assert validation.labels.tolist() == [0, 1, 2]
    assert len(train) == 9
    assert validation.classes == 3
    held = in_memory(dataset.test, 3)
    np.testing.assert_array_equal(held.labels, [0, 0, 1])
    np.testing.assert_array_equal(held.frames, [dataset.test.decode(n, None) for n in range(3)])  # type: ignore[union-attr]


@pytest.fixture
def noisy(tmp_path: Path) -> FolderSplit:
    """Eleven images of noise."""
    generator = np.random.default_rng(0)
    (tmp_path / "c").mkdir()
    names = []
    for number in range(11):
        pixels = generator.integers(0, 256, (50, 40, 3), dtype=np.uint8)
        names.append(f"c/{number}.png")
        Image.fromarray(pixels).save(tmp_path / names[-1])
    return FolderSplit(tmp_path, tuple(names), np.arange(11, dtype=np.int64), 11, SIDE)


def test_an_epoch_follows_from_seed_and_epoch_and_differs_from_the_next(noisy: FolderSplit) -> None:
    def epoch(seed: int, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        parts = list(Batches(noisy, recipe(seed=seed, crop=1, mirror=0.5))(number))
        assert [len(labels) for _, labels in parts] == [4, 4]
        return torch.cat([frames for frames, _ in parts]), torch.cat([labels for _, labels in parts])

    assert torch.equal(epoch(1, 2)[0], epoch(1, 2)[0])
    assert not torch.equal(epoch(1, 2)[0], epoch(1, 3)[0])
    assert not torch.equal(epoch(1, 2)[0], epoch(2, 2)[0])
    assert epoch(1, 2)[1].tolist() != epoch(1, 3)[1].tolist()
    assert len(set(epoch(1, 2)[1].tolist())) == 8


def test_processes_share_the_very_batch_of_one(noisy: FolderSplit) -> None:
    augmented = recipe(crop=1, mirror=0.5, rotation=5.0)
    whole = list(Batches(noisy, augmented)(3))
    shares = [list(Batches(noisy, augmented, rank=rank, world=2)(3)) for rank in range(2)]

    for step, (frames, labels) in enumerate(whole):
        assert torch.equal(torch.cat([share[step][0] for share in shares]), frames)
        assert torch.equal(torch.cat([share[step][1] for share in shares]), labels)


def test_evaluation_decodes_every_frame_once_in_order(noisy: FolderSplit) -> None:
    parts = [part for rank in range(2) for part in EvaluationBatches(noisy, size=4, rank=rank, world=2)]

    assert torch.cat([labels for _, labels in parts]).tolist() == list(range(11))
    np.testing.assert_array_equal(torch.cat([frames for frames, _ in parts]), in_memory(noisy).frames)


def test_an_epoch_may_be_left_early(noisy: FolderSplit) -> None:
    batches = Batches(noisy, recipe(batch_size=1))(0)
    next(batches)
    batches.close()  # type: ignore[attr-defined]


def test_a_file_that_is_no_image_is_named(directory: Path) -> None:
    path = directory / "imagenet" / "val" / "n02" / "n02_1.JPEG"
    path.write_bytes(b"no image")

    with pytest.raises(DatasetError, match=r"n02_1.JPEG cannot be read as an image .*replace it, or delete"):
        list(EvaluationBatches(load(directory).test))


def test_a_truncated_image_is_named(directory: Path) -> None:
    path = directory / "imagenet" / "train" / "n01" / "n01_2.JPEG"
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(DatasetError, match=r"n01_2.JPEG cannot be read as an image"):
        list(Batches(load(directory).train, recipe())(0))


def test_an_empty_class_is_named(directory: Path) -> None:
    for path in (directory / "imagenet" / "train" / "n02").glob("*.JPEG"):
        path.unlink()

    with pytest.raises(DatasetError, match=r"train/n02 has no image \(.jpeg, .jpg, .png\)"):
        load(directory)


@pytest.mark.parametrize(("part", "lacks"), [("train", "val"), ("val", "train")])
def test_a_class_of_one_split_alone_is_named(part: str, lacks: str, directory: Path) -> None:
    (directory / "imagenet" / part / "n09").mkdir()

    with pytest.raises(DatasetError, match=rf"{part}/n09 is a class that .*imagenet/{lacks} lacks"):
        load(directory)


def test_unsorted_images_are_explained(directory: Path) -> None:
    folder = directory / "imagenet" / "train"
    for name in CLASSES:
        (folder / name).rename(directory / name)

    with pytest.raises(DatasetError, match=r"train has no class folders; sort its images"):
        load(directory)


def test_absent_data_says_where_to_get_and_put_it(tmp_path: Path) -> None:
    with pytest.raises(
        DatasetError, match=r"train cannot be read .* get ILSVRC2012 .* --data-dir or RBONN_DATA"
    ):
        load(tmp_path)


@pytest.mark.parametrize("mode", ["L", "CMYK", "P", "RGBA"])
def test_images_of_other_modes_become_three_planes(mode: str, tmp_path: Path) -> None:
    name = "one.jpg" if mode in ("L", "CMYK") else "one.png"
    picture((120, 120, 120), 30, 20).convert(mode).save(tmp_path / name)
    split = FolderSplit(tmp_path, (name,), np.zeros(1, np.int64), 1, 8)

    for tries in (None, np.full((CROP_TRIES, 4), 0.5, np.float32)):
        frame = split.decode(0, tries)
        assert frame.shape == (3, 8, 8)
        assert abs(int(frame.mean()) - 120) < 4


def test_a_side_of_nothing_is_refused(directory: Path) -> None:
    with pytest.raises(DatasetError, match="side of the frames: 0 must be positive; try 224"):
        data.load("imagenet", directory, side=0)


def test_provenance_claims_nothing(directory: Path) -> None:
    assert load(directory).provenance == imagenet.PROVENANCE
