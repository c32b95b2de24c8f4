"""The hardware forms: the exported file answers with PyTorch's bits, and the compiler takes it, exactly."""

from pathlib import Path

import numpy as np
import pytest
import torch
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend import compose, execute, lower
from rbonn_hw.export.qonnx_file import write_qonnx
from rbonn_hw.models.residual_rows import Double, Downsample, Residual, Shrink, Widen
from rbonn_hw.models.rows import Classifier, Conv, Dense, MaxPool, MeanPool, Stem, SumPool
from rbonn_hw.models.table import Row, Table
from rbonn_hw.models.zoo import network
from tests.compiler.frontend.checks import check_contract
from tests.models.randomized import pixels, randomized

SCORES = Classifier(classes=5, weight_bits=4)


def small(name: str, frame: tuple[int, int, int], *rows: Row, bits: int = 4) -> Table:
    return Table(name=name, frame=frame, rows=rows, bits=bits)


TABLES = (
    network("lfc", width=0.03),
    network("cnv", width=0.1),
    # The rows of ResNet-18 and ReActNet-A, on small maps of which the last has no power of two of pixels.
    small(
        "resnet",
        (3, 24, 24),
        Stem(channels=5, kernel=7, stride=2, weight_bits=8),
        MaxPool(overlapping=True),
        Residual(),
        Downsample(channels=7),
        Residual(),
        MeanPool(),
        SCORES,
    ),
    small(
        "reactnet",
        (3, 28, 28),
        Stem(channels=4, stride=2, weight_bits=8),
        Residual(),
        Double(),
        Shrink(),
        Double(),
        Residual(kernel=1),
        MeanPool(bits=8),
        SCORES,
    ),
    small("sums of ten bits", (1, 8, 8), Stem(channels=4), Residual(), SumPool(size=8), SCORES),
    small(
        "binary", (2, 9, 7), Conv(channels=6), MaxPool(size=1), Conv(channels=4), Dense(features=9), SCORES
    ),
    small(
        "coarse",
        (2, 8, 8),
        Stem(channels=8, weight_bits=2),
        Downsample(channels=6, weight_bits=1),
        Widen(channels=5),
        MeanPool(bits=6),
        Classifier(classes=8, weight_bits=2),
        bits=3,
    ),
)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_file_and_integers_equal_pytorch(table: Table, tmp_path: Path) -> None:
    net, frames = randomized(table), pixels(table, 3, seed=9)
    with torch.no_grad():
        expected = net(torch.from_numpy(frames)).numpy()
        deployed = net.deployed()(torch.from_numpy(frames)).numpy()

    write_qonnx(net, tmp_path / "model.onnx")
    lowered = lower(tmp_path / "model.onnx")

    np.testing.assert_array_equal(deployed, expected)
    model = ModelWrapper(str(tmp_path / "model.onnx"))
    for frame, answer in zip(frames, expected, strict=True):
        np.testing.assert_array_equal(execute(model, frame[None])[0], answer)
        np.testing.assert_array_equal(compose(lowered, frame[None])[0], answer)
    assert lowered.exact
    assert lowered.notes == ()
    check_contract(lowered.lowered)
    np.testing.assert_array_equal(expected, expected.round())
    assert len(np.unique(expected)) > 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "width"), [("resnet20", 0.25), ("resnet18", 0.03), ("resnet34", 0.03), ("reactnet-a", 0.07)]
)
def test_whole_residual_networks_are_lowered(name: str, width: float, tmp_path: Path) -> None:
    table = network(name, width=width)
    net, frames = randomized(table, frames=2), pixels(table, 1, seed=9)

    write_qonnx(net, tmp_path / "model.onnx")
    lowered = lower(tmp_path / "model.onnx")

    check_contract(lowered.lowered)
    with torch.no_grad():
        np.testing.assert_array_equal(compose(lowered, frames), net(torch.from_numpy(frames)).numpy())
