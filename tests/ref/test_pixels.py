"""rbonn_hw/ref/pixels.py against PyTorch, which is what a network was trained with."""

import numpy as np
import pytest
import torch

from rbonn_hw.errors import ConfigError, ShapeError
from rbonn_hw.ref.pixels import network_input, pixel_floats, raw_shape
from rbonn_hw.spec.input import InputMeaning

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)
IMAGES = np.random.default_rng(0).integers(0, 256, (5, 3, 6, 4)).astype(np.uint8)


def test_to_tensor_and_normalize_in_every_bit() -> None:
    meaning = InputMeaning.from_document({"scale": "1/255", "mean": MEAN, "std": STD})
    # What torchvision's ToTensor and Normalize do.
    x = torch.from_numpy(IMAGES).to(torch.float32).div(255)
    x = x.sub_(torch.tensor(MEAN)[:, None, None]).div_(torch.tensor(STD)[:, None, None])
    np.testing.assert_array_equal(network_input(meaning, IMAGES, (3, 6, 4)), x.numpy())
    by_value = pixel_floats(meaning, 3)
    rows = np.stack([by_value[channel][IMAGES[:, channel]] for channel in range(3)], axis=1)
    np.testing.assert_array_equal(rows, x.numpy())


def test_images_with_the_channels_last() -> None:
    meaning = InputMeaning(layout="HWC")
    assert raw_shape(meaning, (3, 6, 4)) == (6, 4, 3)
    turned = network_input(meaning, IMAGES.transpose(0, 2, 3, 1), (3, 6, 4))
    np.testing.assert_array_equal(turned, IMAGES.astype(np.float32))


def test_floats_are_taken_as_they_are() -> None:
    x = np.linspace(-3, 3, 8, dtype=np.float32).reshape(2, 4)
    np.testing.assert_array_equal(network_input(InputMeaning.from_range(0, 1), x, (4,)), x)


def test_what_does_not_fit() -> None:
    with pytest.raises(ConfigError, match="mean has 2 values, the network 3 channels"):
        network_input(InputMeaning(mean=(0.0, 1.0)), IMAGES, (3, 6, 4))
    with pytest.raises(ShapeError, match=r"hold 0 \.\. 300, the input is declared as uint8"):
        network_input(InputMeaning(), np.array([[0, 300]]), (2,))
    for dtype, value, allowed in (
        ("INT4", 8, r"-8 \.\. 7"),
        ("BIPOLAR", 0, r"-1 and \+1"),
        ("UINT8", 0.5, "255"),
    ):
        with pytest.raises(ShapeError, match=allowed):
            network_input(InputMeaning(kind="integers", dtype=dtype), np.array([[1, value]]), (2,))
