"""RbonnPool: FINN's execution in Python and in RTL, against NumPy's max and sum over windows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import FoldingError, SpecError

SHAPE, POOLED = (1, 4, 6, 6), (1, 2, 2, 6)
ATTRIBUTES = {
    "Function": "max", "NumChannels": 6, "PE": 3, "ImgDim": [4, 6], "KernelDim": [2, 3],
    "inputDataType": "BIPOLAR", "outputDataType": "BIPOLAR",
}  # fmt: skip
SUM = {"Function": "sum", "inputDataType": "INT3", "outputDataType": "INT6"}


def windows(x: Any) -> Any:
    """Return the windows' pixels, [rows, columns, pixels, channels]."""
    split = [rows for half in np.split(x[0], 2, axis=0) for rows in np.split(half, 2, axis=1)]
    return np.stack(split).reshape(2, 2, 6, 6)


@pytest.mark.parametrize("mode", ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)])
def test_finn_executes_max_of_signs(
    mode: str, stream_node: Callable[..., Any], execute_streams: Callable[..., Any]
) -> None:
    x = np.where(np.random.default_rng(0).random(SHAPE) < 0.15, 1, -1)
    model = stream_node("RbonnPool", [("BIPOLAR", SHAPE)], [POOLED], **ATTRIBUTES)

    (y,) = execute_streams(model, mode, [x])

    np.testing.assert_array_equal(y[0], windows(x).max(axis=2))


@pytest.mark.parametrize("mode", ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)])
def test_finn_executes_sum(
    mode: str, stream_node: Callable[..., Any], execute_streams: Callable[..., Any]
) -> None:
    x = np.random.default_rng(0).integers(-4, 4, SHAPE)
    x[:, :2, :3] = -4
    model = stream_node("RbonnPool", [("INT3", SHAPE)], [POOLED], **ATTRIBUTES | SUM)

    (y,) = execute_streams(model, mode, [x])

    np.testing.assert_array_equal(y[0], windows(x).sum(axis=2))


@pytest.mark.parametrize("mode", ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)])
def test_finn_reduces_windows_that_are_laid_out(
    mode: str, stream_node: Callable[..., Any], execute_streams: Callable[..., Any]
) -> None:
    """[rows, columns, taps * channels] as an Im2Col gives them."""
    x = np.random.default_rng(0).integers(-4, 4, (1, 3, 2, 4 * 6))
    attributes = ATTRIBUTES | SUM | {"ImgDim": [6, 4], "KernelDim": [1, 4], "OutDim": [3, 2]}
    model = stream_node(
        "RbonnPool", [("INT3", x.shape)], [(1, 3, 2, 6)], **attributes | {"outputDataType": "INT5"}
    )

    (y,) = execute_streams(model, mode, [x])

    np.testing.assert_array_equal(y[0], sum(x[0, ..., tap * 6 : tap * 6 + 6] for tap in range(4)))


def test_finn_reads_widths_shapes_and_cycles(stream_node: Callable[..., Any]) -> None:
    from qonnx.custom_op.registry import getCustomOp

    model = stream_node("RbonnPool", [("INT3", SHAPE)], [POOLED], **ATTRIBUTES | SUM)

    operator = getCustomOp(model.graph.node[0])
    assert (operator.get_instream_width(), operator.get_outstream_width()) == (9, 18)
    assert (operator.get_folded_output_shape(), operator.get_exp_cycles()) == ((1, 8, 3), 48)
    assert model.get_tensor_datatype("y0").name == "INT6"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"KernelDim": [2, 4]}, FoldingError, "kernel_w=4 must divide width=6"),
        ({"Function": "mean"}, SpecError, "kind='mean' must be"),
        ({"Function": "sum"}, SpecError, "inputDataType=BIPOLAR cannot be summed"),
        ({"outputDataType": "UINT2"}, SpecError, "UINT2 of a max must be"),
    ],
)
def test_contradictions_are_refused(
    changes: dict[str, Any], error: type[Exception], message: str, stream_node: Callable[..., Any]
) -> None:
    from qonnx.custom_op.registry import getCustomOp

    model = stream_node("RbonnPool", [("BIPOLAR", SHAPE)], [POOLED], **ATTRIBUTES)
    operator = getCustomOp(model.graph.node[0])
    for name, value in changes.items():
        operator.set_nodeattr(name, value)

    with pytest.raises(error, match=message):
        operator.verify_node()
