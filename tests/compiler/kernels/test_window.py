"""RbonnWindow: FINN's execution in Python and in RTL, against QONNX's Im2Col."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rbonn_hw.errors import FoldingError, SpecError

SHAPE, WINDOWS = (1, 5, 6, 4), (1, 3, 4, 24)
ATTRIBUTES = {
    "NumChannels": 4, "SIMD": 4, "inLanes": 2, "ImgDim": [5, 6], "KernelDim": [3, 2], "Stride": [2, 2],
    "Padding": [1, 1, 1, 2], "padValue": -1, "dataType": "BIPOLAR",
}  # fmt: skip


def im2col(x: NDArray[Any], datatype: str, **attributes: Any) -> NDArray[Any]:
    """Return QONNX's windows."""
    from onnx import TensorProto, helper
    from qonnx.core.datatype import DataType
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.util.basic import qonnx_make_model

    node = helper.make_node("Im2Col", ["x"], ["y"], domain="qonnx.custom_op.general",
                            input_shape=str(tuple(x.shape)), **attributes)  # fmt: skip
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy"]
    model = ModelWrapper(qonnx_make_model(helper.make_graph([node], "im2col", values[:1], values[1:])))
    model.set_tensor_shape("x", list(x.shape))
    model.set_tensor_datatype("x", DataType[datatype])
    result: NDArray[Any] = execute_onnx(model, {"x": x.astype(np.float32)})["y"]
    return result


@pytest.mark.parametrize("mode", ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)])
def test_finn_executes_windows_of_signs(
    mode: str, stream_node: Callable[..., Any], execute_streams: Callable[..., Any]
) -> None:
    x = np.random.default_rng(0).choice([-1, 1], SHAPE)
    model = stream_node("RbonnWindow", [("BIPOLAR", SHAPE)], [WINDOWS], **ATTRIBUTES)

    (y,) = execute_streams(model, mode, [x])

    expected = im2col(x, "BIPOLAR", kernel_size=[3, 2], stride=[2, 2], pad_amount=[1, 1, 1, 2], pad_value=-1)
    assert (expected == -1).any()
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("mode", ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)])
def test_depthwise_gives_all_taps_of_some_channels(
    mode: str, stream_node: Callable[..., Any], execute_streams: Callable[..., Any]
) -> None:
    x = np.random.default_rng(0).integers(-4, 4, SHAPE)
    changes = {"dataType": "INT3", "padValue": 0, "depthwise": 1, "SIMD": 2}
    model = stream_node("RbonnWindow", [("INT3", SHAPE)], [WINDOWS], **ATTRIBUTES | changes)

    (y,) = execute_streams(model, mode, [x])

    expected = im2col(x, "INT3", kernel_size=[3, 2], stride=[2, 2], pad_amount=[1, 1, 1, 2])
    taps = expected.reshape(3, 4, 6, 2, 2)  # pixels, taps, groups of channels, channels of a group
    np.testing.assert_array_equal(y.reshape(3, 4, 2, 6, 2), taps.transpose(0, 1, 3, 2, 4))


def test_finn_reads_widths_shapes_and_cycles(stream_node: Callable[..., Any]) -> None:
    from qonnx.custom_op.registry import getCustomOp

    changes = {"dataType": "INT3", "padValue": 0}
    model = stream_node("RbonnWindow", [("INT3", SHAPE)], [WINDOWS], **ATTRIBUTES | changes)

    operator = getCustomOp(model.graph.node[0])
    assert (operator.get_instream_width(), operator.get_outstream_width()) == (6, 12)
    assert operator.get_folded_input_shape() == (1, 60, 2)
    assert operator.get_folded_output_shape() == (1, 72, 4)
    assert (operator.get_exp_cycles(), operator.get_normal_output_shape()) == (72, list(WINDOWS))
    assert model.get_tensor_datatype("y0").name == "INT3"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"SIMD": 3}, FoldingError, r"out_lanes=3 must be one of \[1, 2, 4, 8, 24\]"),
        ({"KernelDim": [9, 2]}, SpecError, "a window of 9 pixels in y does not fit"),
        ({"padValue": 0}, SpecError, "padValue=0 is not a value of BIPOLAR"),
    ],
)
def test_contradictions_are_refused(
    changes: dict[str, Any], error: type[Exception], message: str, stream_node: Callable[..., Any]
) -> None:
    from qonnx.custom_op.registry import getCustomOp

    model = stream_node("RbonnWindow", [("BIPOLAR", SHAPE)], [WINDOWS], **ATTRIBUTES)
    operator = getCustomOp(model.graph.node[0])
    for name, value in changes.items():
        operator.set_nodeattr(name, value)

    with pytest.raises(error, match=message):
        operator.verify_node()
