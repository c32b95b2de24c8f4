"""RbonnThreshold: FINN's execution in Python and in RTL, against plain NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import SpecError

RNG = np.random.default_rng(3)
X = RNG.integers(-32, 32, (1, 3, 2, 6))
THRESHOLDS = np.sort(RNG.integers(-20, 21, (6, 7)), axis=1)
SIGN = np.array([1, -1, 1, 1, -1, -1])
ATTRIBUTES = {
    "NumChannels": 6, "PE": 2, "numSteps": 7, "numInputVectors": [1, 3, 2],
    "inputDataType": "INT6", "outputDataType": "INT4", "ActVal": -4,
}  # fmt: skip


@pytest.mark.parametrize("flip", [0, 1])
@pytest.mark.parametrize("mode", ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)])
def test_finn_executes_it(
    mode: str, flip: int, one_node: Callable[..., Any], execute: Callable[..., Any]
) -> None:
    constants = {"thresholds": THRESHOLDS, **({"sign": SIGN} if flip else {})}
    model = one_node("RbonnThreshold", X, X.shape, constants, flip=flip, **ATTRIBUTES)

    y = execute(model, mode, X)

    signed = X * SIGN if flip else X
    np.testing.assert_array_equal(y, (signed[..., None] >= THRESHOLDS).sum(axis=-1) - 4)


def test_finn_reads_widths_shapes_and_cycles(one_node: Callable[..., Any]) -> None:
    from qonnx.custom_op.registry import getCustomOp

    model = one_node("RbonnThreshold", X, X.shape, {"thresholds": THRESHOLDS}, **ATTRIBUTES)

    operator = getCustomOp(model.graph.node[0])
    assert (operator.get_instream_width(), operator.get_outstream_width()) == (12, 8)
    assert (operator.get_folded_input_shape(), operator.get_exp_cycles()) == ((1, 18, 2), 18)
    assert model.get_tensor_datatype("y").name == "INT4"


def test_bipolar_is_refused_by_name(one_node: Callable[..., Any]) -> None:
    attributes = ATTRIBUTES | {"inputDataType": "BIPOLAR"}

    with pytest.raises(SpecError, match="inputDataType=BIPOLAR, but thresholds compare and count integers"):
        one_node("RbonnThreshold", X, X.shape, {"thresholds": THRESHOLDS}, **attributes)
