"""Read a network file and bring it into the form that the lowering walks over."""

from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # ships no stubs
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.fold_constants import FoldConstants
from qonnx.transformation.general import (
    GiveReadableTensorNames,
    GiveUniqueNodeNames,
    GiveUniqueParameterTensors,
    RemoveStaticGraphInputs,
    RemoveUnusedTensors,
)
from qonnx.transformation.infer_shapes import InferShapes
from qonnx.transformation.qcdq_to_qonnx import QCDQToQuant

from rbonn_hw.compiler.frontend.biases import split_biases
from rbonn_hw.errors import ModelError

GENERAL = "qonnx.custom_op.general"
QUANTIZERS = ("Quant", "IntQuant", "BipolarQuant", "Trunc", "MultiThreshold")
# Constant folding must leave these alone: the scale of a weight is read from its quantizer.
KEEP = ("Quant", "IntQuant", "BipolarQuant", "QuantizeLinear", "DequantizeLinear")


def _load(path: Path) -> Any:
    """Parse the file, or say what is wrong with it."""
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise ModelError(f"{path} {what}; give the path of a QONNX file, for instance model.onnx")
    way_out = "export the network again with brevitas.export.export_qonnx"
    try:
        proto = onnx.load(path)
    except (DecodeError, ValueError, OSError) as error:
        raise ModelError(f"{path} is not an ONNX file ({error}); {way_out}") from error
    if not proto.graph.node or not proto.opset_import:
        raise ModelError(f"{path} is not an ONNX file: it holds no graph; {way_out}")
    try:
        onnx.checker.check_model(proto)
    except onnx.checker.ValidationError as error:
        raise ModelError(
            f"{path} is a damaged ONNX file ({str(error).splitlines()[0]}); {way_out}"
        ) from error
    return proto


def _check_ends(path: Path, graph: Any) -> None:
    """Require one input and one output, and fix the batch to 1."""
    constants = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in constants]
    for kind, values in (("input", inputs), ("output", list(graph.output))):
        if len(values) != 1:
            names = ", ".join(value.name for value in values)
            raise ModelError(
                f"{path} has {len(values)} graph {kind}s ({names}); an accelerator has one: "
                "export the network with a forward() of one tensor, or cut the file with "
                "onnx.utils.extract_model"
            )
    dims = inputs[0].type.tensor_type.shape.dim
    if not dims:
        raise ModelError(f"input {inputs[0].name} has no shape; export with a sample input of a fixed shape")
    dims[0].dim_value = 1
    for axis, dim in enumerate(dims):
        if dim.dim_value < 1:
            name = dim.dim_param or "unknown"
            raise ModelError(
                f"input {inputs[0].name}, axis {axis} is dynamic ({name}); only the batch may be: "
                f"export without dynamic_axes, or set the size with qonnx-cleanup --override-inpsize"
            )


def _fix_batch(model: ModelWrapper) -> None:
    """Forget shapes computed for another batch, and reshape to one frame."""
    graph = model.graph
    del graph.value_info[:]
    for dims in (value.type.tensor_type.shape.dim for value in graph.output):
        if dims:
            dims[0].dim_value = 1
    for node in model.get_nodes_by_op_type("Reshape"):
        shape = model.get_initializer(node.input[1])
        if shape is not None and shape[0] > 1:
            model.set_initializer(node.input[1], shape * 0 + [1, *shape[1:]])


def _name_nodes(model: ModelWrapper) -> ModelWrapper:
    """Keep the file's node names, which the user knows; number the nodes only when names are missing."""
    names = [node.name for node in model.graph.node]
    if "" in names or len(set(names)) < len(names):
        return model.transform(GiveUniqueNodeNames())
    return model


def read(path: Path) -> ModelWrapper:
    """Return the network with shapes inferred, constants folded and biases of layers as nodes of their own.

    Raises:
        ModelError: Not ONNX, damaged, several inputs or outputs, dynamic shapes, or unknown operators.
    """
    proto = _load(path)
    _check_ends(path, proto.graph)
    for node in proto.graph.node:
        if node.op_type in QUANTIZERS:
            node.domain = GENERAL
    if not any(entry.domain == GENERAL for entry in proto.opset_import):
        proto.opset_import.append(onnx.helper.make_opsetid(GENERAL, 1))
    model = ModelWrapper(proto)
    try:
        _fix_batch(model)
        model = _name_nodes(model).transform(InferShapes())
        if any(node.op_type in ("QuantizeLinear", "DequantizeLinear") for node in model.graph.node):
            model = model.transform(QCDQToQuant())
        split_biases(model)
        for step in (
            InferShapes(),
            GiveUniqueParameterTensors(),
            FoldConstants(exclude_op_types=KEEP),
            RemoveUnusedTensors(),
            RemoveStaticGraphInputs(),
        ):
            model = model.transform(step)
        model = _name_nodes(model).transform(GiveReadableTensorNames()).transform(InferShapes())
    except Exception as error:  # qonnx and onnxruntime raise bare Exception and AssertionError
        raise ModelError(
            f"{path} cannot be prepared by QONNX: {str(error).strip().splitlines()[0]}"
        ) from error
    if not model.check_all_tensor_shapes_specified():
        raise ModelError(
            f"{path} has tensors of unknown shape; export it with a sample input of a fixed shape"
        )
    return model
