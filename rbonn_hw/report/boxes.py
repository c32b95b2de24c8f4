"""What a detector's accelerator found in the frames of its export: figures, pictures, and a curve."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from rbonn_hw.arrays import read_arrays
from rbonn_hw.errors import DatasetError
from rbonn_hw.host.detector import Detections, Detector, overlaps
from rbonn_hw.precision import JUDGED_FROM, Precision, precision, true_boxes
from rbonn_hw.report.frames import data_uri
from rbonn_hw.results import Document
from rbonn_hw.spec.boxes import BoxMeaning

SHOWN, WORST = 12, 6
SHOWN_FROM = 0.25
"""Least score of a box in a picture."""
HALF = 0.5
TRUTH, RIGHT, FALSE = "#2ca02c", "#1f77b4", "#d62728"
INCHES = 1.6


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a page shows of a detector.

    Attributes:
        precision: Of the accelerator's boxes.
        frames: Of which it is.
        spread: Frames spread evenly over the data: PNGs as data URIs.
        worst: Those with the most true boxes that were missed, and boxes that are none.
        curve: Precision by recall.
    """

    precision: Precision
    frames: int
    spread: list[str]
    worst: list[str]
    curve: str


def read(exported: Document, golden: Path, outputs: Path) -> Found | None:
    """Return what is to be shown; None of a network that finds no boxes.

    Args:
        exported: export.json.
        golden: .npz with ``frames``, ``boxes`` and PyTorch's ``outputs`` [n, channels, rows, columns].
        outputs: .npz of the simulation, with ``scores`` [m, ..], m <= n.

    Raises:
        DatasetError: A file cannot be read, or is not of these frames.
    """
    if "boxes" not in exported:
        return None
    given = exported["boxes"]
    meaning = BoxMeaning(given["classes"], tuple(given["anchors"]), given["step"])
    data, answers = read_arrays(golden), read_arrays(outputs)
    if not {"frames", "boxes", "outputs"} <= data.keys() or "scores" not in answers:
        raise DatasetError(f"{golden} or {outputs} holds no boxes; run `rbonn export`, then `rbonn simulate`")
    maps = answers["scores"].reshape(-1, *data["outputs"].shape[1:])
    count = len(maps)
    if count > len(data["frames"]):
        raise DatasetError(
            f"{outputs}: holds {count} answers to {len(data['frames'])} frames; simulate again"
        )
    frames, truth = data["frames"][:count], data["boxes"][:count]
    limit = int(np.abs(maps).max(initial=1.0))
    height, width = frames.shape[2:]
    detector = Detector.of(
        meaning.classes, meaning.anchors, (height, width), step=meaning.step, low=-limit, high=limit
    )
    shown = detector.detect(maps, SHOWN_FROM)
    faults = [sum(map(len, _faults(rows, one))) for rows, one in zip(truth, shown, strict=True)]
    spread = np.linspace(0, count - 1, min(SHOWN, count)).astype(int)
    worst = [at for at in np.argsort(-np.asarray(faults), kind="stable")[:WORST] if faults[at]]
    judged = precision(truth, detector.detect(maps, JUDGED_FROM), meaning.classes)
    return Found(
        judged,
        count,
        [_picture(frames[at], truth[at], shown[at]) for at in spread],
        [_picture(frames[at], truth[at], shown[at]) for at in worst],
        _curve(judged),
    )


def _faults(rows: NDArray[np.float32], found: Detections) -> tuple[list[int], list[int]]:
    """Return which true boxes were missed, and which boxes are none, both by number; the best box first."""
    truth = true_boxes(rows)
    missed, false = set(range(len(truth))), []
    for number, (box, label) in enumerate(zip(found.boxes, found.classes, strict=True)):
        share = overlaps(box, truth[:, :4]) if len(truth) else np.zeros(0)
        right = [at for at in missed if truth[at, 4] == label and share[at] >= HALF]
        if right:
            missed.remove(max(right, key=lambda at, share=share: share[at]))  # type: ignore[misc]
        else:
            false.append(number)
    return sorted(missed), false


def _picture(frame: NDArray[Any], rows: NDArray[np.float32], found: Detections) -> str:
    """Return a frame with its true boxes, dashed, and those that were found."""
    height, width = frame.shape[1:]
    figure = Figure(figsize=(INCHES * width / height, INCHES))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(frame.transpose(1, 2, 0) if len(frame) == 3 else frame[0], cmap="gray", vmin=0, vmax=255)
    axes.set_axis_off()
    _, false = _faults(rows, found)
    for left, upper, right, lower, label in true_boxes(rows).tolist():
        _outline(axes, (left, upper, right, lower), TRUTH, "--")
        axes.text(right, lower, str(int(label)), color=TRUTH, fontsize=7, ha="right", va="top")
    for number, (box, label) in enumerate(zip(found.boxes.tolist(), found.classes, strict=True)):
        colour = FALSE if number in false else RIGHT
        _outline(axes, box, colour, "-")
        axes.text(box[0], box[1], str(label), color=colour, fontsize=7, va="bottom")
    return _png(figure)


def _outline(axes: Any, box: Any, colour: str, style: str) -> None:
    left, upper, right, lower = box
    # A pixel is drawn around the place of its number.
    corner = (left - 0.5, upper - 0.5)
    axes.add_patch(
        Rectangle(corner, right - left, lower - upper, fill=False, edgecolor=colour, linestyle=style)
    )


def _curve(judged: Precision) -> str:
    figure = Figure(figsize=(4, 2.6), layout="constrained")
    axes = figure.subplots()
    axes.plot(judged.recall, judged.curve)
    axes.set(xlabel="recall", ylabel="precision, mean over classes", xlim=(0, 1), ylim=(0, 1.02))
    return _png(figure)


def _png(figure: Figure) -> str:
    content = io.BytesIO()
    FigureCanvasAgg(figure).print_png(content)  # type: ignore[no-untyped-call]
    return data_uri(content)
