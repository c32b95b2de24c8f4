"""Brevitas's own TFC_1W1A and CNV_1W1A, random weights and statistics: RTL against QONNX, every bit."""

import json
from pathlib import Path

import pytest
from brevitas_examples.bnn_pynq.models import model_with_cfg

from rbonn_hw.cli import main
from tests.compiler.frontend.networks import export

FOLDING = Path(__file__).resolve().parents[2] / "build_flows" / "cnv_w1a1_bnn_pynq_folding.json"
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
    assert all(node["kernel"].startswith("Rbonn") for node in nodes)


def test_published_folding_of_cnv_gives_the_published_cycles(tmp_path: Path) -> None:
    definition, _ = model_with_cfg("cnv_1w1a", pretrained=False)
    network, out = export(definition, (1, 3, 32, 32), tmp_path / "cnv.onnx"), tmp_path / "build"
    options = ["--folding", str(FOLDING), "--target-cycles", "32768"]

    assert main(["compile", str(network), "--out", str(out), *options]) == 0

    document = json.loads((out / "compile.json").read_text())
    layers = [node["cycles_per_frame"] for node in document["nodes"] if node["kernel"] == "RbonnMVAU"]
    assert layers[:8] == [32400, 28224, 20736, 28800, 20736, 18432, 32768, 32768]  # BNN-PYNQ, L0 .. L7
    assert document["estimated_ii_cycles"] == 32768
