"""Types that hold what a kernel can compute, whatever the network reaches of it."""

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.util.basic import qonnx_make_model

from rbonn_hw.compiler.infer import WidenTypes

MAP = [1, 2, 3, 4]
WEIGHTS = np.array([[1.0, -2.0], [3.0, 0.0], [-1.0, 1.0], [2.0, 2.0]])


def widened(
    op_type: str, inputs: list[tuple[str, list[int], str]], constant: Any, out_shape: list[int]
) -> str:
    """Return the type of a node's result, which has been said to be BINARY."""
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape, _ in inputs]
    names = [name for name, _, _ in inputs] + ([] if constant is None else ["c"])
    node = helper.make_node(op_type, names, ["y"], name="node")
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, out_shape)
    model = ModelWrapper(qonnx_make_model(helper.make_graph([node], "g", infos, [result])))
    if constant is not None:
        model.set_initializer("c", np.asarray(constant, np.float32))
    for name, _, dtype in inputs:
        model.set_tensor_datatype(name, DataType[dtype])
    model.set_tensor_datatype("y", DataType["BINARY"])
    made = model.transform(WidenTypes())
    return str(made.get_tensor_datatype("y").name)


@pytest.mark.parametrize(
    ("op_type", "dtypes", "constant", "out_shape", "expected"),
    [
        ("Add", ["UINT4", "INT3"], None, MAP, "INT6"),
        ("Add", ["UINT4", "UINT4"], None, MAP, "UINT5"),
        ("Concat", ["UINT4", "INT3"], None, [1, 2, 3, 8], "INT5"),
        ("Mul", ["INT3"], [-2.0], MAP, "INT5"),  # -4 * -2 is 8
        ("Mul", ["UINT3"], [3.0], MAP, "UINT5"),
        ("MatMul", ["UINT2"], WEIGHTS, [1, 2, 3, 2], "INT6"),  # -3 .. 18, -6 .. 9
        ("XnorPopcountMatMul", ["BINARY"], WEIGHTS > 0, [1, 2, 3, 2], "UINT3"),
        ("ReduceSum", ["INT3"], None, [1, 1, 1, 4], "INT6"),  # six pixels of -4 .. 3
    ],
)
def test_results_have_room(
    op_type: str, dtypes: list[str], constant: Any, out_shape: list[int], expected: str
) -> None:
    inputs = [(f"x{number}", MAP, dtype) for number, dtype in enumerate(dtypes)]
    assert widened(op_type, inputs, constant, out_shape) == expected
