"""Brevitas's own TFC_1W1A and CNV_1W1A, random weights and statistics: RTL against QONNX, every bit."""

import json
from pathlib import Path

import pytest
from brevitas_examples.bnn_pynq.models import model_with_cfg

from rbonn_hw.cli import main
from tests.compiler.frontend.networks import export

pytestmark = [pytest.mark.verilator, pytest.mark.slow]


@pytest.mark.parametrize(
    ("name", "shape", "frames", "target_cycles"),
    [("tfc_1w1a", (1, 1, 28, 28), 100, 2000), ("cnv_1w1a", (1, 3, 32, 32), 2, 60_000)],
)
def test_rtl_equals_qonnx(
    name: str, shape: tuple[int, ...], frames: int, target_cycles: int, tmp_path: Path
) -> None:
    definition, _ = model_with_cfg(name, pretrained=False)
    network, out = export(definition, shape, tmp_path / f"{name}.onnx"), tmp_path / "build"
    assert main(["compile", str(network), "--out", str(out), "--target-cycles", str(target_cycles)]) == 0

    assert main(["simulate", str(out), "--random", str(frames), "--finn-frames", "2"]) == 0

    result = json.loads((out / "simulate.json").read_text())
    assert result["frames"] == result["compared"]["qonnx-rtl"] == frames
    assert result["mismatches"] == 0
    nodes = json.loads((out / "compile.json").read_text())["nodes"]
    assert all(
        node["kernel"].startswith(("Rbonn", "FMPadding", "ConvolutionInputGenerator")) for node in nodes
    )
