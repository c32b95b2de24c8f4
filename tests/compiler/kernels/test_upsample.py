"""RbonnUpsample: FINN's execution in Python and in RTL, against NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import FoldingError

ATTRIBUTES = {"NumChannels": 6, "PE": 3, "ImgDim": [3, 4], "Scale": [2, 3], "dataType": "INT4"}
SHAPE, OUTPUT = (1, 3, 4, 6), (1, 6, 12, 6)


@pytest.mark.parametrize("mode", ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)])
def test_finn_repeats_pixels(
    mode: str, stream_node: Callable[..., Any], execute_streams: Callable[..., Any]
) -> None:
    x = np.random.default_rng(0).integers(-8, 8, SHAPE)
    model = stream_node("RbonnUpsample", [("INT4", SHAPE)], [OUTPUT], **ATTRIBUTES)

    (y,) = execute_streams(model, mode, [x])

    np.testing.assert_array_equal(y, np.kron(x, np.ones((1, 2, 3, 1))))


def test_finn_reads_widths_and_cycles(stream_node: Callable[..., Any]) -> None:
    from qonnx.custom_op.registry import getCustomOp

    operator = getCustomOp(
        stream_node("RbonnUpsample", [("INT4", SHAPE)], [OUTPUT], **ATTRIBUTES).graph.node[0]
    )

    assert (operator.get_instream_width(), operator.get_exp_cycles()) == (12, 144)
    operator.set_nodeattr("PE", 4)
    with pytest.raises(FoldingError, match="pe=4 must divide channels=6"):
        operator.verify_node()
