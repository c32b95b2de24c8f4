"""rbonn_hw/sim/finn_rtlsim.py: FINN's own functions simulate FINN's own RTL on Verilator."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from rbonn_hw.errors import SimulationError, ToolError
from rbonn_hw.sim import finn_rtlsim

pytestmark = pytest.mark.verilator
CONSTANT = Path(__file__).parent / "rtl" / "constant.v"
PART = "xc7z020clg400-1"


@pytest.fixture(scope="module", autouse=True)
def finn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finn")
    finn_rtlsim.install(folder)
    return folder


def hardware(nodes: list[Any], shapes: dict[str, list[int]], dtype: str = "UINT4") -> Any:
    """Return a graph of FINN's RTL layers; ``shapes`` lists its tensors, input first, output last."""
    from qonnx.core.datatype import DataType
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.transformation.general import GiveUniqueNodeNames
    from qonnx.util.basic import qonnx_make_model

    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]
    graph = helper.make_graph(nodes, "layers", values[:1], values[-1:], value_info=values[1:-1])
    model = ModelWrapper(qonnx_make_model(graph))
    for tensor in shapes:
        model.set_tensor_datatype(tensor, DataType[dtype])
    return model.transform(GiveUniqueNodeNames())


def layer(op_type: str, source: str, sink: str, **attributes: Any) -> Any:
    domain = "finn.custom_op.fpgadataflow.rtl"
    common = {"domain": domain, "backend": "fpgadataflow", "inputDataType": "UINT4"}
    return helper.make_node(op_type, [source], [sink], **common, **attributes)


PADDING = {"ImgDim": [4, 4], "Padding": [1, 1, 1, 1], "NumChannels": 4, "SIMD": 2}
WINDOW = {
    "ConvKernelDim": [3, 3], "IFMChannels": 4, "IFMDim": [6, 6], "OFMDim": [4, 4], "SIMD": 2,
    "Stride": [1, 1], "Dilation": [1, 1], "outputDataType": "UINT4", "parallel_window": 0,
}  # fmt: skip
CASES = [
    pytest.param("FMPadding_rtl", [1, 4, 4, 4], [1, 6, 6, 4], PADDING, id="padding"),
    pytest.param("ConvolutionInputGenerator_rtl", [1, 6, 6, 4], [1, 4, 4, 36], WINDOW, id="window"),
]


@pytest.mark.parametrize(("op_type", "shape_in", "shape_out", "attributes"), CASES)
def test_finns_layers_equal_finns_python(
    op_type: str, shape_in: list[int], shape_out: list[int], attributes: dict[str, Any]
) -> None:
    from finn.core.onnx_exec import execute_onnx
    from finn.transformation.fpgadataflow.prepare_ip import PrepareIP
    from finn.transformation.fpgadataflow.prepare_rtlsim import PrepareRTLSim
    from finn.transformation.fpgadataflow.set_exec_mode import SetExecMode
    from qonnx.custom_op.registry import getCustomOp

    model = hardware([layer(op_type, "x", "y", **attributes)], {"x": shape_in, "y": shape_out})
    x = np.random.default_rng(0).integers(0, 16, shape_in).astype(np.float32)
    model = model.transform(SetExecMode("cppsim"))
    expected = execute_onnx(model, {"x": x})["y"]

    model = model.transform(PrepareIP(PART, 10.0)).transform(SetExecMode("rtlsim")).transform(PrepareRTLSim())
    result = execute_onnx(model, {"x": x})["y"]

    np.testing.assert_array_equal(result, expected)
    operator = getCustomOp(model.graph.node[0])
    assert abs(operator.get_nodeattr("cycles_rtlsim") - operator.get_exp_cycles()) < 40


def test_a_stitched_design_equals_finns_python(tmp_path: Path) -> None:
    from finn.core.onnx_exec import execute_onnx
    from finn.core.rtlsim_exec import rtlsim_exec
    from finn.transformation.fpgadataflow.prepare_ip import PrepareIP
    from finn.transformation.fpgadataflow.set_exec_mode import SetExecMode

    from rbonn_hw.compiler.stitch import stitch

    nodes = [
        layer("FMPadding_rtl", "x", "padded", **PADDING),
        layer("ConvolutionInputGenerator_rtl", "padded", "y", **WINDOW),
    ]
    model = hardware(nodes, {"x": [1, 4, 4, 4], "padded": [1, 6, 6, 4], "y": [1, 4, 4, 36]})
    x = np.random.default_rng(0).integers(0, 16, (1, 4, 4, 4)).astype(np.float32)
    model = model.transform(SetExecMode("cppsim")).transform(PrepareIP(PART, 10.0))
    expected = execute_onnx(model, {"x": x})["y"]
    stitch(model, "stitched", tmp_path)
    model.set_metadata_prop("exec_mode", "rtlsim")
    model.set_metadata_prop("rtlsim_trace", str(tmp_path / "trace.fst"))

    context = {"x": x}
    rtlsim_exec(model, context)

    np.testing.assert_array_equal(context["y"], expected)
    assert (tmp_path / "trace.fst").stat().st_size > 1000


def compile_constant(source: Path, folder: Path) -> tuple[Path, Path]:
    folder.mkdir()
    return finn_rtlsim.compile_sim_obj("constant", [str(source / "constant.v")], folder)


def test_memory_images_are_looked_up_beside_the_sources(tmp_path: Path) -> None:
    from finn import xsi

    source = tmp_path / "source"
    source.mkdir()
    shutil.copyfile(CONSTANT, source / "constant.v")
    (source / "value.dat").write_text("5a\n")
    simulation = xsi.load_sim_obj(*compile_constant(source, tmp_path / "one"))
    assert simulation.top.getPort("value").read().as_hexstr() == "5a"
    with pytest.raises(RuntimeError, match="no port 'absent'"):
        simulation.top.getPort("absent")
    xsi.close_rtlsim(simulation)
    assert not simulation.is_open()

    (source / "value.dat").unlink()
    with pytest.raises(SimulationError, match=r"value\.dat.*not found"):
        xsi.load_sim_obj(*compile_constant(source, tmp_path / "two"))


def test_memory_images_of_one_name_are_refused(tmp_path: Path) -> None:
    for name, text in (("one", "01"), ("two", "02")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "value.dat").write_text(text)
        shutil.copyfile(CONSTANT, tmp_path / name / f"{name}.v")
    sources = [str(tmp_path / name / f"{name}.v") for name in ("one", "two")]
    with pytest.raises(SimulationError, match=r"value\.dat.* different contents"):
        finn_rtlsim.compile_sim_obj("constant", sources, tmp_path)


def test_vhdl_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"top\.vhd is VHDL"):
        finn_rtlsim.compile_sim_obj("top", ["top.vhd"], tmp_path)
