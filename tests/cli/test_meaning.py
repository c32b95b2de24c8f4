"""Inputs and tails with their meaning, from a file through every verb to the driver, against PyTorch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper
from torch import Tensor, nn

from rbonn_hw.cli import main
from rbonn_hw.compiler import golden
from rbonn_hw.host import Package
from rbonn_hw.sim.accelerator import simulate
from tests.compiler.frontend.networks import CONSTANT, binary_conv, binary_linear, export, sign

pytestmark = [pytest.mark.slow, pytest.mark.verilator]
MEAN, STD = (0.5, 0.4), (0.25, 0.2)
NORMALIZE = ["--input-scale", "1/255", "--input-mean", "0.5", "0.4", "--input-std", "0.25", "0.2"]
SHAPE = (2, 5, 5)


def quantizer(bits: int, low: float, high: float) -> nn.Module:
    import brevitas.nn as qnn

    made: nn.Module = qnn.QuantIdentity(
        bit_width=bits, signed=low < 0, narrow_range=False, min_val=low, max_val=high, **CONSTANT
    )
    return made


def vectors(inputs: int) -> list[nn.Module]:
    return [binary_linear(inputs, 8), nn.BatchNorm1d(8), sign(), binary_linear(8, 4)]


def compiled(net: nn.Module, shape: tuple[int, ...], folder: Path, *options: str) -> Path:
    path = export(net, shape, folder / "net.onnx")
    assert main(["compile", str(path), "--out", str(folder / "build"), *options]) == 0
    return folder / "build"


def packed(build_dir: Path, *options: str) -> Package:
    out = build_dir / "net.zip"
    assert main(["package", str(build_dir), "--out", str(out), "--frames", "6", *options]) == 0
    return Package.open(out)


def driven(build_dir: Path, package: Package, frames: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return outputs and classes of the driver, with the accelerator's RTL between its two halves."""
    package.images.check(frames)
    stored = simulate(build_dir, package.images.integers(frames)).outputs
    return package.answer.outputs(stored), package.answer.classes(stored)


@pytest.fixture(scope="module")
def normalized(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Path]:
    """A network of normalized images with float classifier and softmax, compiled without being told so."""
    net = nn.Sequential(
        quantizer(6, -2.0, 2.0), binary_conv(2, 4, 3), nn.BatchNorm2d(4), sign(), nn.Flatten(),
        binary_linear(36, 8), nn.BatchNorm1d(8), nn.Linear(8, 3), nn.Softmax(1),
    )  # fmt: skip
    torch.manual_seed(4)
    return net, compiled(net, (1, *SHAPE), tmp_path_factory.mktemp("normalized"))


def normalize(images: NDArray[np.uint8]) -> Tensor:
    """What torchvision's ToTensor and Normalize do."""
    x = torch.from_numpy(images).to(torch.float32).div(255)
    return x.sub_(torch.tensor(MEAN)[:, None, None]).div_(torch.tensor(STD)[:, None, None])


def test_pixels_that_cannot_be_meant_are_said_and_not_packed(
    normalized: tuple[nn.Module, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, build_dir = normalized
    assert main(["package", str(build_dir), "--out", str(tmp_path / "x.zip")]) == 2
    message = capsys.readouterr().err
    assert "uint8 pixels 0 .. 255 reach 3 of the 64 levels" in message
    assert "--input-scale 1/255" in message
    assert main(["bitstream", str(build_dir)]) == 2
    assert "reach 3 of the 64 levels" in capsys.readouterr().err
    assert not (build_dir / "bitstream").exists()


@pytest.mark.parametrize("said_to", ["compile", "package"])
def test_the_driver_answers_raw_images_as_pytorch_does(
    said_to: str, normalized: tuple[nn.Module, Path], tmp_path: Path
) -> None:
    net, build_dir = normalized
    if said_to == "compile":
        network = str(build_dir.parent / "net.onnx")
        assert main(["compile", network, "--out", str(tmp_path / "build"), *NORMALIZE]) == 0
        build_dir = tmp_path / "build"
    package = packed(build_dir, *(NORMALIZE if said_to == "package" else []))
    images = np.random.default_rng(5).integers(0, 256, (80, *SHAPE)).astype(np.uint8)
    with torch.no_grad():
        truth = net(normalize(images)).numpy()

    outputs, classes = driven(build_dir, package, images)

    assert package.answer.bound is not None
    assert np.abs(outputs - truth).max() <= package.answer.bound < 1e-3
    np.testing.assert_array_equal(classes, truth.argmax(axis=1))
    assert len(np.unique(classes)) > 1
    assert package.self_test.images.dtype == np.uint8
    if said_to == "compile":
        data = tmp_path / "data.npz"
        np.savez(data, frames=images[:20], outputs=truth[:20])
        assert main(["simulate", str(build_dir), "--data", str(data), "--finn-frames", "1"]) == 0
        assert golden.random_frames(build_dir, 3, 0).dtype == np.uint8


@pytest.mark.parametrize("dtype", ["UINT8", "INT12", "BIPOLAR"])
def test_integers_of_a_type(dtype: str, tmp_path: Path) -> None:
    net = nn.Sequential(nn.Flatten(), *vectors(18))
    path = export(net, (1, 2, 3, 3), tmp_path / "net.onnx")
    model = ModelWrapper(str(path))
    model.set_tensor_datatype(model.graph.input[0].name, DataType[dtype])
    model.save(str(path))
    build_dir = tmp_path / "build"
    assert main(["compile", str(path), "--out", str(build_dir)]) == 0
    assert main(["simulate", str(build_dir), "--random", "4", "--finn-frames", "1"]) == 0
    drawn = golden.random_frames(build_dir, 200, 1)
    kind = DataType[dtype]
    assert (drawn.min(), drawn.max()) == (kind.min(), kind.max()) or dtype == "INT12"
    assert all(kind.allowed(value) for value in np.unique(drawn))

    package = packed(build_dir)
    with torch.no_grad():
        truth = net(torch.from_numpy(drawn.astype(np.float32))).numpy()
    outputs, classes = driven(build_dir, package, drawn.astype(np.int16))

    assert package.answer.exact
    np.testing.assert_array_equal(outputs, truth)
    np.testing.assert_array_equal(classes, truth.argmax(axis=1))


@pytest.mark.parametrize(
    ("options", "first"),
    [
        (["--input-type", "FLOAT", "--input-range", "-3", "3"], lambda: quantizer(5, -2.0, 2.0)),
        (["--input-type", "FLOAT", "--quantize-input", "10"], nn.Identity),
    ],
)
def test_floats(options: list[str], first: Callable[[], nn.Module], tmp_path: Path) -> None:
    x = np.random.default_rng(6).normal(scale=1.5, size=(120, 9)).astype(np.float32)
    np.savez(tmp_path / "data.npz", frames=x)
    if "--quantize-input" in options:
        options = [*options, "--calibration", str(tmp_path / "data.npz")]
    net = nn.Sequential(first(), *vectors(9), nn.Sigmoid())
    build_dir = compiled(net, (1, 9), tmp_path, *options)
    package = packed(build_dir)

    outputs, classes = driven(build_dir, package, x)

    assert package.images.kind == "floats"
    reference = golden.reference_scores(build_dir, x)
    np.testing.assert_array_equal(outputs, reference)
    np.testing.assert_array_equal(classes, reference.argmax(axis=1))
    if "--quantize-input" not in options:
        with torch.no_grad():
            np.testing.assert_allclose(outputs, net(torch.from_numpy(x)).numpy(), rtol=1e-5, atol=1e-6)
