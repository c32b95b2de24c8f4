"""A detector from its weights to a package: the same boxes from every execution, and from the driver."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from rbonn_hw import api
from rbonn_hw.cli import main
from rbonn_hw.compiler import golden
from rbonn_hw.host.__main__ import TOLD_FROM
from rbonn_hw.host.detector import Detections
from rbonn_hw.host.package import Package
from rbonn_hw.models import storage, stored_frames
from rbonn_hw.models.boxes import found
from rbonn_hw.models.own import define
from rbonn_hw.models.table import Table
from rbonn_hw.report import boxes

NETWORK = """
from rbonn_hw.models.residual_rows import Downsample, Residual
from rbonn_hw.models.rows import Boxes, Stem
from rbonn_hw.models.table import Table

rows = (
    Stem(channels=4, stride=2, weight_bits=8),
    Residual(),
    Downsample(channels=8),
    Boxes(classes=2, anchors=(6.0, 12.0)),
)
network = Table(name="small", frame=(1, 16, 16), rows=rows)
"""
SCALE, FRAMES = 0.03, 6
TRUTH = np.array([[[2, 3, 9, 12, 1], [8, 8, 15, 15, 0]]] * FRAMES, np.float32)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train nothing, but settle, store, export, compile and simulate a small detector."""
    root = tmp_path_factory.mktemp("detector")
    (root / "net.py").write_text(NETWORK)
    net = define(f"{root / 'net.py'}:network").build(seed=3)
    frames = np.random.default_rng(1).integers(0, 256, (FRAMES, 1, 16, 16), dtype=np.uint8)
    with torch.no_grad():
        for _ in range(30):
            net.train()(torch.from_numpy(frames).float())
    storage.save_network(root, net.eval(), score_scale=SCALE)
    stored_frames.save(root, frames, TRUTH)
    assert main(["export", str(root), "--out", str(root / "export")]) == 0
    api.compile(root / "export" / "model.qonnx.onnx", root / "build", target_cycles=2000)
    api.simulate(root / "build", data=root / "export" / "golden.npz")
    return root


def same(one: list[Detections], other: list[Detections]) -> bool:
    """Whether two lists of boxes are equal, bit for bit."""
    return len(one) == len(other) and all(
        getattr(a, name).tobytes() == getattr(b, name).tobytes()
        for a, b in zip(one, other, strict=True)
        for name in ("boxes", "scores", "classes")
    )


def pytorch_boxes(made: Path) -> tuple[Table, list[Detections]]:
    """Return the table, and the boxes of PyTorch's integers."""
    table = storage.load_network(made).table
    assert isinstance(table, Table)
    return table, found(table, SCALE, np.load(made / "export" / "golden.npz")["outputs"], TOLD_FROM)


@pytest.mark.verilator
def test_boxes_are_equal_bit_for_bit(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported = np.load(made / "export" / "golden.npz")
    table, torch_boxes = pytorch_boxes(made)
    qonnx = golden.reference_scores(made / "build", exported["frames"].astype(np.float32))
    rtl = np.load(made / "build" / "outputs.npz")["integers"]
    data = ["--data", str(made / "export" / "golden.npz")]

    assert main(["simulate", str(made / "build"), *data, "--level", "functional"]) == 0
    functional = np.load(made / "build" / "functional.npz")["integers"]
    assert main(["package", str(made / "build"), *data, "--out", str(made / "d.zip")]) == 0

    package = Package.open(made / "d.zip")
    assert sum(map(len, torch_boxes)) > FRAMES
    assert same(torch_boxes, found(table, SCALE, qonnx.reshape(exported["outputs"].shape), TOLD_FROM))
    assert same(torch_boxes, package.answer.detect(functional, TOLD_FROM))
    assert same(torch_boxes, package.answer.detect(rtl, TOLD_FROM))
    assert package.answer.labels == ("0", "1")
    assert "answer: boxes of 2 classes, exact" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.verilator
def test_the_driver_on_the_virtual_board_gives_the_boxes_of_pytorch(made: Path) -> None:
    _, expected = pytorch_boxes(made)
    api.package(made / "build", made / "board.zip", data=made / "export" / "golden.npz", frames=FRAMES)

    report = api.board(made / "board.zip")

    bits = hashlib.sha256()
    for one in expected:
        for values in (one.boxes, one.scores, one.classes):
            bits.update(values.tobytes())
    assert (report["boxes"], report["boxes_sha256"]) == (sum(map(len, expected)), bits.hexdigest())


@pytest.mark.verilator
def test_a_page_shows_boxes(made: Path) -> None:
    exported = json.loads((made / "export" / "export.json").read_text())
    assert exported["metric"] == "mAP@0.5"

    shown = boxes.read(exported, made / "export" / "golden.npz", made / "build" / "outputs.npz")

    assert shown is not None
    assert shown.precision.half == pytest.approx(exported["accuracy"]["pytorch"])
    assert len(shown.spread) == FRAMES
    assert len(set(shown.spread)) == FRAMES
    assert 0 < len(shown.worst) <= boxes.WORST
    assert all(picture.startswith("data:image/png;base64,") for picture in (*shown.spread, shown.curve))
    assert boxes.read({}, made, made) is None


def test_levels_agree_on_a_map_which_has_no_top1(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames = np.load(made / "export" / "golden.npz")["frames"]
    np.savez(made / "named.npz", frames=frames, labels=np.zeros(FRAMES, np.int64))
    build, data = str(made / "build"), str(made / "named.npz")

    assert main(["verify", build, "--data", data, "--levels", "qonnx,functional"]) == 0

    said = capsys.readouterr().out
    assert "all agree" in said
    assert "top-1" not in said


def test_what_is_missed_and_what_is_none() -> None:
    answer = Detections(
        np.array([[2, 3, 9, 12], [2, 3, 9, 11], [8, 8, 15, 15]], np.float32),
        np.array([0.9, 0.8, 0.7], np.float32),
        np.array([1, 1, 1]),
    )
    # The second finds what is found already, the third another class than is there.
    assert boxes._faults(TRUTH[0], answer) == ([1], [1, 2])
    nothing = Detections(answer.boxes[:0], answer.scores[:0], answer.classes[:0])
    assert boxes._faults(TRUTH[0], nothing) == ([0, 1], [])
