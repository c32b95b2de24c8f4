"""Head, integer graph and tail together against QONNX's execution of the file, bit for bit."""

from pathlib import Path

import brevitas.nn as qnn
import numpy as np
import pytest
import torch
from torch import nn

from rbonn_hw.compiler.frontend import compose, execute, lower
from tests.compiler.frontend.catalogue import NETWORKS, C
from tests.compiler.frontend.checks import check_contract, check_frames, frames
from tests.compiler.frontend.networks import (
    CONSTANT,
    Call,
    binary_conv,
    export,
    integers,
    lively,
    scaled_conv,
    sign,
)


@pytest.mark.parametrize("name", NETWORKS)
def test_equals_reference(name: str, tmp_path: Path) -> None:
    make, shape = NETWORKS[name]
    seed = -1
    for _ in range(2):
        network, seed = lively(make, shape, seed=seed + 1)
        lowered = lower(export(network, shape, tmp_path / f"{seed}.onnx", seed=seed))
        check_contract(lowered.lowered)
        check_frames(lowered, frames(lowered.reference, 6))


def test_residual_needs_no_arithmetic_but_thresholds(tmp_path: Path) -> None:
    make, shape = NETWORKS["residual"]
    lowered = lower(export(make(), shape, tmp_path / "net.onnx"))
    ops = [node.op_type for node in lowered.lowered.graph.node]
    assert "Mul" not in ops
    assert ops.count("Add") == 2
    assert lowered.exact
    assert lowered.notes == ()


def test_zero_padding_is_said_to_cost_more(tmp_path: Path) -> None:
    make, shape = NETWORKS["zero padding of +-1"]
    lowered = lower(export(make(), shape, tmp_path / "net.onnx"))
    assert sum("padded with 0" in note for note in lowered.notes) == 2
    types = [
        lowered.lowered.get_tensor_datatype(node.output[0]).name
        for node in lowered.lowered.get_nodes_by_op_type("Im2Col")
    ]
    assert types == ["INT2", "INT2"]


def test_rounded_sums_of_the_reference_are_said(tmp_path: Path) -> None:
    model = nn.Sequential(
        integers(8, 1.0),
        scaled_conv(3, C, 3),
        Call(torch.relu),
        qnn.QuantIdentity(bit_width=4),
        nn.Flatten(),
        qnn.QuantLinear(C * 36, 10, bias=True, weight_bit_width=4),
    )
    lowered = lower(export(model, (1, 3, 8, 8), tmp_path / "net.onnx"))
    assert not lowered.exact
    assert any("rounds its last sum" in note for note in lowered.notes)
    for frame in frames(lowered.reference, 4):
        assert np.allclose(compose(lowered, frame[None]), execute(lowered.reference, frame[None]), atol=1e-4)


def test_head_makes_integers_of_any_scale(tmp_path: Path) -> None:
    quantizer = qnn.QuantIdentity(bit_width=8, min_val=-0.77, max_val=0.77, **CONSTANT)
    model = nn.Sequential(quantizer, binary_conv(3, C, 3), nn.BatchNorm2d(C), sign())
    lowered = lower(export(model, (1, 3, 4, 4), tmp_path / "net.onnx"))
    made = execute(lowered.head, frames(lowered.reference, 4))
    assert made.shape == (4, 4, 4, 3)
    assert np.array_equal(made, np.round(made))
    assert np.unique(made).size > 50
    assert lowered.head.get_tensor_datatype(lowered.head.graph.output[0].name).name == "INT8"


def test_batch_equals_frames(tmp_path: Path) -> None:
    make, shape = NETWORKS["vectors, float classifier"]
    lowered = lower(export(make(), shape, tmp_path / "vectors.onnx"))
    x = frames(lowered.reference, 5)
    assert np.allclose(
        compose(lowered, x), np.concatenate([compose(lowered, frame[None]) for frame in x]), rtol=1e-5
    )
    make, shape = NETWORKS["residual"]
    lowered = lower(export(make(), shape, tmp_path / "maps.onnx"))
    x = frames(lowered.reference, 3)
    assert np.array_equal(compose(lowered, x), np.concatenate([compose(lowered, frame[None]) for frame in x]))
