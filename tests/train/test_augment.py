"""Each kind of augmentation against plain indexing; and it is the same in whole and in part."""

from typing import Any

import numpy as np
import pytest
import torch

from rbonn_hw.train.augment import Augmentation, cropped, kept_boxes, mirrored, moved
from rbonn_hw.train.recipe import Recipe

BYTES = torch.from_numpy(np.random.default_rng(0).integers(1, 256, (3, 2, 5, 4), dtype=np.uint8))
FRAMES = BYTES.float()
NOTHING, ONE, STILL = torch.zeros(3), torch.ones(3), torch.zeros(3, 2)


def recipe(**changes: Any) -> Recipe:
    return Recipe(network="digits", dataset="digits", epochs=1, batch_size=4, **changes)


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


def test_crop_at_every_corner() -> None:
    bordered = np.zeros((2, 9, 8), dtype=np.uint8)
    bordered[:, 2:7, 2:6] = BYTES[1].numpy()
    rows, columns = torch.meshgrid(torch.arange(5), torch.arange(5), indexing="ij")
    corner = torch.stack([rows.flatten(), columns.flatten()])

    out = cropped(BYTES[1:2].expand(25, 2, 5, 4), corner, 2)

    assert out.dtype == torch.uint8
    for frame, row, column in zip(out, *corner.tolist(), strict=True):
        np.testing.assert_array_equal(frame, bordered[:, row : row + 5, column : column + 4])


def test_each_frame_has_its_own_corner() -> None:
    out = cropped(BYTES, torch.tensor([[1, 0, 2], [1, 1, 0]]), 1)

    assert torch.equal(out[0], BYTES[0])
    assert torch.equal(out[1, :, 1:], BYTES[1, :, :-1])
    assert torch.equal(out[2, :, :-1, 1:], BYTES[2, :, 1:, :-1])
    assert out[1, :, 0].max() == 0
    assert out[2, :, :, 0].max() == 0


def test_only_the_chosen_are_mirrored() -> None:
    out = mirrored(BYTES, torch.tensor([True, False, True])).numpy()

    np.testing.assert_array_equal(out[0], BYTES[0].numpy()[..., ::-1])
    np.testing.assert_array_equal(out[1], BYTES[1].numpy())
    np.testing.assert_array_equal(out[2], BYTES[2].numpy()[..., ::-1])


def test_draws_span_their_range() -> None:
    drawn = Augmentation.draw(recipe(crop=2, mirror=0.25, zoom=0.1), 4000, torch.Generator().manual_seed(0))

    assert drawn.corner is not None
    assert drawn.mirror is not None
    assert drawn.sides is not None
    for counts in (torch.bincount(side, minlength=5) for side in drawn.corner):
        assert counts.shape == (5,)
        assert counts.min() > 700
    assert abs(drawn.mirror.float().mean().item() - 0.25) < 0.03
    assert drawn.sides.min() < -0.99
    assert drawn.sides.max() > 0.99


def test_what_a_recipe_does_not_ask_for_draws_nothing() -> None:
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()

    drawn = Augmentation.draw(recipe(), 3, generator)

    assert torch.equal(generator.get_state(), before)
    assert torch.equal(drawn(BYTES), FRAMES)


@pytest.mark.parametrize("chosen", [slice(0, 1), slice(1, 3)])
def test_a_part_is_augmented_as_in_the_whole(chosen: slice) -> None:
    whole = Augmentation.draw(
        recipe(crop=1, mirror=0.5, rotation=10.0, zoom=0.1, shift=1.0), 3, torch.Generator().manual_seed(1)
    )

    part = whole.part(chosen, torch.device("cpu"))

    assert torch.equal(part(BYTES[chosen]), whole(BYTES)[chosen])
    assert not torch.equal(whole(BYTES), FRAMES)


def seen(frame: torch.Tensor) -> list[float]:
    """Return left, upper, right and lower edge of what is bright in a frame [1, H, W]."""
    rows, columns = (np.flatnonzero((frame[0] > 127).any(dim=axis).numpy()) for axis in (1, 0))
    return [float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)]


@pytest.mark.parametrize(
    "changes", [{"crop": 4}, {"mirror": 0.5}, {"shift": 6.0}, {"crop": 3, "mirror": 0.5, "shift": 3.0}]
)
def test_boxes_move_with_what_is_in_them(changes: dict[str, Any]) -> None:
    frames, boxes = torch.zeros(64, 1, 40, 30, dtype=torch.uint8), torch.zeros(64, 2, 5)
    frames[:, :, 14:26, 12:17] = 255
    boxes[:, 0], boxes[:, 1, 4] = torch.tensor([12.0, 14.0, 17.0, 26.0, 3.0]), -1
    drawn = Augmentation.draw(recipe(**changes), 64, torch.Generator().manual_seed(0))

    moved_boxes = drawn.boxes(boxes, 40, 30)

    places = [seen(frame) for frame in drawn(frames)]
    assert len({tuple(place) for place in places}) > 1
    np.testing.assert_allclose(moved_boxes[:, 0, :4], places, atol=0.51)
    assert set(moved_boxes[:, 0, 4].tolist()) == {3.0}
    assert set(moved_boxes[:, 1, 4].tolist()) == {-1.0}


def test_a_zoomed_box_grows_about_the_middle() -> None:
    frames = torch.zeros(1, 1, 40, 40, dtype=torch.uint8)
    frames[:, :, 20:30, 8:16] = 255
    sides = torch.tensor([[0.0], [1.0], [0.0], [0.0]])
    made = Augmentation(recipe(zoom=0.5), sides, None, None)

    boxes = made.boxes(torch.tensor([[[8.0, 20.0, 16.0, 30.0, 1.0]]]), 40, 40)

    assert boxes.tolist() == [[[2.0, 20.0, 14.0, 35.0, 1.0]]]
    np.testing.assert_allclose(boxes[0, 0, :4], seen(made(frames)[0]), atol=1)


def test_a_box_that_has_left_is_none() -> None:
    boxes = torch.tensor(
        [[[-6.0, 0.0, 4.0, 10.0, 1.0], [-5.0, 0.0, 5.0, 10.0, 2.0], [0.0, 0.0, 5.0, 0.5, 3.0]]]
    )
    kept = kept_boxes(boxes, 20, 20)
    assert kept[0, :, 4].tolist() == [1.0, 2.0, -1.0]
    assert kept[0, 0, :4].tolist() == [0.0, 0.0, 4.0, 10.0]
    assert kept_boxes(boxes - torch.tensor([3.0, 0, 3, 0, 0]), 20, 20)[0, :, 4].tolist() == [-1.0, -1.0, -1.0]
