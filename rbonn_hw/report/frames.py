"""Pictures of some frames with the accelerator's answers."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.image import imsave
from numpy.typing import NDArray

from rbonn_hw.arrays import read_arrays
from rbonn_hw.errors import DatasetError

SHOWN = 24


@dataclass(frozen=True, slots=True)
class Sample:
    """One frame as the page shows it.

    Attributes:
        number: Position in the data, from 0.
        picture: PNG as a data URI, one pixel per pixel.
        predicted: Class that the RTL answered.
        label: True class.
    """

    number: int
    picture: str
    predicted: int
    label: int


Answered = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def answered(golden: Path, outputs: Path) -> Answered | None:
    """Return frames, labels and the RTL's classes of the frames that were simulated; None without labels.

    Args:
        golden: .npz with ``frames`` [n, channels, height, width] and ``labels`` [n].
        outputs: .npz of the simulation, with ``classes`` [m], m <= n.

    Raises:
        DatasetError: A file cannot be read, or is not of these frames.
    """
    data, answers = read_arrays(golden), read_arrays(outputs)
    if not {"frames", "labels"} <= data.keys() or data["frames"].ndim != 4:
        return None
    frames, classes = data["frames"], answers.get("classes")
    if classes is None or classes.ndim != 1 or classes.dtype.kind not in "iu" or len(classes) > len(frames):
        raise DatasetError(
            f"{outputs}: holds no classes of the {len(frames)} frames; run `rbonn simulate` again"
        )
    labels = data["labels"].reshape(-1)
    if len(labels) != len(frames) or labels.dtype.kind not in "iu" or frames.dtype.kind not in "iuf":
        raise DatasetError(
            f"{golden}: {len(frames)} frames of {frames.dtype}, {len(labels)} labels of {labels.dtype}; run "
            "`rbonn export` again"
        )
    return frames[: len(classes)], labels[: len(classes)], classes


def read_samples(golden: Path, outputs: Path) -> tuple[list[Sample], list[Sample]]:
    """Return frames spread evenly over the data, and the first frames that are classified wrongly.

    Args:
        golden: As :func:`answered` takes it.
        outputs: Alike.

    Raises:
        DatasetError: See :func:`answered`.
    """
    found = answered(golden, outputs)
    if found is None:
        return [], []
    frames, labels, classes = found
    spread = np.linspace(0, len(classes) - 1, min(SHOWN, len(classes))).astype(int)
    wrong = np.flatnonzero(classes != labels)[: SHOWN // 2]

    def samples(numbers: NDArray[Any]) -> list[Sample]:
        return [Sample(int(n), picture(frames[n]), int(classes[n]), int(labels[n])) for n in numbers]

    return samples(spread), samples(wrong)


def picture(frame: NDArray[Any]) -> str:
    """Return ``frame`` [1 or 3, height, width] as a PNG data URI, its range stretched to black .. white."""
    low, high = float(frame.min()), float(frame.max())
    values = (frame.astype(np.float64) - low) / (high - low if high > low else 1.0)
    pixels = values.transpose(1, 2, 0) if len(values) == 3 else values[0]
    file = io.BytesIO()
    imsave(file, pixels, cmap="gray", vmin=0.0, vmax=1.0, format="png")
    return data_uri(file)


def data_uri(png: io.BytesIO) -> str:
    """Return a PNG as a page holds it."""
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()
