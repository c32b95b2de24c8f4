"""Published topologies at small width: QONNX, FINN graph and RTL agree in every integer."""

import json
import warnings
from pathlib import Path

import pytest
import torch

from rbonn_hw.cli import main
from tests.compiler.frontend.topologies import TOPOLOGIES, calibrated


@pytest.mark.verilator
@pytest.mark.slow
@pytest.mark.parametrize("name", TOPOLOGIES)
def test_rtl_and_finn_graph_equal_qonnx(name: str, tmp_path: Path) -> None:
    make, shape = TOPOLOGIES[name]
    network, out = tmp_path / "network.onnx", tmp_path / "out"
    with warnings.catch_warnings():
        # Brevitas misses an optional package when its exporter is first imported, torch's is to be replaced.
        warnings.simplefilter("ignore")
        from brevitas.export import export_qonnx

        export_qonnx(
            calibrated(make, shape),
            args=torch.rand(*shape),
            export_path=str(network),
            opset_version=13,
            dynamo=False,
        )
    assert (
        main(["compile", str(network), "--out", str(out), "--target-cycles", "3000", "--allow-misfit"]) == 0
    )

    assert main(["simulate", str(out), "--random", "4", "--finn-frames", "1"]) == 0

    assert json.loads((out / "simulate.json").read_text())["mismatches"] == 0
