"""Layer inference, folding and buffers on a residual network."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import nn

from rbonn_hw.cli import main
from rbonn_hw.compiler.frontend import lower
from rbonn_hw.compiler.label_select import check_arg_max
from rbonn_hw.errors import ModelError
from rbonn_hw.sim.dataflow import read_stages
from rbonn_hw.sim.dataflow import simulate as dataflow
from tests.compiler.frontend.catalogue import NETWORKS
from tests.compiler.frontend.networks import (
    Residual,
    binary_conv,
    binary_linear,
    export,
    integers,
    lively,
    sign,
)
from tests.networks import binary_mlp

CHANNELS = 8


@pytest.fixture(scope="module")
def residual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    network = nn.Sequential(
        integers(8, 1.0),
        binary_conv(3, CHANNELS, 3),
        nn.BatchNorm2d(CHANNELS),
        integers(4),
        Residual(CHANNELS),
        nn.MaxPool2d(2),
        sign(),
        nn.Flatten(),
        binary_linear(CHANNELS * 9, 10),
    )
    return export(network, (1, 3, 8, 8), tmp_path_factory.mktemp("residual") / "residual.onnx")


@pytest.fixture(scope="module")
def build_dir(residual: Path) -> Path:
    out = residual.parent / "build"
    assert main(["compile", str(residual), "--out", str(out), "--target-cycles", "900"]) == 0
    return out


def nodes_of(build_dir: Path) -> dict[str, dict[str, Any]]:
    return {node["name"]: node for node in json.loads((build_dir / "compile.json").read_text())["nodes"]}


def test_every_layer_is_ours(build_dir: Path) -> None:
    kernels = {node["kernel"] for node in nodes_of(build_dir).values()}
    assert kernels == {
        "RbonnMVAU", "RbonnThreshold", "RbonnDuplicate", "RbonnAdd", "RbonnPool", "RbonnDWC", "RbonnFIFO",
        "RbonnRegister",
        "RbonnWindow",
    }  # fmt: skip


def test_no_layer_is_slower_than_the_target(build_dir: Path) -> None:
    assert max(node["cycles_per_frame"] for node in nodes_of(build_dir).values()) <= 900


def test_the_shortcut_holds_what_its_branch_needs_and_two_rows(build_dir: Path) -> None:
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.custom_op.registry import getCustomOp

    model = ModelWrapper(str(build_dir / "finn.onnx"))
    fifos = [getCustomOp(node) for node in model.graph.node if "_add_fifo" in node.name]
    words = sorted((fifo.get_nodeattr("depth"), fifo.get_nodeattr("lanes")) for fifo in fifos)
    # A row and two pixels for the 3x3 window, one that the fork has begun, two rows, of a map of 6 x 6.
    assert words == [(32, 1), (32 + (6 + 2 + 1 + 2 * 6) * CHANNELS, 1)]


@pytest.mark.verilator
def test_rtl_equals_qonnx_at_the_speed_of_the_bottleneck(build_dir: Path) -> None:
    assert main(["simulate", str(build_dir), "--random", "24", "--finn-frames", "3"]) == 0

    result = json.loads((build_dir / "simulate.json").read_text())
    assert result["mismatches"] == 0
    assert result["ii_cycles"] == max(node["cycles_per_frame"] for node in nodes_of(build_dir).values())


@pytest.mark.verilator
def test_a_layer_behind_a_pool_works_while_the_next_row_is_gathered(tmp_path: Path) -> None:
    """It is fast enough for the frame, but not for a pooled row at the pace of that row."""
    network = nn.Sequential(
        integers(8, 1.0),
        binary_conv(3, CHANNELS, 3),
        nn.BatchNorm2d(CHANNELS),
        integers(4),
        nn.MaxPool2d(2),
        sign(),
        binary_conv(CHANNELS, 24, 1),
        nn.BatchNorm2d(24),
        sign(),
        nn.Flatten(),
        binary_linear(24 * 81, 10),
    )
    path, out = export(network, (1, 3, 20, 20), tmp_path / "pooled.onnx"), tmp_path / "out"
    folding = {"layer_1_Conv_mvau": {"PE": 1, "SIMD": 9}, "layer_6_Conv_mvau": {"PE": 1, "SIMD": 2}}
    (tmp_path / "folding.json").write_text(json.dumps(folding))
    given = ["--folding", str(tmp_path / "folding.json"), "--target-cycles", "7776"]
    assert main(["compile", str(path), "--out", str(out), *given]) == 0

    assert main(["simulate", str(out), "--random", "12", "--finn-frames", "1"]) == 0

    cycles = {name: node["cycles_per_frame"] for name, node in nodes_of(out).items()}
    first, second = cycles["layer_1_Conv_mvau"], cycles["layer_6_Conv_mvau"]
    assert 2 * first / 324 < second / 81 <= 4 * first / 324
    assert first == max(cycles.values())
    assert json.loads((out / "simulate.json").read_text())["ii_cycles"] <= 1.001 * first


@pytest.mark.verilator
@pytest.mark.parametrize(
    "name",
    ["downsampling", "shared accumulator", "zero padding of +-1", "averages of signs", "alpha per filter"],
)
def test_rtl_of_many_forms_equals_qonnx(name: str, tmp_path: Path) -> None:
    make, shape = NETWORKS[name]
    module, seed = lively(make, shape)
    network, out = export(module, shape, tmp_path / "network.onnx", seed=seed), tmp_path / "out"
    assert main(["compile", str(network), "--out", str(out), "--target-cycles", "600"]) == 0

    assert main(["simulate", str(out), "--random", "6", "--finn-frames", "2"]) == 0


@pytest.mark.verilator
def test_label_select_answers_with_the_class(tmp_path: Path) -> None:
    network, out = binary_mlp(tmp_path / "mlp.onnx", classes=7), tmp_path / "out"
    assert main(["compile", str(network), "--out", str(out), "--label-select", "--target-cycles", "50"]) == 0

    assert main(["simulate", str(out), "--random", "30"]) == 0

    assert json.loads((out / "simulate.json").read_text())["mismatches"] == 0
    with np.load(out / "outputs.npz") as answers:
        assert answers["integers"].shape == (30, 1)
        assert len(set(answers["classes"].tolist())) > 1


def test_label_select_refuses_scores_with_a_scale_per_class(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = nn.Sequential(sign(), nn.Flatten(), binary_linear(16, 4), nn.BatchNorm1d(4))
    path = export(network, (1, 1, 4, 4), tmp_path / "scaled.onnx")
    assert main(["compile", str(path), "--out", str(tmp_path / "out"), "--label-select"]) == 2
    assert "without --label-select" in capsys.readouterr().err


@pytest.mark.parametrize("tail", [nn.Softmax(1), nn.LogSoftmax(1), nn.Sigmoid()])
def test_label_select_drops_what_keeps_the_order_of_scores(tail: nn.Module, tmp_path: Path) -> None:
    network = nn.Sequential(sign(), nn.Flatten(), binary_linear(16, 4), tail)
    lowered = lower(export(network, (1, 1, 4, 4), tmp_path / "net.onnx"))
    check_arg_max(lowered)


def test_label_select_does_not_drop_a_relu(tmp_path: Path) -> None:
    network = nn.Sequential(sign(), nn.Flatten(), binary_linear(16, 4), nn.ReLU(), nn.Softmax(1))
    lowered = lower(export(network, (1, 1, 4, 4), tmp_path / "net.onnx"))
    with pytest.raises(ModelError, match=r"\(Relu\), .*\(Softmax\); compile without"):
        check_arg_max(lowered)


@pytest.mark.verilator
def test_a_flattened_image_comes_in_words_of_memory(tmp_path: Path) -> None:
    """One pixel a beat would take 36 cycles; 12 of them are a word of 2 bytes, and what the product takes."""
    network = nn.Sequential(
        sign(), nn.Flatten(), binary_linear(36, 16), nn.BatchNorm1d(16), sign(), binary_linear(16, 5)
    )
    path, out = export(network, (1, 1, 6, 6), tmp_path / "flat.onnx"), tmp_path / "out"
    (tmp_path / "folding.json").write_text('{"layer_2_MatMul_mvau": {"PE": 4, "SIMD": 12}}')
    given = ["--folding", str(tmp_path / "folding.json"), "--target-cycles", "12"]
    assert main(["compile", str(path), "--out", str(out), *given]) == 0
    assert json.loads((out / "compile.json").read_text())["input"]["lanes"] == 12

    assert main(["simulate", str(out), "--random", "12", "--finn-frames", "2"]) == 0

    result = json.loads((out / "simulate.json").read_text())
    assert (result["mismatches"], result["ii_cycles"]) == (0, 12)


@pytest.mark.verilator
def test_exact_fifo_depths_cost_no_cycle_and_less_memory(residual: Path, build_dir: Path) -> None:
    out = residual.parent / "exact"
    arguments = [str(residual), "--out", str(out), "--target-cycles", "900", "--fifo-depths", "exact"]
    assert main(["compile", *arguments]) == 0
    assert main(["simulate", str(out), "--random", "4", "--finn-frames", "1"]) == 0

    safe, exact = (read_stages(folder) for folder in (build_dir, out))
    found = json.loads((out / "simulate.json").read_text())
    assert found["cycles"] == dataflow(safe, found["frames"]).cycles
    assert sum(exact.fifo_depths.values()) < sum(safe.fifo_depths.values()) / 2
