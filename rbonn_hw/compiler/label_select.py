"""An arg-max at the end of the accelerator, where the network's scores allow it."""

import numpy as np
from onnx import TensorProto, helper
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend import Lowered, evaluate
from rbonn_hw.compiler.hardware_nodes import hardware_node
from rbonn_hw.compiler.tail_steps import ranked_tensor
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ModelError


def append_label_select(model: ModelWrapper) -> ModelWrapper:
    """Add an arg-max over the network's output vector."""
    output = model.graph.output[0]
    scores, name = output.name, f"{output.name}_label"
    labels, score_type = int(model.get_tensor_shape(scores)[-1]), model.get_tensor_datatype(scores)
    label_type = IntType.holding(0, labels - 1).qonnx_name
    node = hardware_node(
        "RbonnLabelSelect", [scores], [name], "label_select",
        Labels=labels, PE=1, numInputVectors=[1], inputDataType=score_type.name, outputDataType=label_type,
    )  # fmt: skip
    model.graph.node.append(node)
    model.graph.value_info.append(
        helper.make_tensor_value_info(scores, TensorProto.FLOAT, model.get_tensor_shape(scores))
    )
    output.name = name
    model.set_tensor_shape(name, [1, 1])
    model.set_tensor_datatype(scores, score_type)
    model.set_tensor_datatype(name, DataType[label_type])
    return model


def check_arg_max(lowered: Lowered) -> None:
    """Check that the largest integer is the largest score, so that an arg-max on integers is the network's.

    The tail is executed with every output at one integer, for all integers of the output's range: it must be
    the same increasing function for each class. What keeps the order of scores at its end, such as a softmax,
    is dropped before: only the class is asked for.

    Raises:
        ModelError: It is not.
    """
    output = lowered.lowered.graph.output[0].name
    dtype = lowered.lowered.get_tensor_datatype(output)
    classes = int(lowered.lowered.get_tensor_shape(output)[-1])
    grid = np.arange(int(dtype.min()), int(dtype.max()) + 1, dtype=np.float32)
    ranked, _ = ranked_tensor(lowered.tail)
    frames = np.repeat(grid[:, None], classes, axis=1)
    scores = evaluate(lowered.tail, frames, [ranked])[ranked].reshape(len(grid), -1)
    if scores.shape[1] != classes or np.any(scores != scores[:, :1]) or np.any(np.diff(scores[:, 0]) <= 0):
        raise ModelError(
            f"the largest integer need not be the largest score: behind it stands {_behind(lowered)}; "
            "compile without --label-select and let the driver run it"
        )


def _behind(lowered: Lowered) -> str:
    """Name what stands behind the last integers."""
    nodes = [lowered.reference.graph.node[position] for position in lowered.behind]
    return ", ".join(f"{node.name} ({node.op_type})" for node in nodes) or "a scale per class"
