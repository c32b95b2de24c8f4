"""RbonnDuplicate: FINN's execution in Python and in RTL, against the input itself."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.sim.design import RTL_DIR
from rbonn_hw.toolchain import run_verilator

SHAPE = (1, 3, 4, 6)
ATTRIBUTES = {
    "NumChannels": 6, "PE": 2, "NumOutputStreams": 3, "inputDataType": "INT4", "numInputVectors": [1, 3, 4],
}  # fmt: skip


@pytest.mark.parametrize("mode", ["cppsim", pytest.param("rtlsim", marks=pytest.mark.verilator)])
def test_finn_executes_it(
    mode: str, stream_node: Callable[..., Any], execute_streams: Callable[..., Any]
) -> None:
    x = np.random.default_rng(0).integers(-8, 8, SHAPE)
    model = stream_node("RbonnDuplicate", [("INT4", SHAPE)], [SHAPE] * 3, **ATTRIBUTES)

    outputs = execute_streams(model, mode, [x])

    assert len(outputs) == 3
    for y in outputs:
        np.testing.assert_array_equal(y, x)


def test_finn_reads_widths_shapes_and_cycles(stream_node: Callable[..., Any]) -> None:
    from qonnx.custom_op.registry import getCustomOp

    model = stream_node("RbonnDuplicate", [("INT4", SHAPE)], [SHAPE] * 3, **ATTRIBUTES)

    operator = getCustomOp(model.graph.node[0])
    assert [operator.get_outstream_width(ind) for ind in range(3)] == [8, 8, 8]
    assert (operator.get_folded_output_shape(2), operator.get_exp_cycles()) == ((1, 36, 2), 36)
    assert model.get_tensor_datatype("y2").name == "INT4"


@pytest.mark.verilator
def test_wrapper_leaves_no_port_of_the_module_unsaid(stream_node: Callable[..., Any]) -> None:
    from finn.transformation.fpgadataflow.prepare_ip import PrepareIP
    from qonnx.custom_op.registry import getCustomOp

    model = stream_node("RbonnDuplicate", [("INT4", SHAPE)], [SHAPE] * 3, **ATTRIBUTES)
    operator = getCustomOp(model.transform(PrepareIP("xc7z020clg400-1", 10.0)).graph.node[0])

    sources = [path for path in operator.get_rtl_file_list(abspath=True) if not path.endswith(".svh")]
    run_verilator(["--lint-only", "-Wall", "-Wno-PINCONNECTEMPTY", f"-I{RTL_DIR}", *sources])


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"PE": 4}, FoldingError, "PE=4 must divide NumChannels=6"),
        ({"NumOutputStreams": 9}, SpecError, "copies=9 must lie in"),
    ],
)
def test_contradictions_are_refused(
    changes: dict[str, Any], error: type[Exception], message: str, stream_node: Callable[..., Any]
) -> None:
    from qonnx.custom_op.registry import getCustomOp

    model = stream_node("RbonnDuplicate", [("INT4", SHAPE)], [SHAPE] * 3, **ATTRIBUTES)
    operator = getCustomOp(model.graph.node[0])
    for name, value in changes.items():
        operator.set_nodeattr(name, value)

    with pytest.raises(error, match=message):
        operator.verify_node()
