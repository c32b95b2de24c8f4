"""The stitched graph under FINN's own functions: ``execute_onnx`` in mode rtlsim, on Verilator."""

from pathlib import Path

import numpy as np
import pytest
from finn.core.onnx_exec import execute_onnx
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from rbonn_hw.compiler import finn_session, golden
from rbonn_hw.compiler.build import CompileOptions, compile_network
from rbonn_hw.compiler.stitch import stitch
from rbonn_hw.errors import SpecError
from rbonn_hw.sim import finn_rtlsim
from tests.networks import binary_mlp

pytestmark = pytest.mark.verilator


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("mlp")
    network = binary_mlp(out / "mlp.onnx", inputs=24, hidden=16, classes=5)
    compile_network(network, out, CompileOptions(target_cycles=60), lambda _: None)
    return out


def test_finn_executes_the_stitched_graph_in_rtl(build_dir: Path) -> None:
    finn_session.start(build_dir / "finn")
    finn_rtlsim.install()
    frames = np.random.default_rng(3).normal(size=(6, 24)).astype(np.float32)
    x = golden.to_integers(build_dir, frames).astype(np.float32)
    model = ModelWrapper(str(build_dir / "finn.onnx"))
    source, sink = model.graph.input[0].name, model.graph.output[0].name
    in_python = [execute_onnx(model, {source: row[None]})[sink] for row in x]

    model.set_metadata_prop("exec_mode", "rtlsim")
    in_rtl = [execute_onnx(model, {source: row[None]})[sink] for row in x]

    np.testing.assert_array_equal(in_rtl, in_python)
    assert int(model.get_metadata_prop("cycles_rtlsim")) > 0


def test_layers_that_disagree_on_a_width_are_refused(build_dir: Path, tmp_path: Path) -> None:
    finn_session.start(build_dir / "finn")
    model = ModelWrapper(str(build_dir / "finn.onnx"))
    mvau = next(node for node in model.graph.node if node.name == "fc1_mvau")
    getCustomOp(mvau).set_nodeattr("SIMD", 16)

    with pytest.raises(SpecError, match="fc1_mvau reads 16"):
        stitch(model, "accelerator", tmp_path)
