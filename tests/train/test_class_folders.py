"""Images of every mode and size become frames; splits by folder and by seed; what is wrong is named."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rbonn_hw.errors import DatasetError
from rbonn_hw.train import class_folders, own_data
from rbonn_hw.train.class_folders import load
from rbonn_hw.train.data import Split
from rbonn_hw.train.recipe import Recipe

FRAME = (3, 4, 6)
COLOURS = {"cat": (200, 30, 60), "dog": (20, 180, 90)}


def fill(root: Path, count: int, classes: dict[str, tuple[int, int, int]] = COLOURS) -> Path:
    """Write images of one colour a class; the last pixel of the first row counts them."""
    for name, colour in classes.items():
        (root / name).mkdir(parents=True)
        for number in range(count):
            image = Image.new("RGB", (FRAME[2], FRAME[1]), colour)
            image.putpixel((5, 0), (number, 0, 0))
            image.save(root / name / f"{number:02}.png")
        (root / name / "read-me.txt").write_text("no image")
    return root


def numbers(frames: Any) -> list[int]:
    return [int(frame[0, 0, 5]) for frame in frames]


def test_folders_say_the_split(tmp_path: Path) -> None:
    fill(tmp_path / "train", 3)
    fill(tmp_path / "val", 2)

    (frames, labels), (test_frames, test_labels), names = load(tmp_path, FRAME, test_share=0.2, split_seed=0)

    assert names == ("cat", "dog")
    assert labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert test_labels.tolist() == [0, 0, 1, 1]
    assert frames.shape == (6, *FRAME)
    assert frames.dtype == np.uint8
    assert [tuple(frame[:, 3, 3].tolist()) for frame in frames[[0, 5]]] == list(COLOURS.values())
    assert numbers(test_frames) == [0, 1, 0, 1]


def test_a_seed_splits_each_class_alike(tmp_path: Path) -> None:
    fill(tmp_path, 10)

    first = load(tmp_path, FRAME, test_share=0.3, split_seed=1)
    again = load(tmp_path, FRAME, test_share=0.3, split_seed=1)
    other = load(tmp_path, FRAME, test_share=0.3, split_seed=2)

    assert first[1][1].tolist() == [0, 0, 0, 1, 1, 1]
    for label in (0, 1):
        train, test = (set(numbers(frames[labels == label])) for frames, labels in first[:2])
        assert train | test == set(range(10))
        assert not train & test
    np.testing.assert_array_equal(first[1][0], again[1][0])
    assert numbers(first[1][0]) != numbers(other[1][0])


def test_classes_that_are_numbers_are_in_their_order(tmp_path: Path) -> None:
    fill(tmp_path, 2, {str(number): (0, number, 0) for number in range(11)})

    (frames, labels), _, names = load(tmp_path, FRAME, test_share=0.5, split_seed=0)

    assert names == tuple(map(str, range(11)))
    assert frames[:, 1, 3, 3].tolist() == labels.tolist()


def square(mode: str, value: Any) -> Image.Image:
    return Image.new(mode, (8, 8), value)


def deep(value: int) -> Image.Image:
    return Image.fromarray(np.full((8, 8), value, np.uint16))


@pytest.mark.parametrize(
    ("name", "image", "rgb"),
    [
        ("grey.png", square("L", 77), (77, 77, 77)),
        ("bilevel.png", square("1", 1), (255, 255, 255)),
        ("deep.png", deep(0x4D55), (0x4D, 0x4D, 0x4D)),
        ("alpha.png", square("RGBA", (200, 100, 50, 0)), (0, 0, 0)),
        ("opaque.png", square("RGBA", (200, 100, 50, 255)), (200, 100, 50)),
        ("grey_alpha.png", square("LA", (99, 255)), (99, 99, 99)),
        ("palette.gif", square("RGB", (255, 0, 0)).convert("P"), (255, 0, 0)),
        ("print.tif", square("CMYK", (0, 255, 0, 0)), (255, 0, 255)),
        ("old.bmp", square("RGB", (1, 2, 3)), (1, 2, 3)),
    ],
)
def test_modes(name: str, image: Image.Image, rgb: tuple[int, int, int], tmp_path: Path) -> None:
    image.save(tmp_path / name)

    with Image.open(tmp_path / name) as found:
        frame = class_folders.pixels(found, (3, 8, 8))
    with Image.open(tmp_path / name) as found:
        grey = class_folders.pixels(found, (1, 2, 2))

    assert frame.shape == (3, 8, 8)
    np.testing.assert_allclose(frame, np.broadcast_to(np.array(rgb)[:, None, None], (3, 8, 8)), atol=1)
    weights = np.array([0.299, 0.587, 0.114])  # ITU-R 601-2
    np.testing.assert_allclose(grey, np.full((1, 2, 2), weights @ np.array(rgb)), atol=1.5)


def test_other_sizes_are_scaled_and_their_centre_is_taken() -> None:
    wide = np.zeros((4, 16, 3), np.uint8)
    wide[:, 4:12] = 250  # the middle quarter, and what the filter sees around it

    frame = class_folders.pixels(Image.fromarray(wide), (1, 2, 2))

    assert frame.tolist() == [[[250, 250], [250, 250]]]


def test_a_turned_photo_stands_upright(tmp_path: Path) -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[0, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)

    with Image.open(tmp_path / "turned.png") as image:
        frame = class_folders.pixels(image, (1, 2, 2))

    assert frame.tolist() == [[[0, 255], [0, 0]]]


def refused(root: Path, frame: tuple[int, int, int] = FRAME) -> str:
    with pytest.raises(DatasetError) as caught:
        load(root, frame, test_share=0.2, split_seed=0)
    return str(caught.value)


def test_every_damaged_file_is_counted_and_some_are_named(tmp_path: Path) -> None:
    fill(tmp_path, 40)
    whole = (tmp_path / "cat" / "00.png").read_bytes()
    for number in (3, 5, 8, 13, 21, 34):
        (tmp_path / "dog" / f"{number:02}.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "cat" / "39.png").write_bytes(b"")

    message = refused(tmp_path)

    assert message.startswith("7 of 80 files cannot be read")
    assert "cat/39.png" in message
    assert "dog/03.png" in message
    assert "and 2 more" in message


def test_a_class_of_one_image_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, 4)
    for number in range(1, 4):
        (tmp_path / "dog" / f"{number:02}.png").unlink()
    assert "too few have 'dog' (1)" in refused(tmp_path)


def test_what_is_absent_or_empty_is_refused(tmp_path: Path) -> None:
    assert "is no folder" in refused(tmp_path / "absent")
    (tmp_path / "one" / "cat").mkdir(parents=True)
    assert "has 1 class folders (cat)" in refused(tmp_path / "one")
    fill(tmp_path / "split" / "train", 2)
    assert "none of test, val" in refused(tmp_path / "split")
    (tmp_path / "split" / "test" / "cat").mkdir(parents=True)
    (tmp_path / "split" / "test" / "cow").mkdir(parents=True)
    assert "class 'cow' is in one of train and test only" in refused(tmp_path / "split")
    (tmp_path / "split" / "test" / "cow").rename(tmp_path / "split" / "test" / "dog")
    assert "test/cat has no image" in refused(tmp_path / "split")
    assert "1 or 3 channels, not 4" in refused(tmp_path / "split", (4, 8, 8))


def test_more_than_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, 2)
    monkeypatch.setattr(class_folders, "MOST_BYTES", 4 * 3 * 4 * 6 - 1)
    assert "GiB in memory" in refused(tmp_path)


def test_a_recipe_names_the_folder_relative_to_itself(tmp_path: Path) -> None:
    fill(tmp_path / "pets", 4)
    recipe = Recipe(network="tfc", dataset="folder", data="pets", frame="3x4x6", epochs=1, test_share=0.5)

    dataset = own_data.load(recipe, base=tmp_path)

    assert isinstance(dataset.train, Split)
    assert dataset.class_names == ("cat", "dog")
    assert dataset.train.frame == FRAME
    assert dataset.provenance.startswith("pets: 4 training and 4 test images of the user's, ")
    (tmp_path / "pets" / "cat" / "00.png").write_bytes((tmp_path / "pets" / "dog" / "01.png").read_bytes())
    assert own_data.load(recipe, base=tmp_path).provenance != dataset.provenance


def test_a_folder_needs_a_frame(tmp_path: Path) -> None:
    fill(tmp_path, 4)
    recipe = Recipe(network="tfc", dataset="folder", data=str(tmp_path), epochs=1)
    with pytest.raises(DatasetError, match='set "frame" in the recipe'):
        own_data.load(recipe)


def test_a_large_share_leaves_each_class_something_to_learn_from(tmp_path: Path) -> None:
    fill(tmp_path, 2)

    (_, labels), (_, test_labels), _ = load(tmp_path, FRAME, test_share=0.99, split_seed=0)

    assert labels.tolist() == test_labels.tolist() == [0, 1]
