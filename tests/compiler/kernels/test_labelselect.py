"""RbonnLabelSelect: FINN's execution in Python and in RTL, against plain NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import SpecError

X = np.random.default_rng(4).integers(-3, 3, (5, 10))  # few values, hence ties
ATTRIBUTES = {"Labels": 10, "PE": 5, "numInputVectors": [5], "inputDataType": "INT3"}


@pytest.mark.parametrize("mode", ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)])
def test_finn_executes_it(mode: str, one_node: Callable[..., Any], execute: Callable[..., Any]) -> None:
    model = one_node("RbonnLabelSelect", X, (5, 1), {}, **ATTRIBUTES)

    y = execute(model, mode, X)

    np.testing.assert_array_equal(y, X.argmax(axis=1)[:, None])


def test_finn_reads_widths_shapes_and_cycles(one_node: Callable[..., Any]) -> None:
    from qonnx.custom_op.registry import getCustomOp

    model = one_node("RbonnLabelSelect", X, (5, 1), {}, **ATTRIBUTES)

    operator = getCustomOp(model.graph.node[0])
    assert (operator.get_instream_width(), operator.get_outstream_width()) == (15, 4)
    assert (operator.get_folded_output_shape(), operator.get_exp_cycles()) == ((1, 5, 1), 10)
    assert model.get_tensor_datatype("y").name == "UINT4"


def test_another_output_type_is_refused(one_node: Callable[..., Any]) -> None:
    with pytest.raises(SpecError, match=r"outputDataType=UINT8, but an index of 10 labels is UINT4"):
        one_node("RbonnLabelSelect", X, (5, 1), {}, outputDataType="UINT8", **ATTRIBUTES)
