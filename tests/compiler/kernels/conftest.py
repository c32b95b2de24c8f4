"""FINN as a library with our operators, and graphs of a single one of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from rbonn_hw.sim import finn_rtlsim

PART = "xc7z020clg400-1"


@pytest.fixture(scope="session")
def finn(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let FINN write below a fresh folder, simulate on Verilator and know our operators."""
    finn_rtlsim.install(tmp_path_factory.mktemp("finn"))
    from rbonn_hw.compiler.kernels import register_all  # needs FINN as installed

    register_all()


@pytest.fixture
def one_node(finn: None) -> Callable[..., Any]:
    """Return a function that builds a ModelWrapper around one node of our RTL operators."""
    del finn

    def make(
        op_type: str,
        x: NDArray[Any],
        y_shape: tuple[int, ...],
        initializers: Mapping[str, NDArray[Any]],
        **attributes: Any,
    ) -> Any:
        from qonnx.core.datatype import DataType
        from qonnx.core.modelwrapper import ModelWrapper
        from qonnx.transformation.general import GiveUniqueNodeNames
        from qonnx.transformation.infer_datatypes import InferDataTypes
        from qonnx.util.basic import qonnx_make_model

        node = helper.make_node(
            f"{op_type}_rtl", ["x", *initializers], ["y"],
            domain="finn.custom_op.fpgadataflow.rtl", backend="fpgadataflow", **attributes,
        )  # fmt: skip
        source = helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)
        sink = helper.make_tensor_value_info("y", TensorProto.FLOAT, y_shape)
        model = ModelWrapper(qonnx_make_model(helper.make_graph([node], "one", [source], [sink])))
        for name, value in initializers.items():
            model.set_initializer(name, value.astype(np.float32))
        model.set_tensor_datatype("x", DataType[attributes["inputDataType"]])
        return model.transform(GiveUniqueNodeNames()).transform(InferDataTypes())

    return make


@pytest.fixture
def execute() -> Callable[[Any, str, NDArray[Any]], NDArray[Any]]:
    """Return a function that lets FINN execute a model's y for x in mode cppsim (Python) or rtlsim."""

    def run(model: Any, mode: str, x: NDArray[Any]) -> NDArray[Any]:
        return executed(model, mode, {"x": x})["y"]

    return run


def executed(model: Any, mode: str, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Let FINN execute a model in mode cppsim (Python) or rtlsim; returns its outputs by name."""
    from finn.core.onnx_exec import execute_onnx
    from finn.transformation.fpgadataflow.prepare_ip import PrepareIP
    from finn.transformation.fpgadataflow.prepare_rtlsim import PrepareRTLSim
    from finn.transformation.fpgadataflow.set_exec_mode import SetExecMode

    model = model.transform(SetExecMode(mode))
    if mode == "rtlsim":
        model = model.transform(PrepareIP(PART, 10.0)).transform(PrepareRTLSim())
    return dict(execute_onnx(model, {name: value.astype(np.float32) for name, value in inputs.items()}))


@pytest.fixture
def stream_node(finn: None) -> Callable[..., Any]:
    """Return a function that builds a ModelWrapper around one node with streams only, named x<i> and y<i>."""
    del finn

    def make(
        op_type: str,
        inputs: Sequence[tuple[str, tuple[int, ...]]],
        output_shapes: Sequence[tuple[int, ...]],
        **attributes: Any,
    ) -> Any:
        """Build it; an input is its QONNX type and its shape."""
        from qonnx.core.datatype import DataType
        from qonnx.core.modelwrapper import ModelWrapper
        from qonnx.transformation.general import GiveUniqueNodeNames
        from qonnx.transformation.infer_datatypes import InferDataTypes
        from qonnx.util.basic import qonnx_make_model

        sources = [
            helper.make_tensor_value_info(f"x{ind}", TensorProto.FLOAT, shape)
            for ind, (_, shape) in enumerate(inputs)
        ]
        sinks = [
            helper.make_tensor_value_info(f"y{ind}", TensorProto.FLOAT, shape)
            for ind, shape in enumerate(output_shapes)
        ]
        node = helper.make_node(
            f"{op_type}_rtl", [tensor.name for tensor in sources], [tensor.name for tensor in sinks],
            domain="finn.custom_op.fpgadataflow.rtl", backend="fpgadataflow", **attributes,
        )  # fmt: skip
        model = ModelWrapper(qonnx_make_model(helper.make_graph([node], "one", sources, sinks)))
        for tensor, (datatype, _) in zip(sources, inputs, strict=True):
            model.set_tensor_datatype(tensor.name, DataType[datatype])
        return model.transform(GiveUniqueNodeNames()).transform(InferDataTypes())

    return make


@pytest.fixture
def execute_streams() -> Callable[[Any, str, Sequence[NDArray[Any]]], list[NDArray[Any]]]:
    """Return a function that lets FINN execute a node with streams x<i>; returns every y<i>."""

    def run(model: Any, mode: str, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        outputs = executed(model, mode, {f"x{ind}": x for ind, x in enumerate(inputs)})
        return [outputs[name] for name in model.graph.node[0].output]

    return run
