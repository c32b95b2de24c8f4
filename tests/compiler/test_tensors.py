"""Tensors within a network: the file's floats, taken back to integers, are those of FINN's graph."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from rbonn_hw.cli import main
from rbonn_hw.compiler import golden
from rbonn_hw.compiler.difference import first_difference
from rbonn_hw.compiler.tensors import finn_tensors, inner_tensors, reference_tensors
from tests.compiler.frontend.sketch import Sketch


def _residual(unit: float) -> onnx.ModelProto:
    """A map with a shortcut, a pool, and a classifier behind a flattened map."""
    net = Sketch()
    net.unit = unit
    stem = net.stem()
    branch = net.relu(net.norm(net.conv(stem, 4, 4), 4))
    joined = net.relu(
        net.op("Add", net.conv(branch, 4, 4), stem) if unit == 0.125 else net.conv(branch, 4, 4)
    )
    pooled = net.op("MaxPool", joined, kernel_shape=[2, 2], strides=[2, 2])
    model: onnx.ModelProto = net.model(net.head(pooled, 4 * 9), (3, 6, 6))
    return model


@pytest.mark.parametrize("unit", [0.125, 0.1])
def test_both_levels_show_the_same_integers(unit: float, tmp_path: Path) -> None:
    onnx.save(_residual(unit), tmp_path / "net.onnx")
    words = ["--out", str(tmp_path / "out"), "--target-cycles", "4000", "--allow-misfit"]
    assert main(["compile", str(tmp_path / "net.onnx"), *words, "--input-range", "-1", "1"]) == 0
    build_dir = tmp_path / "out"
    floats = golden.network_frames(build_dir, golden.random_frames(build_dir, 3, 0))
    integers = golden.to_integers(build_dir, floats)
    layers, kernels = inner_tensors(build_dir), set[str]()
    for frame in range(3):
        finn = finn_tensors(build_dir, integers[frame : frame + 1])
        reference = reference_tensors(build_dir, floats[frame : frame + 1])
        for layer in layers:
            if layer.name in reference:
                np.testing.assert_array_equal(reference[layer.name], finn[layer.name], layer.name)
                kernels.add(layer.kernel)
        assert first_difference("qonnx-finn", frame, layers, reference, finn) is None
    assert len(kernels) >= 3, kernels
    assert finn[layers[-1].name].any()


def test_the_first_of_two_differences(tmp_path: Path) -> None:
    onnx.save(_residual(0.125), tmp_path / "net.onnx")
    words = ["--out", str(tmp_path / "out"), "--target-cycles", "4000", "--allow-misfit"]
    assert main(["compile", str(tmp_path / "net.onnx"), *words, "--input-range", "-1", "1"]) == 0
    build_dir = tmp_path / "out"
    floats = golden.network_frames(build_dir, golden.random_frames(build_dir, 1, 0))
    one = finn_tensors(build_dir, golden.to_integers(build_dir, floats))
    layers = inner_tensors(build_dir)
    other = {name: values.copy() for name, values in one.items()}
    maps = [layer for layer in layers if one[layer.name].ndim == 3]
    early, late = maps[2].name, maps[-1].name
    other[late][0, 0, 0] += 1
    other[early][1, 2, 3] -= 5
    other[early][2, 0, 1] += 1
    del other[maps[1].name]

    found = first_difference("finn-rtl", 4, layers, one, other)

    assert found is not None
    assert (found.tensor, found.frame, found.position, found.channel) == (early, 4, (1, 2), 3)
    assert found.values[0] == one[early][1, 2, 3] == found.values[1] + 5
    assert (found.integers, found.agree, found.unseen) == (2, 1, (maps[1].layer,))
