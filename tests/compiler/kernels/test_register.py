"""RbonnRegister: FINN's execution in Python and in RTL, against the input itself."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import FoldingError

SHAPE = (1, 3, 4, 6)
ATTRIBUTES = {"lanes": 3, "normal_shape": SHAPE, "dataType": "BIPOLAR"}


@pytest.mark.parametrize("mode", ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)])
def test_finn_executes_it(
    mode: str, stream_node: Callable[..., Any], execute_streams: Callable[..., Any]
) -> None:
    x = np.random.default_rng(0).choice([-1, 1], SHAPE)
    model = stream_node("RbonnRegister", [("BIPOLAR", SHAPE)], [SHAPE], **ATTRIBUTES)

    (y,) = execute_streams(model, mode, [x])

    np.testing.assert_array_equal(y, x)


def test_finn_reads_widths_shapes_and_cycles(stream_node: Callable[..., Any]) -> None:
    from qonnx.custom_op.registry import getCustomOp

    model = stream_node("RbonnRegister", [("INT4", SHAPE)], [SHAPE], **ATTRIBUTES | {"dataType": "INT4"})

    operator = getCustomOp(model.graph.node[0])
    assert (operator.get_instream_width(), operator.get_outstream_width()) == (12, 12)
    assert (operator.get_folded_input_shape(), operator.get_exp_cycles()) == ((1, 24, 3), 24)
    assert model.get_tensor_datatype("y0").name == "INT4"


def test_lanes_that_do_not_divide_are_refused(stream_node: Callable[..., Any]) -> None:
    from qonnx.custom_op.registry import getCustomOp

    model = stream_node("RbonnRegister", [("BIPOLAR", SHAPE)], [SHAPE], **ATTRIBUTES | {"lanes": 5})

    with pytest.raises(FoldingError, match="lanes=5 must divide elements=72"):
        getCustomOp(model.graph.node[0]).verify_node()
