"""rbonn_hw.report.timeline: pictures of the bins, without layers that only move data."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from rbonn_hw.errors import ConfigError
from rbonn_hw.report.collect import Stages
from rbonn_hw.report.timeline import BLOCKED, BUSY, FULL, HEIGHT, STARVED, drawn
from rbonn_hw.results import Document
from tests.report.documents import write_stages, write_timeline


def read(folder: Path) -> Document:
    return Stages.read(folder, None, None).timeline


def column(picture: str, place: int) -> list[tuple[int, ...]]:
    """Return the pixels of a bin, from the top."""
    png = base64.b64decode(picture.removeprefix("data:image/png;base64,"))
    pixels = np.round(imread(io.BytesIO(png)) * 255).astype(int)
    assert pixels.shape == (HEIGHT, 4, 4)
    return [tuple(pixel) for pixel in pixels[:, place].tolist()]


def test_bins_are_columns_of_states(tmp_path: Path) -> None:
    write_stages(tmp_path)
    write_timeline(tmp_path)

    found = drawn(read(tmp_path))

    assert [row["name"] for row in found["layers"]] == ["pad", "swg", "mvau0", "mvau1"]
    picture, half = found["layers"][2]["picture"], HEIGHT // 2
    busy, starved, blocked = (tuple(colour.tolist()) for colour in (BUSY, STARVED, BLOCKED))
    assert column(picture, 0) == [busy] * HEIGHT
    assert column(picture, 1) == [starved] * half + [busy] * half
    assert column(picture, 2) == [starved] * HEIGHT
    assert column(picture, 3) == [blocked] * HEIGHT
    assert [(row["busy"], row["share"], row["slowest"]) for row in found["layers"][1:3]] == [
        (4 * 576, 0.5, False),
        (4 * 1152, 1.0, True),
    ]
    assert [(end["frame"], end["place"]) for end in found["ends"]] == [(0, 50.0), (1, 99.975)]
    assert (found["first"], found["last"], found["by"]) == (0, 3999, "RTL in Verilator")


def test_a_fifo_is_as_full_as_its_bin_was_at_most(tmp_path: Path) -> None:
    write_stages(tmp_path)
    write_timeline(tmp_path)

    (fifo,) = drawn(read(tmp_path))["fifos"]

    full = tuple(FULL.tolist())
    assert [column(fifo["picture"], place).count(full) for place in range(4)] == [0, 4, 12, HEIGHT]
    assert column(fifo["picture"], 1)[-1] == full, "words are counted from below"
    assert (fifo["most"], fifo["depth"]) == (65, 64)


def test_a_timeline_of_another_compilation_is_not_shown(tmp_path: Path) -> None:
    write_stages(tmp_path)
    assert read(tmp_path) == {}
    write_timeline(tmp_path, key="of another")
    assert read(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [("edges", None), ("edges", []), ("layers", 5), ("level", "other"), ("fifos", [{"name": "one"}])],
)
def test_a_file_of_another_version_is_named(name: str, value: object, tmp_path: Path) -> None:
    write_stages(tmp_path)
    write_timeline(tmp_path)
    document = json.loads((tmp_path / "timeline.json").read_text())
    (tmp_path / "timeline.json").write_text(json.dumps({**document, name: value}))

    with pytest.raises(ConfigError, match=r"timeline\.json is of another version"):
        read(tmp_path)
