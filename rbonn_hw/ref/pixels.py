"""What a network is fed for the frames that it is given: the arithmetic of its declared input.

``(pixel * scale - mean) / std`` in float32, every operation rounded once, in this order: what torchvision's
ToTensor and Normalize compute on a CPU.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import ConfigError, ShapeError
from rbonn_hw.spec.input import PIXEL_MAX, InputMeaning

Floats = NDArray[np.float32]


def is_turned(meaning: InputMeaning, shape: tuple[int, ...], channel_axis: int = 0) -> bool:
    """Tell whether images come with the channels last and the network takes them first."""
    return meaning.layout == "HWC" and len(shape) == 3 and channel_axis == 0


def raw_shape(meaning: InputMeaning, shape: tuple[int, ...], channel_axis: int = 0) -> tuple[int, ...]:
    """Return the shape of a frame as it is given to a network that takes ``shape``; no batch in either."""
    return (*shape[1:], shape[0]) if is_turned(meaning, shape, channel_axis) else shape


def pixel_floats(meaning: InputMeaning, channels: int) -> Floats:
    """Return the network's float of every pixel value in every channel, [channels, 256].

    Raises:
        ConfigError: The declaration is for another number of channels.
    """
    pixels = np.arange(PIXEL_MAX + 1, dtype=np.float32)[None].repeat(channels, axis=0)
    return _scaled(meaning, pixels, 0)


def network_input(
    meaning: InputMeaning, frames: NDArray[Any], shape: tuple[int, ...], channel_axis: int = 0
) -> Floats:
    """Return the network's floats [n, *shape] of frames as they are given.

    Args:
        meaning: The declaration.
        frames: [n, *raw_shape]. Floats are taken as the network's own, in its own shape and scale.
        shape: Of the network's input, without the batch.
        channel_axis: Axis of the channels in it.

    Raises:
        ConfigError: The declaration is for another number of channels.
        ShapeError: Integers outside of the declared type.
    """
    if meaning.kind == "integers":
        _check_type(meaning, frames)
    if meaning.kind != "uint8" or frames.dtype.kind == "f":
        return frames.astype(np.float32)
    if frames.size and (frames.min() < 0 or frames.max() > PIXEL_MAX):
        raise ShapeError(
            f"frames hold {frames.min()} .. {frames.max()}, the input is declared as uint8 pixels; "
            "give uint8, or floats that are scaled already"
        )
    turned = frames.transpose(0, 3, 1, 2) if is_turned(meaning, shape, channel_axis) else frames
    return _scaled(meaning, turned.astype(np.float32), 1 + channel_axis)


def _scaled(meaning: InputMeaning, pixels: Floats, axis: int) -> Floats:
    """Scale pixels whose channels lie along ``axis``."""
    x = pixels
    if meaning.scale.factor != 1.0:
        x = x * np.float32(meaning.scale.factor)
    if meaning.scale.divisor != 1.0:
        x = x / np.float32(meaning.scale.divisor)
    if meaning.mean:
        x = x - _along(meaning.mean, "mean", x.shape, axis)
    if meaning.std:
        x = x / _along(meaning.std, "std", x.shape, axis)
    return x


def _along(values: tuple[float, ...], name: str, shape: tuple[int, ...], axis: int) -> Floats:
    if len(values) not in (1, shape[axis]):
        raise ConfigError(
            f"input {name} has {len(values)} values, the network {shape[axis]} channels; "
            "give one, or one per channel"
        )
    column = [1] * len(shape)
    column[axis] = len(values)
    return np.asarray(values, np.float32).reshape(column)


def _check_type(meaning: InputMeaning, frames: NDArray[Any]) -> None:
    low, high = meaning.integer_range
    wrong = (frames < low) | (frames > high) | (frames != np.rint(frames))
    if meaning.dtype == "BIPOLAR":
        wrong |= frames == 0
    if wrong.any():
        raise ShapeError(
            f"frames hold {frames[wrong].flat[0]}, the network takes integers of {meaning.dtype}: "
            + ("-1 and +1" if meaning.dtype == "BIPOLAR" else f"{low} .. {high}")
        )
