"""Run networks and parts of networks with QONNX's own execution."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_shapes import InferShapes
from qonnx.util.basic import qonnx_make_model

from rbonn_hw.errors import UnsupportedOperatorError

Array = NDArray[Any]
# Elements of all tensors of one batch: bounds the memory at some hundreds of megabytes.
BATCH_ELEMENTS = 1 << 26


def run_nodes(
    reference: ModelWrapper,
    nodes: Sequence[Any],
    feeds: Mapping[str, Array],
    constants: Mapping[str, Array],
    outputs: Sequence[str],
) -> dict[str, Array]:
    """Execute some nodes of the reference, exactly as QONNX executes them in the whole network.

    Args:
        reference: Network the nodes come from.
        nodes: Nodes in topological order.
        feeds: Values of the tensors they start from, of any shape that the nodes accept.
        constants: Values of constant operands.
        outputs: Tensors to return.

    Returns:
        The value of every name in ``outputs``.
    """
    made = {name for node in nodes for name in node.output}
    needed = {
        name for node in nodes for name in node.input if name and name not in made and name not in feeds
    }

    def describe(name: str, shape: Sequence[int] | None) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    inputs = [describe(name, value.shape) for name, value in feeds.items()]
    graph = helper.make_graph(
        [copy.deepcopy(node) for node in nodes], "part", inputs, [describe(name, None) for name in outputs]
    )
    model = ModelWrapper(qonnx_make_model(graph, opset_imports=list(reference.model.opset_import)))
    for name in needed:
        model.set_initializer(name, constants[name])
    try:
        full = execute_onnx(model.transform(InferShapes()), dict(feeds), return_full_exec_context=True)
    except Exception as error:  # qonnx and onnxruntime raise whatever an operator ends in
        titles = ", ".join(f"{node.name} ({node.op_type})" for node in nodes)
        raise UnsupportedOperatorError(
            f"{titles}: QONNX cannot execute this ({str(error).strip().splitlines()[0]}); export the network "
            "again"
        ) from error
    return {name: np.asarray(full[name]) for name in outputs}


def input_dependent(graph: Any) -> set[str]:
    """Return the tensors that depend on the graph input."""
    names = {value.name for value in graph.input}
    for node in graph.node:
        if names & set(node.input):
            names |= set(node.output)
    return names


def batched(model: ModelWrapper, frames: int) -> ModelWrapper:
    """Return a copy of a one-frame model that takes ``frames`` frames at once.

    Shapes are rewritten in place of being inferred again, which QONNX's max pool cannot do from scratch.
    """
    model = copy.deepcopy(model)
    names = input_dependent(model.graph)
    for value in (*model.graph.input, *model.graph.value_info, *model.graph.output):
        dims = value.type.tensor_type.shape.dim
        if value.name in names and dims:
            dims[0].dim_value = frames
    for node in model.get_nodes_by_op_type("Reshape"):
        shape = model.get_initializer(node.input[1])
        if node.input[0] in names and shape is not None:
            model.set_initializer(node.input[1], np.concatenate([[frames], shape[1:]]).astype(np.int64))
    return model


def execute(model: ModelWrapper, x: Array) -> Array:
    """Run a model of one input and one output on frames ``[n, ...]``; see :func:`evaluate`."""
    output = model.graph.output[0].name
    return evaluate(model, x, [output])[output]


def evaluate(model: ModelWrapper, x: Array, names: Sequence[str]) -> dict[str, Array]:
    """Run a model of one input on frames ``[n, ...]``, and return some of its tensors.

    Frames run in batches of bounded size, one by one through Im2Col, which QONNX executes for single frames
    only (with several it mixes them). The arithmetic of a frame does not depend on the batch for integers; a
    float matrix product may round differently in a batch.
    """
    parts = []
    for runner, batch in batches(model, x):
        feeds = {runner.graph.input[0].name: batch}
        everything = execute_onnx(runner, feeds, return_full_exec_context=True)
        parts.append({name: np.asarray(everything[name]) for name in names})
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def batches(model: ModelWrapper, x: Array) -> Iterator[tuple[ModelWrapper, Array]]:
    """Cut frames ``[n, ...]`` into batches of bounded size, each with the model that takes it."""
    size = 1 if model.get_nodes_by_op_type("Im2Col") else _batch_size(model)
    for first in range(0, len(x), size):
        batch = x[first : first + size]
        yield model if len(batch) == 1 else batched(model, len(batch)), batch


def _batch_size(model: ModelWrapper) -> int:
    """Return how many frames' tensors fit into the memory of a batch, at least one."""
    shapes = (model.get_tensor_shape(value.name) for value in (*model.graph.input, *model.graph.value_info))
    elements = sum(int(np.prod(shape)) for shape in shapes if shape)
    return max(1, BATCH_ELEMENTS // max(1, elements))
