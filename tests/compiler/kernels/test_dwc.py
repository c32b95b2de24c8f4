"""RbonnDWC: FINN's execution in Python and in RTL, against NumPy's reshape."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import FoldingError, SpecError

SHAPE, FLAT = (1, 2, 3, 6), (1, 36)
ATTRIBUTES = {"inShape": SHAPE, "outShape": FLAT, "inLanes": 6, "outLanes": 4, "dataType": "INT3"}


@pytest.mark.parametrize("mode", ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)])
def test_finn_executes_it(
    mode: str, stream_node: Callable[..., Any], execute_streams: Callable[..., Any]
) -> None:
    x = np.random.default_rng(0).integers(-4, 4, SHAPE)
    model = stream_node("RbonnDWC", [("INT3", SHAPE)], [FLAT], **ATTRIBUTES)

    (y,) = execute_streams(model, mode, [x])

    np.testing.assert_array_equal(y, x.reshape(FLAT))


def test_bipolar_values_survive(stream_node: Callable[..., Any], execute_streams: Callable[..., Any]) -> None:
    x = np.random.default_rng(0).choice([-1, 1], SHAPE)
    model = stream_node("RbonnDWC", [("BIPOLAR", SHAPE)], [FLAT], **ATTRIBUTES | {"dataType": "BIPOLAR"})

    (y,) = execute_streams(model, "cppsim", [x])

    np.testing.assert_array_equal(y, x.reshape(FLAT))
    assert model.get_tensor_datatype("y0").name == "BIPOLAR"


def test_finn_reads_widths_shapes_and_cycles(stream_node: Callable[..., Any]) -> None:
    from qonnx.custom_op.registry import getCustomOp

    operator = getCustomOp(stream_node("RbonnDWC", [("INT3", SHAPE)], [FLAT], **ATTRIBUTES).graph.node[0])

    assert (operator.get_instream_width(), operator.get_outstream_width()) == (18, 12)
    assert (operator.get_folded_input_shape(), operator.get_folded_output_shape()) == ((1, 6, 6), (1, 9, 4))
    assert operator.get_exp_cycles() == 9


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"outShape": [1, 35]}, SpecError, "has 36 elements and outShape=.* has 35"),
        ({"inLanes": 5}, FoldingError, "inLanes=5 must divide elements=36"),
        ({"outLanes": 5}, FoldingError, "out_lanes=5 must divide"),
    ],
)
def test_contradictions_are_refused(
    changes: dict[str, Any], error: type[Exception], message: str, stream_node: Callable[..., Any]
) -> None:
    from qonnx.custom_op.registry import getCustomOp

    model = stream_node("RbonnDWC", [("INT3", SHAPE)], [FLAT], **ATTRIBUTES)
    operator = getCustomOp(model.graph.node[0])
    for name, value in changes.items():
        operator.set_nodeattr(name, value)

    with pytest.raises(error, match=message):
        operator.verify_node()
