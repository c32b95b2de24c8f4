"""Build the graph of integer operators, channels last."""

from collections.abc import Container, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_shapes import InferShapes
from qonnx.util.basic import qonnx_make_model

from rbonn_hw.compiler.frontend.values import Ints
from rbonn_hw.datatypes import IntType

GENERAL = "qonnx.custom_op.general"


class LoweredGraph:
    """Nodes, tensors and integer initializers of the lowered network, in the order of their making."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._types: dict[str, str] = {}
        self._initializers: dict[str, NDArray[Any]] = {}
        self._names: set[str] = set()
        self.input = ""

    def tensor(self, name: str, shape: Sequence[int], dtype: IntType) -> str:
        """Declare a tensor (channels last) and return its name."""
        self._shapes[name] = tuple(shape)
        self._types[name] = dtype.qonnx_name
        return name

    def shape(self, name: str) -> tuple[int, ...]:
        """Return a tensor's shape, channels last."""
        return self._shapes[name]

    def initializer(self, name: str, values: Ints, dtype: str) -> str:
        """Store integer constants and return their name."""
        unique = self._unique(name, self._initializers)
        self._initializers[unique] = values.astype(np.float32)
        self._types[unique] = dtype
        return unique

    @staticmethod
    def _unique(name: str, taken: Container[str]) -> str:
        """Number a name that is taken already."""
        unique, count = name, 1
        while unique in taken:
            count += 1
            unique = f"{name}_{count}"
        return unique

    def flip_columns(self, weights: str, columns: NDArray[np.bool_]) -> None:
        """Negate the filters ``[m]`` of a weight matrix; in BINARY, swap 0 and 1."""
        matrix = self._initializers[weights]
        flipped = 1 - matrix if self._types[weights] == "BINARY" else -matrix
        self._initializers[weights] = np.where(columns, flipped, matrix)

    def weight_type(self, weights: str) -> str:
        """Return the QONNX type of an initializer."""
        return self._types[weights]

    def retype(self, name: str, dtype: IntType) -> None:
        """Change a tensor's type."""
        self._types[name] = dtype.qonnx_name

    def add(
        self,
        op_type: str,
        name: str,
        inputs: Sequence[str],
        shape: Sequence[int],
        dtype: IntType,
        **attributes: Any,
    ) -> str:
        """Append a node of one output; return the output's name."""
        unique = self._unique(name, self._names)
        self._names.add(unique)
        own = op_type in ("Im2Col", "XnorPopcountMatMul", "MultiThreshold", "MaxPoolNHWC")
        output = self.tensor(f"{unique}_out", shape, dtype)
        node = helper.make_node(
            op_type, list(inputs), [output], name=unique, domain=GENERAL if own else "", **attributes
        )
        self._nodes.append(node)
        return output

    def index_constant(self, name: str, values: Sequence[int]) -> str:
        """Store a shape or axes operand."""
        unique = f"{name}_{len(self._initializers)}"
        self._initializers[unique] = np.array(values, np.int64)
        return unique

    def _live(self, output: str) -> list[Any]:
        needed, live = {output}, []
        for node in reversed(self._nodes):
            if node.output[0] in needed:
                live.append(node)
                needed |= set(node.input)
        return live[::-1]

    def finish(self, output: str) -> ModelWrapper:
        """Return the model that makes ``output``, without what nobody needs."""
        nodes = self._live(output)
        used = {name for node in nodes for name in (*node.input, *node.output)} | {output}

        def info(name: str) -> Any:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, self._shapes[name])

        inner = [info(name) for name in self._shapes if name in used - {self.input, output}]
        graph = helper.make_graph(nodes, "lowered", [info(self.input)], [info(output)], value_info=inner)
        opsets = [helper.make_opsetid("", 13), helper.make_opsetid(GENERAL, 1)]
        model = ModelWrapper(qonnx_make_model(graph, opset_imports=opsets, producer_name="rbonn-hw"))
        for name, values in self._initializers.items():
            if name in used:
                model.set_initializer(name, values)
        model = model.transform(InferShapes())
        for name, dtype in self._types.items():
            if name in used:
                model.set_tensor_datatype(name, DataType[dtype])
        return model
