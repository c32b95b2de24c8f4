"""A small network of pixels: an 8-bit quantizer, a binary convolution, and a binary matrix product."""

from pathlib import Path

import numpy as np
from onnx import helper

from rbonn_hw.cli import main
from rbonn_hw.host import Package
from tests.networks import QONNX, bipolar, save_network


def save_pixel_network(path: Path, *, channels: int = 2, size: int = 6, classes: int = 3) -> Path:
    """Save the network; its input is [1, channels, size, size]."""
    rng = np.random.default_rng(0)
    filters, outputs = 4, size - 2
    nodes = [
        helper.make_node(
            "Quant", ["x", "one", "zero", "eight"], ["pixels"], name="pixels_quant", domain=QONNX,
            signed=0, narrow=0, rounding_mode="ROUND",
        ),
        bipolar("w0", "q0"),
        helper.make_node(
            "Conv", ["pixels", "q0"], ["c0"], name="conv0", kernel_shape=[3, 3], pads=[0] * 4, strides=[1, 1]
        ),
        helper.make_node("Add", ["c0", "bias"], ["c1"], name="bias0"),
        bipolar("c1", "a1"),
        helper.make_node("Flatten", ["a1"], ["flat"], name="flatten0", axis=1),
        bipolar("w1", "q1"),
        helper.make_node("MatMul", ["flat", "q1"], ["y"], name="fc1"),
    ]  # fmt: skip
    constants = {
        "one": 1.0, "zero": 0.0, "eight": 8.0,
        "w0": rng.uniform(-1, 1, (filters, channels, 3, 3)),
        "bias": rng.normal(scale=200, size=(1, filters, 1, 1)),
        "w1": rng.uniform(-1, 1, (filters * outputs**2, classes)),
    }  # fmt: skip
    return save_network(path, nodes, constants, (1, channels, size, size), (1, classes))


def compile_pixels(folder: Path) -> Path:
    """Compile the network; returns the build folder."""
    network = save_pixel_network(folder / "pixels.onnx")
    assert main(["compile", str(network), "--out", str(folder / "build"), "--target-cycles", "400"]) == 0
    return folder / "build"


def package_pixels(build_dir: Path, frames: int) -> Package:
    """Pack the compiled network, with so many frames in the self-test."""
    out = build_dir / "pixels.zip"
    assert main(["package", str(build_dir), "--out", str(out), "--frames", str(frames)]) == 0
    return Package.open(out)
