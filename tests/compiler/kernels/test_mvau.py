"""RbonnMVAU: FINN's execution in Python and in RTL, against plain NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import FoldingError, SpecError

RNG = np.random.default_rng(5)
BITS = RNG.integers(0, 2, (1, 2, 2, 18))
BINARY_WEIGHTS = RNG.integers(0, 2, (18, 4))
XNOR = {
    "MW": 18, "MH": 4, "PE": 2, "SIMD": 6, "numInputVectors": [1, 2, 2], "binaryXnorMode": 1,
    "inputDataType": "BINARY", "weightDataType": "BINARY", "accDataType": "UINT32",
}  # fmt: skip
INTEGERS = RNG.integers(-128, 128, (3, 10))
INTEGER = {
    "MW": 10, "MH": 3, "PE": 3, "SIMD": 5, "numInputVectors": [3], "inputDataType": "INT8",
    "accDataType": "INT18", "outputDataType": "INT18",
}  # fmt: skip
MODES = ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)]


@pytest.mark.parametrize("mode", MODES)
def test_finn_executes_popcount_with_thresholds(
    mode: str, one_node: Callable[..., Any], execute: Callable[..., Any]
) -> None:
    dot = (2 * BITS - 1) @ (2 * BINARY_WEIGHTS - 1)
    popcount = (dot + 18) // 2
    thresholds = np.sort(RNG.integers(6, 13, (4, 3)), axis=1)
    constants = {"weights": BINARY_WEIGHTS, "thresholds": thresholds}
    attributes = XNOR | {"noActivation": 0, "numSteps": 3, "ActVal": -2, "outputDataType": "INT2"}
    model = one_node("RbonnMVAU", BITS, dot.shape, constants, **attributes)

    y = execute(model, mode, BITS)

    np.testing.assert_array_equal(y, (popcount[..., None] >= thresholds).sum(axis=-1) - 2)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("datatype", "weights"),
    [
        ("BIPOLAR", 2 * RNG.integers(0, 2, (10, 3)) - 1),
        ("INT4", RNG.integers(-8, 8, (10, 3))),
        ("UINT2", RNG.integers(0, 4, (10, 3))),
    ],
)
def test_finn_executes_integers_without_thresholds(
    mode: str, datatype: str, weights: Any, one_node: Callable[..., Any], execute: Callable[..., Any]
) -> None:
    attributes = INTEGER | {"weightDataType": datatype}
    model = one_node("RbonnMVAU", INTEGERS, (3, 3), {"weights": weights}, **attributes)

    y = execute(model, mode, INTEGERS)

    np.testing.assert_array_equal(y, INTEGERS @ weights)


def test_binary_weights_without_xnor_are_zeros_and_ones(
    one_node: Callable[..., Any], execute: Callable[..., Any]
) -> None:
    weights = RNG.integers(0, 2, (10, 3))
    attributes = INTEGER | {"weightDataType": "BINARY"}
    model = one_node("RbonnMVAU", INTEGERS, (3, 3), {"weights": weights}, **attributes)

    np.testing.assert_array_equal(execute(model, "cppsim", INTEGERS), INTEGERS @ weights)


def test_finn_reads_widths_shapes_and_cycles(one_node: Callable[..., Any]) -> None:
    from qonnx.custom_op.registry import getCustomOp

    attributes = XNOR | {"accDataType": "UINT5", "outputDataType": "UINT5"}
    model = one_node("RbonnMVAU", BITS, (1, 2, 2, 4), {"weights": BINARY_WEIGHTS}, **attributes)

    operator = getCustomOp(model.graph.node[0])
    assert (operator.get_instream_width(), operator.get_outstream_width()) == (6, 10)
    assert (operator.get_folded_input_shape(), operator.get_folded_output_shape()) == ((1, 12, 6), (1, 8, 2))
    assert operator.get_exp_cycles() == 4 * 3 * 2
    assert model.get_tensor_datatype("y").name == "UINT5"


def test_accumulator_behind_thresholds_is_no_wider_than_needed(one_node: Callable[..., Any]) -> None:
    from qonnx.custom_op.registry import getCustomOp

    constants = {"weights": BINARY_WEIGHTS, "thresholds": np.full((4, 1), 9)}
    attributes = XNOR | {"noActivation": 0, "numSteps": 1, "outputDataType": "BINARY"}
    model = one_node("RbonnMVAU", BITS, (1, 2, 2, 4), constants, **attributes)

    assert getCustomOp(model.graph.node[0]).spec().accumulator_type.qonnx_name == "UINT5"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"PE": 3}, FoldingError, r"pe=3 must divide mh=4; try one of \[1, 2, 4\]"),
        ({"inputDataType": "BIPOLAR"}, SpecError, "inputDataType=BIPOLAR; activations travel as BINARY"),
        ({"accDataType": "UINT4"}, SpecError, "accumulator=UINT4 does not hold a popcount of 18; use UINT5"),
    ],
)
def test_contradictions_are_refused(
    changes: dict[str, Any], error: type[Exception], message: str, one_node: Callable[..., Any]
) -> None:
    attributes = XNOR | {"outputDataType": "UINT32"} | changes

    with pytest.raises(error, match=message):
        one_node("RbonnMVAU", BITS, (1, 2, 2, 4), {"weights": BINARY_WEIGHTS}, **attributes)
