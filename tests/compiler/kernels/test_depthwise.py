"""RbonnDepthwise: FINN's execution in Python and in RTL, against plain NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import FoldingError, SpecError

RNG = np.random.default_rng(5)
WINDOWS = RNG.integers(0, 16, (1, 2, 3, 9 * 4))
ATTRIBUTES = {
    "NumChannels": 4, "Taps": 9, "PE": 2, "numInputVectors": [1, 2, 3], "inputDataType": "UINT4",
    "outputDataType": "INT12",
}  # fmt: skip


@pytest.mark.parametrize("mode", ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)])
@pytest.mark.parametrize(
    ("datatype", "weights"),
    [("BIPOLAR", 2 * RNG.integers(0, 2, (9, 4)) - 1), ("INT4", RNG.integers(-8, 8, (9, 4)))],
)
def test_finn_executes_each_channel_alone(
    mode: str, datatype: str, weights: Any, one_node: Callable[..., Any], execute: Callable[..., Any]
) -> None:
    attributes = ATTRIBUTES | {"weightDataType": datatype}
    model = one_node("RbonnDepthwise", WINDOWS, (1, 2, 3, 4), {"weights": weights}, **attributes)

    y = execute(model, mode, WINDOWS)

    np.testing.assert_array_equal(y, (WINDOWS.reshape(1, 2, 3, 9, 4) * weights).sum(axis=3))


def test_finn_reads_widths_shapes_and_cycles(one_node: Callable[..., Any]) -> None:
    from qonnx.custom_op.registry import getCustomOp

    attributes = ATTRIBUTES | {"weightDataType": "INT4"}
    model = one_node("RbonnDepthwise", WINDOWS, (1, 2, 3, 4), {"weights": np.ones((9, 4))}, **attributes)

    operator = getCustomOp(model.graph.node[0])
    assert (operator.get_instream_width(), operator.get_outstream_width()) == (8, 24)
    assert (operator.get_folded_output_shape(), operator.get_exp_cycles()) == ((1, 12, 2), 108)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"PE": 3}, FoldingError, "pe=3 must divide channels=4"),
        ({"SIMD": 3}, FoldingError, "simd=3 taps a beat need pe=2"),
        ({"inputDataType": "BIPOLAR"}, SpecError, "inputDataType=BIPOLAR cannot be summed"),
    ],
)
def test_contradictions_are_refused(
    changes: dict[str, Any], error: type[Exception], message: str, one_node: Callable[..., Any]
) -> None:
    from qonnx.custom_op.registry import getCustomOp

    attributes = ATTRIBUTES | {"weightDataType": "INT4"}
    model = one_node("RbonnDepthwise", WINDOWS, (1, 2, 3, 4), {"weights": np.ones((9, 4))}, **attributes)
    operator = getCustomOp(model.graph.node[0])
    for name, value in changes.items():
        operator.set_nodeattr(name, value)

    with pytest.raises(error, match=message):
        operator.verify_node()
