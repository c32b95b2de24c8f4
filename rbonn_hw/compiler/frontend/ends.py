"""What stays on the host: from the float input to integers, and from integers to the float output."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import TensorProto, helper
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_shapes import InferShapes
from qonnx.util.basic import qonnx_make_model

from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.execution import Array
from rbonn_hw.compiler.frontend.lowered_graph import LoweredGraph
from rbonn_hw.compiler.frontend.operators import RESHAPES
from rbonn_hw.compiler.frontend.quantizer_nodes import MOST_INPUT_BITS, integer_range, target_of
from rbonn_hw.compiler.frontend.values import Derived, IntTensor, bipolar, plain
from rbonn_hw.compiler.frontend.weights import Constants
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ModelError, UnsupportedOperatorError

INPUT = "in0"
RANKS = (2, 4)
"""Axes of what the accelerator takes: [1, f] and [1, c, h, w]."""


def _channels_last(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (shape[0], shape[2], shape[3], shape[1]) if len(shape) == 4 else shape


def _as_input(tensor: IntTensor, graph: LoweredGraph) -> IntTensor:
    """Declare a tensor as the input of the lowered graph."""
    if len(tensor.shape) not in RANKS:
        raise ModelError(
            f"{tensor.origin} has shape {tensor.shape}; the accelerator takes [1, c, h, w] or [1, f]"
        )
    graph.input = graph.tensor(tensor.name, _channels_last(tensor.shape), tensor.dtype)
    return tensor


@dataclass(frozen=True, slots=True)
class Head:
    """How the graph input becomes the accelerator's integers.

    Attributes:
        output: Tensor of the reference that holds the quantized floats.
        nodes: Positions of the reference's nodes up to there.
        tensor: The accelerator's input.
    """

    output: str
    nodes: tuple[int, ...]
    tensor: IntTensor

    @classmethod
    def quantizing(
        cls, reference: ModelWrapper, constants: Constants, value: Derived, node: Any, graph: LoweredGraph
    ) -> Head:
        """Describe a head that ends in the quantizer ``node``."""
        output = node.output[0]
        shape = tuple(reference.get_tensor_shape(output))
        scale, low, high, two_valued = _input_range(node, constants)
        tensor = plain(output, INPUT, shape, IntType.holding(low, high), (low, high), scale)
        return cls(output, value.nodes, _as_input(bipolar(tensor) if two_valued else tensor, graph))


def typed_input(reference: ModelWrapper, graph: LoweredGraph) -> Head | None:
    """Return the head of a network whose input tensor holds integers, by what the file says; else None.

    Changes of layout directly behind such an input belong to the head.
    """
    name = reference.graph.input[0].name
    annotated = reference.get_tensor_datatype(name)
    if not annotated.is_integer():
        return None
    nodes = _to_layout(reference)
    origin = reference.graph.node[nodes[-1]].output[0] if nodes else name
    shape = tuple(reference.get_tensor_shape(origin))
    dtype = IntType.from_qonnx(annotated.name) if annotated.name != "TERNARY" else IntType(2, signed=True)
    tensor = plain(origin, INPUT, shape, dtype, (int(annotated.min()), int(annotated.max())), 1.0)
    return Head(
        origin, nodes, _as_input(bipolar(tensor) if annotated == DataType["BIPOLAR"] else tensor, graph)
    )


def _to_layout(reference: ModelWrapper) -> tuple[int, ...]:
    """Return the positions of the nodes that bring the input into the form [1, c, h, w] or [1, f]."""
    graph, name = list(reference.graph.node), reference.graph.input[0].name
    chain: list[int] = []
    kept = 0
    while True:
        consumers = reference.find_consumers(name) or []
        if len(consumers) != 1 or consumers[0].op_type not in RESHAPES:
            return tuple(chain[:kept])
        known = len(reference.get_tensor_shape(name)) in RANKS
        name = consumers[0].output[0]
        chain.append(graph.index(consumers[0]))
        if len(reference.get_tensor_shape(name)) in RANKS and (
            not known or consumers[0].op_type == "Transpose"
        ):
            kept = len(chain)


def _input_range(node: Any, constants: Constants) -> tuple[float, int, int, bool]:
    """Return scale, smallest and largest integer of a quantizer on floats, and whether they are -1 and +1."""
    if node.op_type == "Sign":
        return 1.0, -1, 1, False
    if node.op_type == "MultiThreshold":
        scale, bias = float(attribute(node, "out_scale", 1.0)), float(attribute(node, "out_bias", 0.0))
        count = constants.values[node.input[1]].shape[1]
        if count == 1 and bias == -scale / 2:
            return scale / 2, -1, 1, True
        if bias / scale != round(bias / scale):
            raise UnsupportedOperatorError(
                f"{node.name}: out_bias {bias} is no multiple of out_scale {scale}"
            )
        return scale, round(bias / scale), round(bias / scale) + count, False
    target = target_of(node, constants, MOST_INPUT_BITS)
    if target.scale is None:
        raise UnsupportedOperatorError(
            f"{node.name} ({node.op_type}) cannot quantize the network input; use Quant"
        )
    if np.any(target.scale != target.scale[0]):
        raise UnsupportedOperatorError(
            f"{node.name}: the network input has a scale per channel; use one scale"
        )
    low, high = (-1, 1) if target.bipolar else integer_range(node, constants, MOST_INPUT_BITS)
    return float(target.scale[0]), low, high, target.bipolar


class _Chain:
    """Nodes in a row, each on the result of the one before."""

    def __init__(self, start: str, prefix: str) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Array] = {}
        self.last = start
        self._prefix = prefix

    def add(self, op_type: str, operand: Array | None = None, **attributes: Any) -> None:
        """Append a node with an optional constant operand."""
        name = f"{self._prefix}_{len(self.nodes)}"
        inputs = [self.last]
        if operand is not None:
            self.constants[f"{name}_param"] = operand
            inputs.append(f"{name}_param")
        self.last = f"{name}_out"
        self.nodes.append(helper.make_node(op_type, inputs, [self.last], name=name, **attributes))


def _model(
    reference: ModelWrapper, nodes: Sequence[Any], ends: tuple[Any, Any], constants: Mapping[str, Array]
) -> ModelWrapper:
    """Assemble a model from nodes of the reference and of our own."""
    graph = helper.make_graph([copy.deepcopy(node) for node in nodes], "host", [ends[0]], [ends[1]])
    model = ModelWrapper(
        qonnx_make_model(graph, opset_imports=list(reference.model.opset_import), producer_name="rbonn-hw")
    )
    used = {name for node in nodes for name in node.input}
    for name in used & set(constants):
        model.set_initializer(name, constants[name])
    return model.transform(InferShapes())


def _info(name: str, shape: Sequence[int]) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _column(values: Array, rank: int) -> Array:
    """Shape per-channel values for broadcasting over [1, c, h, w] or [1, f]; a scalar when all are equal."""
    values = values[:1] if np.all(values == values[0]) else values
    return values.reshape(1, -1, 1, 1) if rank == 4 else values.reshape(1, -1)


def build_head(reference: ModelWrapper, constants: Constants, head: Head) -> ModelWrapper:
    """Return the model from the network's float input to the accelerator's integers, channels last."""
    tensor = head.tensor
    chain = _Chain(head.output, "head")
    if tensor.scale[0] != 1.0:
        chain.add("Div", np.float32(tensor.scale[0]).reshape(1))
        chain.add("Round")
    if tensor.step[0] == 2:
        chain.add("Add", np.float32(1.0).reshape(1))
        chain.add("Mul", np.float32(0.5).reshape(1))
    if len(tensor.shape) == 4:
        chain.add("Transpose", perm=[0, 2, 3, 1])
    elif not chain.nodes:
        chain.add("Identity")
    source = reference.graph.input[0].name
    ends = (
        _info(source, reference.get_tensor_shape(source)),
        _info(chain.last, _channels_last(tensor.shape)),
    )
    nodes = [reference.graph.node[position] for position in head.nodes] + chain.nodes
    model = _model(reference, nodes, ends, {**constants.values, **chain.constants})
    model.set_tensor_datatype(chain.last, DataType[tensor.dtype.qonnx_name])
    return model


def build_tail(
    reference: ModelWrapper, constants: Constants, tensor: IntTensor, positions: Sequence[int]
) -> ModelWrapper:
    """Return the model from the accelerator's integers to the network's float output.

    Args:
        reference: The cleaned network.
        constants: Its constant tensors.
        tensor: The accelerator's output.
        positions: The reference's nodes behind it.
    """
    rank = len(tensor.shape)
    chain = _Chain("out0", "tail")
    if rank == 4:
        chain.add("Transpose", perm=[0, 3, 1, 2])
    if np.any(tensor.order != np.arange(tensor.channels)):
        chain.add("Gather", np.argsort(tensor.order).astype(np.int64), axis=1)
    if np.any(tensor.step != 1):
        chain.add("Mul", _column(tensor.step, rank).astype(np.float32))
    if np.any(tensor.offset != 0):
        chain.add("Add", _column(tensor.offset, rank).astype(np.float32))
    if np.any(tensor.scale != tensor.scale.astype(np.float32)):
        # Rounded once, like the values that the thresholds were tabulated with.
        chain.add("Cast", to=TensorProto.DOUBLE)
        chain.add("Mul", _column(tensor.scale, rank))
        chain.add("Cast", to=TensorProto.FLOAT)
    elif np.any(tensor.scale != 1.0):
        chain.add("Mul", _column(tensor.scale, rank).astype(np.float32))
    output = reference.graph.output[0].name
    rest = [reference.graph.node[position] for position in positions]
    if not chain.nodes and not rest:
        chain.add("Identity")
    start = tensor.origin if rest else output
    if not chain.nodes:
        rest = [_renamed(node, start, "out0") for node in rest]
    else:
        chain.nodes[-1].output[0] = start
    output_info = copy.deepcopy(reference.graph.output[0])
    ends = (_info("out0", _channels_last(tensor.shape)), output_info)
    model = _model(reference, [*chain.nodes, *rest], ends, {**constants.values, **chain.constants})
    model.set_tensor_datatype("out0", DataType[tensor.dtype.qonnx_name])
    return model


def _renamed(node: Any, old: str, new: str) -> Any:
    node = copy.deepcopy(node)
    names = [new if name == old else name for name in node.input]
    del node.input[:]
    node.input.extend(names)
    return node
