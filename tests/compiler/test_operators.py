"""Networks of operators that strangers' networks have: RTL and FINN graph against QONNX, bit for bit."""

from pathlib import Path

import pytest

from rbonn_hw.cli import main
from tests.compiler.frontend.networks import export
from tests.compiler.frontend.operators import NETWORKS


@pytest.mark.verilator
@pytest.mark.parametrize("name", NETWORKS)
def test_rtl_and_finn_graph_equal_qonnx(name: str, tmp_path: Path) -> None:
    make, shape = NETWORKS[name]
    network, out = export(make(), shape, tmp_path / "network.onnx"), tmp_path / "out"
    assert main(["compile", str(network), "--out", str(out), "--target-cycles", "500"]) == 0

    assert main(["simulate", str(out), "--random", "3", "--finn-frames", "1", "--stall", "0.1"]) == 0
