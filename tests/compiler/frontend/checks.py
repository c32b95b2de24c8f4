"""What every lowered network must fulfil."""

import numpy as np
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_shapes import InferShapes

from rbonn_hw.compiler.frontend import Lowered, compose, execute

ALLOWED = {
    "Im2Col",
    "Pad",
    "MatMul",
    "XnorPopcountMatMul",
    "MultiThreshold",
    "Mul",
    "MaxPoolNHWC",
    "Reshape",
    "ReduceSum",
    "ReduceMax",
    "Concat",
    "Gather",
    "Resize",
    "Add",
}


def check_contract(model: ModelWrapper) -> None:
    """Require what layer inference relies on."""
    names = [node.name for node in model.graph.node]
    assert len(set(names)) == len(names)
    assert {node.op_type for node in model.graph.node} <= ALLOWED
    inferred = model.transform(InferShapes())
    produced = {name for node in model.graph.node for name in node.output} | {model.graph.input[0].name}
    for name in produced:
        assert model.get_tensor_datatype(name).is_integer(), name
        assert inferred.get_tensor_shape(name) == model.get_tensor_shape(name)
        assert model.get_tensor_shape(name)[0] == 1
    for node in model.get_nodes_by_op_type("MultiThreshold"):
        rows, dtype = model.get_initializer(node.input[1]), model.get_tensor_datatype(node.input[0])
        assert rows.shape[0] == model.get_tensor_shape(node.input[0])[-1]
        assert np.all(np.diff(rows, axis=1) >= 0)
        assert np.all(rows == np.round(rows))
        assert dtype.min() <= rows.min()
        assert rows.max() <= dtype.max() + 1


def check_frames(lowered: Lowered, frames: NDArray[np.float32]) -> None:
    """Require equality with the reference, frame by frame, and answers that the frame decides."""
    answers = []
    for frame in frames:
        x = frame[None]
        answers.append(execute(lowered.reference, x))
        assert np.array_equal(compose(lowered, x), answers[-1])
        assert answers[-1].std() > 0
    assert np.ptp(answers, axis=0).any(), "the same answer to every frame"


def frames(model: ModelWrapper, count: int) -> NDArray[np.float32]:
    """Draw frames between -1 and 1."""
    shape = model.get_tensor_shape(model.graph.input[0].name)
    return np.random.default_rng(1).uniform(-1.0, 1.0, (count, *shape[1:])).astype(np.float32)
