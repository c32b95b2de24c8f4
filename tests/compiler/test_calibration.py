"""rbonn_hw/compiler/calibration.py: what it chooses, against PyTorch with that quantizer written by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from qonnx.core.datatype import DataType
from torch import Tensor, nn

from rbonn_hw.compiler.calibration import Calibration, calibrate
from rbonn_hw.compiler.frontend import compose, lower
from rbonn_hw.errors import ConfigError, DatasetError, ModelError
from rbonn_hw.spec.input import InputMeaning
from tests.compiler.frontend.networks import Call, binary_conv, binary_linear, export, integers, sign

IMAGES = InputMeaning.from_document({"scale": "1/255", "mean": [0.5, 0.4], "std": [0.25, 0.2]})


def network(*first: nn.Module) -> nn.Sequential:
    tail = [binary_conv(2, 6, 3), nn.BatchNorm2d(6), sign(), nn.Flatten(), binary_linear(6 * 16, 5)]
    return nn.Sequential(*first, *tail).eval()


def by_hand(x: Tensor, made: Calibration) -> Tensor:
    """Quantize as the chosen quantizer says."""
    chosen = made.quantizer
    top = 2 ** (chosen.bits - chosen.signed) - 1
    levels = torch.clamp(torch.round(x / chosen.scale), -top - 1 if chosen.signed else 0, top)
    return levels * chosen.scale


def frames(count: int = 40) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=(count, 2, 6, 6)).astype(np.float32)


@pytest.mark.parametrize("bits", [4, 8, 12])
def test_floats_are_quantized_as_the_report_says(bits: int, tmp_path: Path) -> None:
    net = network()
    path = export(net, (1, 2, 6, 6), tmp_path / "net.onnx")
    np.savez(tmp_path / "data.npz", frames=frames())

    made = calibrate(path, InputMeaning(kind="floats"), bits, tmp_path / "data.npz")

    lost = by_hand(torch.from_numpy(frames()), made).numpy() - frames()
    assert made.relative_error == pytest.approx(np.sqrt((lost**2).mean() / (frames() ** 2).mean()), rel=1e-4)
    assert made.largest_error == pytest.approx(np.abs(lost).max(), rel=1e-4)
    assert made.relative_error < {4: 0.15, 8: 0.01, 12: 0.001}[bits]
    assert made.quantizer.signed
    with torch.no_grad():
        quantized = net(by_hand(torch.from_numpy(frames()), made)).numpy()
        changed = quantized.argmax(axis=1) != net(torch.from_numpy(frames())).numpy().argmax(axis=1)
    assert made.changed == changed.sum()
    lowered = lower(path, quantizer=made.quantizer)
    source = lowered.lowered.graph.input[0].name
    assert lowered.lowered.get_tensor_datatype(source) == DataType[f"INT{bits}"]
    np.testing.assert_array_equal(compose(lowered, frames()), quantized)


def test_saturation_is_chosen_where_it_costs_least(tmp_path: Path) -> None:
    data = frames()
    data[0, 0, 0, 0] = 4.5
    np.savez(tmp_path / "data.npz", frames=data)
    made = calibrate(export(network(), (1, 2, 6, 6), tmp_path / "net.onnx"), None, 3, tmp_path / "data.npz")

    def error(scale: float) -> float:
        levels = np.clip(np.rint(data / scale), -4, 3)
        return float(((levels * scale - data) ** 2).mean())

    assert made.quantizer.scale < 4.5 / 3
    assert (
        error(made.quantizer.scale)
        <= min(error(4.5 / 3 * share) for share in np.linspace(0.35, 1, 14)) * 1.01
    )


def test_pixels_need_no_frames(tmp_path: Path) -> None:
    path = export(network(), (1, 2, 6, 6), tmp_path / "net.onnx")
    zero_to_one = calibrate(path, InputMeaning.from_range(0, 1), 8, None)
    assert zero_to_one.quantizer.scale == np.float32(1 / 255)
    assert not zero_to_one.quantizer.signed
    assert zero_to_one.relative_error < 1e-6, "a pixel is an integer of the scale"
    assert calibrate(path, InputMeaning(), 8, None).quantizer.scale == 1.0
    normalized = calibrate(path, IMAGES, 8, None)
    assert normalized.quantizer.signed
    assert 0 < normalized.relative_error < 0.01
    assert "of the input's rms" in normalized.note
    assert "all pixel values" in normalized.note


def test_the_quantizer_stands_behind_what_scales_each_value(tmp_path: Path) -> None:
    net = network(Call(lambda x: x / 255.0))
    path = export(net, (1, 2, 6, 6), tmp_path / "net.onnx")
    made = calibrate(path, InputMeaning(), 8, None)
    assert made.quantizer.scale == np.float32(1 / 255)
    pixels = np.random.default_rng(1).integers(0, 256, (20, 2, 6, 6)).astype(np.float32)
    with torch.no_grad():
        truth = net[1:](by_hand(torch.from_numpy(pixels) / 255.0, made)).numpy()
    np.testing.assert_array_equal(compose(lower(path, quantizer=made.quantizer), pixels), truth)


def test_what_cannot_be_calibrated(tmp_path: Path) -> None:
    path = export(network(), (1, 2, 6, 6), tmp_path / "net.onnx")
    np.savez(tmp_path / "shape.npz", frames=np.zeros((2, 2, 5, 5), np.float32))
    np.savez(tmp_path / "zero.npz", frames=np.zeros((2, 2, 6, 6), np.float32))
    np.savez(tmp_path / "nan.npz", frames=np.full((2, 2, 6, 6), np.nan, np.float32))
    np.savez(tmp_path / "other.npz", x=np.zeros(2))
    for bits in (1, 17):
        with pytest.raises(ConfigError, match=rf"{bits} must lie in 2 \.\. 16"):
            calibrate(path, None, bits, None)
    for meaning in (None, InputMeaning(kind="floats")):
        with pytest.raises(ConfigError, match=r"needs frames of yours.*--calibration"):
            calibrate(path, meaning, 8, None)
    for file, message in (
        ("shape.npz", r"\[2, 2, 5, 5\]; give finite numbers \[n, 2, 6, 6\]"),
        ("zero.npz", "every frame is zero"),
        ("nan.npz", "finite"),
        ("other.npz", "must hold `frames`"),
        ("none.npz", r"none\.npz"),
    ):
        with pytest.raises(DatasetError, match=message):
            calibrate(path, None, 8, tmp_path / file)
    quantized = export(network(integers(8, 128.0)), (1, 2, 6, 6), tmp_path / "quantized.onnx")
    with pytest.raises(ModelError, match="already; leave --quantize-input away"):
        calibrate(quantized, InputMeaning(), 8, None)
