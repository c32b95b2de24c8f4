"""rbonn_hw/sim/finn_rtlsim.py: FINN's own functions simulate FINN's own RTL on Verilator."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from rbonn_hw.sim import finn_rtlsim

pytestmark = pytest.mark.verilator
PART = "xc7z020clg400-1"


@pytest.fixture(scope="module", autouse=True)
def finn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finn")
    finn_rtlsim.install(folder)
    return folder


def one_node(op_type: str, shape_in: list[int], shape_out: list[int], dtype: str, **attributes: Any) -> Any:
    from qonnx.core.datatype import DataType
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.transformation.general import GiveUniqueNodeNames
    from qonnx.util.basic import qonnx_make_model

    source = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape_in)
    sink = helper.make_tensor_value_info("y", TensorProto.FLOAT, shape_out)
    domain = "finn.custom_op.fpgadataflow.rtl"
    node = helper.make_node(
        op_type, ["x"], ["y"], domain=domain, backend="fpgadataflow", inputDataType=dtype, **attributes
    )
    model = ModelWrapper(qonnx_make_model(helper.make_graph([node], "one", [source], [sink])))
    for tensor in ("x", "y"):
        model.set_tensor_datatype(tensor, DataType[dtype])
    return model.transform(GiveUniqueNodeNames())


PADDING = {"ImgDim": [5, 6], "Padding": [1, 1, 1, 1], "NumChannels": 8, "SIMD": 4}
WINDOW = {
    "ConvKernelDim": [3, 3], "IFMChannels": 4, "IFMDim": [6, 6], "OFMDim": [4, 4], "SIMD": 2,
    "Stride": [1, 1], "Dilation": [1, 1], "outputDataType": "UINT4", "parallel_window": 0,
}  # fmt: skip
CASES = [
    pytest.param("FMPadding_rtl", [1, 5, 6, 8], [1, 7, 8, 8], PADDING, id="padding"),
    pytest.param("ConvolutionInputGenerator_rtl", [1, 6, 6, 4], [1, 4, 4, 36], WINDOW, id="window"),
]


@pytest.mark.parametrize(("op_type", "shape_in", "shape_out", "attributes"), CASES)
def test_finns_rtl_equals_finns_python(
    op_type: str, shape_in: list[int], shape_out: list[int], attributes: dict[str, Any]
) -> None:
    from finn.core.onnx_exec import execute_onnx
    from finn.transformation.fpgadataflow.prepare_ip import PrepareIP
    from finn.transformation.fpgadataflow.prepare_rtlsim import PrepareRTLSim
    from finn.transformation.fpgadataflow.set_exec_mode import SetExecMode
    from qonnx.custom_op.registry import getCustomOp

    model = one_node(op_type, shape_in, shape_out, "UINT4", **attributes)
    x = np.random.default_rng(0).integers(0, 16, shape_in).astype(np.float32)
    model = model.transform(SetExecMode("cppsim"))
    expected = execute_onnx(model, {"x": x})["y"]

    model = model.transform(PrepareIP(PART, 10.0)).transform(SetExecMode("rtlsim")).transform(PrepareRTLSim())
    result = execute_onnx(model, {"x": x})["y"]

    np.testing.assert_array_equal(result, expected)
    operator = getCustomOp(model.graph.node[0])
    assert abs(operator.get_nodeattr("cycles_rtlsim") - operator.get_exp_cycles()) < 40
