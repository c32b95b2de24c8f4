"""RbonnAdd: FINN's execution in Python and in RTL, against NumPy's sum."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import FoldingError, SpecError

SHAPE = (1, 3, 4, 6)
ATTRIBUTES = {
    "NumChannels": 6, "PE": 3, "numInputVectors": [1, 3, 4], "inputDataTypes": ["INT4", "UINT2"],
    "outputDataType": "INT5",
}  # fmt: skip
INPUTS = [("INT4", SHAPE), ("UINT2", SHAPE)]


@pytest.mark.parametrize("mode", ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)])
def test_finn_executes_it(
    mode: str, stream_node: Callable[..., Any], execute_streams: Callable[..., Any]
) -> None:
    rng = np.random.default_rng(0)
    x0, x1 = rng.integers(-8, 8, SHAPE), rng.integers(0, 4, SHAPE)
    model = stream_node("RbonnAdd", INPUTS, [SHAPE], **ATTRIBUTES)

    (y,) = execute_streams(model, mode, [x0, x1])

    np.testing.assert_array_equal(y, x0 + x1)


def test_finn_reads_widths_shapes_and_cycles(stream_node: Callable[..., Any]) -> None:
    from qonnx.custom_op.registry import getCustomOp

    model = stream_node("RbonnAdd", INPUTS, [SHAPE], **ATTRIBUTES)

    operator = getCustomOp(model.graph.node[0])
    assert (operator.get_instream_width(0), operator.get_instream_width(1)) == (12, 6)
    assert (operator.get_outstream_width(), operator.get_exp_cycles()) == (15, 24)
    assert model.get_tensor_datatype("y0").name == "INT5"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"PE": 4}, FoldingError, "pe=4 must divide channels=6"),
        ({"outputDataType": "INT4"}, SpecError, "INT4 does not hold .* use INT5"),
        ({"inputDataTypes": ["INT4"]}, SpecError, r"inputDataTypes=\['INT4'\] must be 2"),
        ({"inputDataTypes": ["INT4", "BIPOLAR"]}, SpecError, "BIPOLAR cannot be summed"),
    ],
)
def test_contradictions_are_refused(
    changes: dict[str, Any], error: type[Exception], message: str, stream_node: Callable[..., Any]
) -> None:
    from qonnx.custom_op.registry import getCustomOp

    model = stream_node("RbonnAdd", INPUTS, [SHAPE], **ATTRIBUTES)
    operator = getCustomOp(model.graph.node[0])
    for name, value in changes.items():
        operator.set_nodeattr(name, value)

    with pytest.raises(error, match=message):
        operator.verify_node()
