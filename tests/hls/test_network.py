"""hls/network.py: a small residual network as a dataflow top gives the functional reference's integers."""

from pathlib import Path

import numpy as np
import pytest
from torch import nn

from hls.golden import Example
from hls.network import main, network_design
from rbonn_hw.compiler import golden
from rbonn_hw.compiler.answer import AnswerScale
from rbonn_hw.compiler.build import CompileOptions, compile_network
from rbonn_hw.spec.add import AddSpec
from tests.compiler.frontend.networks import Residual, binary_conv, binary_linear, export, integers
from tests.hls.csim import check

CHANNELS, CLASSES, FRAMES = 4, 5, 6


def network() -> nn.Module:
    """Stem, residual block, max-pool, residual block, average, classes."""
    return nn.Sequential(
        integers(8, 1.0), binary_conv(3, CHANNELS, 3), nn.BatchNorm2d(CHANNELS), integers(4),
        Residual(CHANNELS), nn.MaxPool2d(2), Residual(CHANNELS),
        nn.AvgPool2d(3), integers(4), nn.Flatten(),
        binary_linear(CHANNELS, CLASSES),
    )  # fmt: skip


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("network")
    file = export(network(), (1, 3, 8, 8), folder / "network.onnx")
    compile_network(file, folder / "build", CompileOptions(target_cycles=400), lambda _: None)
    return folder / "build"


def test_by_hand_it_writes_what_the_reference_answers(
    build_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = golden.network_frames(build_dir, golden.random_frames(build_dir, 2, seed=1))
    reference, _ = golden.reference_answers(build_dir, AnswerScale.read(build_dir), frames)
    assert reference.integers is not None
    out = tmp_path / "out"
    monkeypatch.setattr("sys.argv", ["network", str(build_dir), str(out), "--frames", "2"])

    assert main() == 0

    port = network_design(build_dir).outputs[0].port
    words = [int(line, 16) for line in (out / "out.hex").read_text().splitlines()]
    assert port.lanes == 1
    low = [value % (1 << port.dtype.bits) for value in reference.integers.reshape(-1).tolist()]
    assert words == low
    monkeypatch.setattr("sys.argv", ["network", str(tmp_path / "nothing"), str(tmp_path / "none")])
    assert main() == 2
    assert "finn.onnx does not exist" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
    assert not (tmp_path / "nothing").exists()


def test_dataflow_top_equals_the_functional_reference(build_dir: Path, tmp_path: Path) -> None:
    frames = golden.network_frames(build_dir, golden.random_frames(build_dir, FRAMES, seed=1))
    scale = AnswerScale.read(build_dir)
    reference, _ = golden.reference_answers(build_dir, scale, frames)
    assert reference.integers is not None
    assert len(np.unique(reference.integers, axis=0)) > 1
    design = network_design(build_dir)
    kernels = {instance.header for instance in design.instances}
    assert {"window", "mvau", "add", "duplicate", "pool"} <= kernels
    assert sum(isinstance(instance.spec, AddSpec) for instance in design.instances) == 2

    check([Example(design, [golden.to_integers(build_dir, frames)], [reference.integers])], tmp_path)
