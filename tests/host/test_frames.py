"""rbonn_hw/host/frames.py: pixels, integers and floats to the accelerator's integers, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbonn_hw.host.errors import FrameError, PackageError
from rbonn_hw.host.frames import FrameTable
from rbonn_hw.host.package import Package
from tests.host.packages import content, images, repacked, write_toy

SHAPE, AXES, STREAM = (2, 4, 3), (1, 2, 0), (4, 3, 2)
RNG = np.random.default_rng(0)


def floats(channels: int = 2) -> FrameTable:
    """Round down and saturate at 0 and 7; the second channel falls."""
    steps = np.tile(np.arange(1, 8, dtype=np.float32), (channels, 1))
    lowest, falling = np.zeros(channels, np.int64), np.arange(channels) == 1
    steps[falling] -= 8
    return FrameTable(
        "floats", SHAPE, AXES, STREAM, lowest=lowest, falling=falling, steps=steps, meaning="volts"
    )


@pytest.mark.parametrize("channels", [1, 2])
def test_floats_through_a_package(channels: int, tmp_path: Path) -> None:
    table = floats(channels)
    x = RNG.uniform(-2, 10, (5, *SHAPE)).astype(np.float32)
    x[0, :, 0, 0] = [3.0, 5.0]
    stored = np.clip(np.floor(x), 0, 7)
    if channels == 2:
        stored[:, 1] = np.clip(np.floor(8 - x[:, 1]), 0, 7)
    recorded: dict[str, Any] = {
        "images": x,
        "integers": np.zeros((5, 3), np.int64),
        "outputs": np.zeros((5, 3), np.float32),
    }
    made = content().recorded
    package = write_toy(
        tmp_path, images=table, recorded=type(made)(**recorded, classes=np.zeros(5, np.int64), cycles=1)
    )

    package.images.check(x)
    np.testing.assert_array_equal(package.images.integers(x), stored.transpose(0, 2, 3, 1))
    package.images.check(x.astype(np.float64))
    for wrong, message in ((np.nan, "no finite numbers"), (np.inf, "no finite numbers")):
        x[0, 0, 0, 0] = wrong
        with pytest.raises(FrameError, match=message):
            package.images.check(x)
    with pytest.raises(FrameError, match="frames are uint8; give a NumPy array of float32: volts"):
        package.images.check(images())
    with pytest.raises(PackageError, match=r"has no input/steps\.npy"):
        Package.open(repacked(package, {"input/steps.npy": None}))


@pytest.mark.parametrize(
    ("low", "high", "bipolar", "wrong", "message"),
    [
        (0, 7, False, 8, r"hold .* \.\. 8; the network takes whole: 0 \.\. 7"),
        (-4, 3, False, -5, r"hold -5 .*-4 \.\. 3"),
        (-1, 1, True, 0, r"-1 and \+1"),
    ],
)
def test_integers(low: int, high: int, bipolar: bool, wrong: int, message: str) -> None:
    table = FrameTable("integers", SHAPE, AXES, STREAM, low=low, high=high, bipolar=bipolar, meaning="whole")
    x = RNG.integers(low, high + 1, (3, *SHAPE)).astype(np.int8)
    if bipolar:
        x[x == 0] = 1
    table.check(x)
    expected = (x > 0) if bipolar else x
    np.testing.assert_array_equal(table.integers(x), expected.transpose(0, 2, 3, 1))
    x[0, 0, 0, 0] = wrong
    with pytest.raises(FrameError, match=message):
        table.check(x)
    with pytest.raises(FrameError, match="give a NumPy array of integers: whole"):
        table.check(x.astype(np.float32))


def test_images_with_the_channels_last() -> None:
    rows = np.stack([np.arange(256), 255 - np.arange(256)])
    table = FrameTable("uint8", (4, 3, 2), (0, 1, 2), STREAM, 2, table=rows)
    x = RNG.integers(0, 256, (5, 4, 3, 2)).astype(np.uint8)
    np.testing.assert_array_equal(table.integers(x), np.stack([x[..., 0], 255 - x[..., 1]], axis=-1))


def test_a_flattened_input() -> None:
    table = FrameTable("uint8", SHAPE, (0, 1, 2), (24,), table=np.arange(256))
    x = images()
    np.testing.assert_array_equal(table.integers(x), x.reshape(len(x), 24))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"table": np.arange(256)}, "pixels leave the input's range"),
        ({"table": np.minimum(np.arange(256), 8)}, "pixels leave the input's range"),
        ({"stream_shape": (3, 4, 2)}, "do not have the shape of the input"),
    ],
)
def test_tables_beyond_the_stream(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    table = content().images
    values = {"table": table.table, "stream_shape": table.stream_shape} | change
    with pytest.raises(PackageError, match=message):
        write_toy(tmp_path, images=FrameTable("uint8", SHAPE, AXES, **values))
