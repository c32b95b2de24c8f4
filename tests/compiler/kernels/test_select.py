"""RbonnSelect: FINN's execution in Python and in RTL, against NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import FoldingError

ATTRIBUTES = {
    "NumChannels": 8, "Kept": [0, 1, 4, 5], "Block": 2, "PE": 2, "numInputVectors": [1, 2, 3],
    "dataType": "INT4",
}  # fmt: skip
SHAPE, OUTPUT = (1, 2, 3, 8), (1, 2, 3, 4)


@pytest.mark.parametrize("mode", ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)])
def test_finn_executes_a_choice(
    mode: str, stream_node: Callable[..., Any], execute_streams: Callable[..., Any]
) -> None:
    x = np.random.default_rng(0).integers(-8, 8, SHAPE)
    model = stream_node("RbonnSelect", [("INT4", SHAPE)], [OUTPUT], **ATTRIBUTES)

    (y,) = execute_streams(model, mode, [x])

    np.testing.assert_array_equal(y, x[..., [0, 1, 4, 5]])


def test_finn_reads_widths_and_cycles(stream_node: Callable[..., Any]) -> None:
    from qonnx.custom_op.registry import getCustomOp

    model = stream_node("RbonnSelect", [("INT4", SHAPE)], [OUTPUT], **ATTRIBUTES)
    operator = getCustomOp(model.graph.node[0])

    assert (operator.get_instream_width(), operator.get_exp_cycles()) == (8, 24)
    operator.set_nodeattr("PE", 4)
    with pytest.raises(FoldingError, match="pe=4 must divide 2"):
        operator.verify_node()
