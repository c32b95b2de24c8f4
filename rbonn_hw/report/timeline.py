"""The pipeline over time: what every layer did in a few hundred parts of a run, and how full FIFOs were."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.image import imsave
from numpy.typing import NDArray

from rbonn_hw.errors import ConfigError
from rbonn_hw.report.blocks import BUFFERS
from rbonn_hw.report.frames import data_uri
from rbonn_hw.results import Document, read_result

HEIGHT = 16
"""Rows of a picture [px]; it has a column for each bin."""
BUSY, BLOCKED, STARVED, FULL = (
    np.array(colour, np.uint8)
    for colour in (
        (42, 157, 111, 255),
        (194, 87, 12, 255),
        (169, 178, 189, 255),
        (47, 111, 214, 255),
    )
)
"""The colours c2, c1, c8 and c0 of the page."""
LEVELS = {"rtl": "RTL in Verilator", "dataflow": "dataflow model"}


def read_timeline(build_dir: Path, compiled: Document) -> Document:
    """Return timeline.json without layers that only move data; empty where there is none of this compilation.

    Raises:
        ConfigError: The file is damaged or of another version.
    """
    file = build_dir / "timeline.json"
    if not file.is_file():
        return {}
    found = read_result(file, f"rbonn simulate {build_dir} --level dataflow")
    if found.get("compiled") != compiled.get("key"):
        return {}
    shown = {node["name"] for node in compiled["nodes"] if node["kernel"] not in BUFFERS}
    try:
        kept = ("level", "frames", "stall", "seed", "edges", "fifos", "frame_starts", "frame_ends")
        layers = [layer for layer in found["layers"] if layer["name"] in shown]
        document = {**{name: found[name] for name in kept}, "layers": layers}
        drawn(document)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ConfigError(
            f"{file} is of another version ({type(error).__name__}: {error}); run `rbonn simulate` again"
        ) from None
    return document


def drawn(found: Document) -> Document:
    """Return what the page shows of a timeline: rows with pictures, and where frames end.

    Args:
        found: What :func:`read_timeline` returned, not empty.
    """
    edges = np.array(found["edges"], np.int64)
    cycles = int(edges[-1] - edges[0])
    longest = max((layer["busy_cycles"] for layer in found["layers"]), default=0)
    return {
        "by": LEVELS[found["level"]],
        "first": int(edges[0]),
        "last": int(edges[-1]) - 1,
        "frames": found["frames"],
        "pauses": found["stall"],
        "ends": [
            {"frame": int(frame), "cycle": int(cycle), "place": 100 * (cycle - int(edges[0])) / cycles}
            for frame, cycle in found["frame_ends"]
        ],
        "layers": [
            {
                "name": layer["name"],
                "picture": _states(layer["busy"], layer["blocked"]),
                "busy": layer["busy_cycles"],
                "share": layer["busy_cycles"] / longest if longest else 0,
                "slowest": layer["busy_cycles"] == longest,
            }
            for layer in found["layers"]
        ],
        "fifos": [
            {
                "name": fifo["name"],
                "picture": _fill(fifo["most_words"], fifo["depth_words"]),
                "most": max(fifo["most_words"]),
                "depth": fifo["depth_words"],
            }
            for fifo in found["fifos"]
        ],
    }


def _states(busy: Sequence[int], blocked: Sequence[int]) -> str:
    """Return thousandths of each bin as a picture: busy below, blocked above it, starved the rest."""
    below = np.round(np.array(busy) * HEIGHT / 1000)
    above = np.round((np.array(busy) + np.array(blocked)) * HEIGHT / 1000)
    rows = np.arange(HEIGHT, 0, -1)[:, None] - 0.5
    pixels = np.where((rows < above)[..., None], BLOCKED, STARVED)
    return _png(np.where((rows < below)[..., None], BUSY, pixels))


def _fill(words: Sequence[int], depth: int) -> str:
    """Return words of each bin as a picture, of a FIFO that holds one more than its depth."""
    # What is not empty is seen.
    tall = np.ceil(np.array(words) * HEIGHT / (depth + 1))
    rows = np.arange(HEIGHT, 0, -1)[:, None] - 0.5
    return _png(np.where((rows < tall)[..., None], FULL, np.zeros(4, np.uint8)))


def _png(pixels: NDArray[Any]) -> str:
    file = io.BytesIO()
    imsave(file, np.ascontiguousarray(pixels, np.uint8), format="png")
    return data_uri(file)
