"""Parts of an image that become a frame: where they lie, and what of them is in the frame."""

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from rbonn_hw.train.imagenet import CROP_TRIES, FolderSplit, centre, crop, training_box


def draws(count: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).random((count, CROP_TRIES, 4), dtype=np.float32)


@pytest.mark.parametrize(("width", "height"), [(500, 375), (224, 224), (100, 300)])
def test_random_parts_lie_in_the_image_and_span_area_and_aspect(width: int, height: int) -> None:
    boxes = np.array([training_box(width, height, tries) for tries in draws(2000)])
    left, upper, right, lower = boxes.T
    area = (right - left) * (lower - upper) / (width * height)
    aspect = (right - left) / (lower - upper)

    assert left.min() == upper.min() == 0
    assert right.max() == width
    assert lower.max() == height
    assert (right > left).all()
    assert (lower > upper).all()
    assert 0.07 < area.min() < 0.1
    assert aspect.min() > 0.72
    assert aspect.max() < 1.38
    assert aspect.min() < 0.78
    assert aspect.max() > 1.28


def test_areas_are_uniform_where_every_try_fits() -> None:
    """With one side much larger than needed, nothing is rejected below a share of a half."""
    boxes = np.array([training_box(1000, 1000, tries) for tries in draws(4000)])
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) / 1e6
    low, high = ((area > 0.08) & (area < 0.29)).mean(), ((area >= 0.29) & (area < 0.5)).mean()

    assert abs(low / high - 1) < 0.12


def test_the_first_try_that_fits_is_taken() -> None:
    tries = np.full((CROP_TRIES, 4), 1.0, np.float32)  # the whole area at aspect 4:3 fits no square
    tries[3] = [0.5, 0.5, 0.0, 1.0 - 1e-6]
    side = round(math.sqrt(0.54 * 200 * 200))

    assert training_box(200, 200, tries) == (0, 200 - side, side, 200)


@pytest.mark.parametrize(("log_aspect", "wide", "high"), [(1.0, 294, 220), (0.0, 220, 294)])
def test_aspect_is_width_by_height(log_aspect: float, wide: int, high: int) -> None:
    tries = np.tile(np.array([0.5, log_aspect, 0.0, 0.0], np.float32), (CROP_TRIES, 1))

    assert training_box(400, 300, tries) == (0, 0, wide, high)


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(400, 100, (133, 0, 266, 100)), (90, 300, (0, 90, 90, 210)), (200, 200, (0, 0, 200, 200))],
)
def test_where_no_try_fits_the_centre_is_taken(
    width: int, height: int, expected: tuple[int, int, int, int]
) -> None:
    assert training_box(width, height, np.full((CROP_TRIES, 4), 1.0, np.float32)) == expected


def ramp(width: int, height: int) -> Image.Image:
    """Red grows to the right, green downwards, linearly: scaling keeps both."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width).round()[None, :]
    pixels[..., 1] = np.linspace(0, 255, height).round()[:, None]
    return Image.fromarray(pixels)


def test_the_centre_is_an_eighth_from_the_shorter_sides_edges() -> None:
    frame = np.asarray(centre(ramp(512, 256), 224))

    assert frame.shape == (224, 224, 3)
    np.testing.assert_array_equal(frame, np.asarray(ramp(512, 256))[16:240, 144:368])
    wide = np.asarray(centre(ramp(1024, 512), 224)).astype(float)
    np.testing.assert_allclose(wide[0, :, 1], 255 * 16.5 / 256, atol=1.5)
    np.testing.assert_allclose(wide[:, 0, 0], 255 * 144.5 / 512, atol=1.5)


def test_a_random_part_is_scaled_to_the_frame(tmp_path: Path) -> None:
    """Whether or not the decoder halves the image first."""
    path = tmp_path / "ramp.jpg"
    ramp(512, 384).save(path, quality=100)
    tries = np.full((CROP_TRIES, 4), 0.5, np.float32)
    left, upper, right, lower = training_box(512, 384, tries)
    for side in (32, 300):
        with Image.open(path) as image:
            frame = np.asarray(crop(image, side, tries)).astype(float)
        across = left + (np.arange(side) + 0.5) * (right - left) / side
        down = upper + (np.arange(side) + 0.5) * (lower - upper) / side
        # Means along the constant axis: what a JPEG adds to single pixels is not the question.
        for means, expected in (
            (frame[..., 0].mean(0), (across - 0.5) / 511 * 255),
            (frame[..., 1].mean(1), (down - 0.5) / 383 * 255),
        ):
            np.testing.assert_allclose(means, expected, atol=1.2)
            assert abs((means - expected).mean()) < 0.12


def test_a_decoded_frame_has_rows_from_the_top(tmp_path: Path) -> None:
    ramp(256, 256).save(tmp_path / "ramp.png")
    split = FolderSplit(tmp_path, ("ramp.png",), np.zeros(1, np.int64), 1, 224)

    frame = split.decode(0, None)

    assert frame[0, 0].tolist() == list(range(16, 240))
    assert frame[1, :, 0].tolist() == list(range(16, 240))
