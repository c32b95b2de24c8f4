"""RbonnConcat: FINN's execution in Python and in RTL, against NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import FoldingError

ATTRIBUTES = {
    "Channels": [4, 6], "Block": 2, "PE": 2, "numInputVectors": [1, 2, 3],
    "inputDataTypes": ["UINT4", "INT3"],
    "outputDataType": "INT5",
}  # fmt: skip
INPUTS = [("UINT4", (1, 2, 3, 4)), ("INT3", (1, 2, 3, 6))]
OUTPUT = (1, 2, 3, 10)


@pytest.mark.parametrize("mode", ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)])
def test_finn_executes_concat(
    mode: str, stream_node: Callable[..., Any], execute_streams: Callable[..., Any]
) -> None:
    rng = np.random.default_rng(0)
    x = [rng.integers(0, 16, INPUTS[0][1]), rng.integers(-4, 4, INPUTS[1][1])]
    model = stream_node("RbonnConcat", INPUTS, [OUTPUT], **ATTRIBUTES)

    (y,) = execute_streams(model, mode, x)

    np.testing.assert_array_equal(y, np.concatenate(x, axis=-1))


def test_finn_reads_widths_and_cycles(stream_node: Callable[..., Any]) -> None:
    from qonnx.custom_op.registry import getCustomOp

    operator = getCustomOp(stream_node("RbonnConcat", INPUTS, [OUTPUT], **ATTRIBUTES).graph.node[0])

    assert [operator.get_instream_width(ind) for ind in range(2)] == [8, 6]
    assert (operator.get_outstream_width(), operator.get_exp_cycles()) == (10, 30)
    operator.set_nodeattr("PE", 4)
    with pytest.raises(FoldingError, match="pe=4 must divide channels1=6"):
        operator.verify_node()
