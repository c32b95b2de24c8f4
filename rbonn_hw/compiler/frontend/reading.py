"""Read a network file and bring it into the form that the lowering walks over."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # ships no stubs
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.fold_constants import FoldConstants
from qonnx.transformation.general import (
    GiveUniqueNodeNames,
    GiveUniqueParameterTensors,
    RemoveStaticGraphInputs,
    RemoveUnusedTensors,
)
from qonnx.transformation.infer_shapes import InferShapes
from qonnx.transformation.qcdq_to_qonnx import QCDQToQuant

from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.biases import split_biases
from rbonn_hw.compiler.frontend.channels import gather_channels
from rbonn_hw.compiler.frontend.dialect import one_dialect
from rbonn_hw.compiler.frontend.equal_forms import one_form, one_form_of_maps
from rbonn_hw.compiler.frontend.execution import execute, input_dependent
from rbonn_hw.compiler.frontend.maps import canonical_maps
from rbonn_hw.compiler.frontend.sound import check_sound
from rbonn_hw.compiler.frontend.stored_integers import title
from rbonn_hw.compiler.network_file import check_there
from rbonn_hw.errors import ModelError

# Constant folding must leave these alone: the scale of a weight is read from its quantizer.
KEEP = ("Quant", "IntQuant", "BipolarQuant", "QuantizeLinear", "DequantizeLinear")


WAY_OUT = "export the network again with brevitas.export.export_qonnx"


def _load(path: Path) -> Any:
    """Parse the file, or say what is wrong with it."""
    check_there(path)
    try:
        proto = onnx.load(path, load_external_data=False)
    except (DecodeError, ValueError, OSError) as error:
        raise ModelError(f"{path} is not an ONNX file ({error}); {WAY_OUT}") from error
    if not proto.graph.node:
        raise ModelError(f"{path} is not an ONNX file: it holds no graph; {WAY_OUT}")
    check_sound(path, proto)
    try:
        onnx.load_external_data_for_model(proto, str(path.parent))
    except (onnx.checker.ValidationError, ValueError, OSError) as error:
        raise ModelError(
            f"{path} keeps its weights in another file, which cannot be read ({_first_line(error)}); "
            "put that file beside it, or save the network as one file"
        ) from error
    return proto


def _checked(path: Path, proto: Any) -> Any:
    """Return the model in one dialect; what ONNX's own checker then refuses is damaged."""
    try:
        proto = one_dialect(path, proto)
        # The checker wants a shape of every output, which other tools do not write; it is inferred later.
        bare = [value.type.tensor_type for value in proto.graph.output if not _has_shape(value)]
        for kind in bare:
            kind.shape.SetInParent()
        onnx.checker.check_model(proto)
        for kind in bare:
            kind.ClearField("shape")
    except ModelError:
        raise
    except Exception as error:  # damaged fields end in many of onnx's and numpy's own errors
        raise ModelError(f"{path} is a damaged ONNX file ({_first_line(error)}); {WAY_OUT}") from error
    return proto


def _has_shape(value: Any) -> bool:
    return bool(value.type.tensor_type.HasField("shape"))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _check_ends(path: Path, graph: Any) -> int:
    """Require one input and one output, and fix the batch to 1; return the file's own, 0 if it is open."""
    for kind, values in (("input", graph.input), ("output", graph.output)):
        if len(values) != 1:
            names = ", ".join(value.name for value in values)
            raise ModelError(
                f"{path} has {len(values)} graph {kind}s ({names}); an accelerator has one: "
                "export the network with a forward() of one tensor (torch.cat of heads, flattened if their "
                "maps differ in size), or cut the file with onnx.utils.extract_model"
            )
    name, dims = graph.input[0].name, graph.input[0].type.tensor_type.shape.dim
    if len(dims) < 2:
        raise ModelError(
            f"input {name} has shape {[dim.dim_value for dim in dims]}; it must have a batch and at least "
            "one more axis, [1, f] or [1, c, h, w]: export with a sample input of that shape"
        )
    batch = int(dims[0].dim_value)
    dims[0].dim_value = 1
    for axis, dim in enumerate(dims):
        if dim.dim_value < 1:
            size = dim.dim_param or "unknown"
            raise ModelError(
                f"input {name}, axis {axis} is dynamic ({size}); only the batch may be: "
                f"export without dynamic_axes, or set the size with qonnx-cleanup --override-inpsize"
            )
    return batch


def _fix_batch(model: ModelWrapper, batch: int) -> None:
    """Forget shapes computed for another batch, and reshape to one frame."""
    graph = model.graph
    del graph.value_info[:]
    for dims in (value.type.tensor_type.shape.dim for value in graph.output):
        if dims:
            dims[0].dim_value = 1
    moving = input_dependent(graph)
    for node in model.get_nodes_by_op_type("Reshape"):
        shape = model.get_initializer(node.input[1])
        if shape is None or not shape.size or node.input[0] not in moving or attribute(node, "allowzero", 0):
            continue
        if shape[0] > 1 and (shape[0] == batch or batch == 0):
            model.set_initializer(node.input[1], np.asarray([1, *shape[1:]], np.int64))


def _spell_pads(model: ModelWrapper) -> None:
    """Write the border of every axis, where a file gives that of some."""
    for node in model.get_nodes_by_op_type("Pad"):
        if len(node.input) < 4 or not node.input[3]:
            continue
        pads, axes = (model.get_initializer(node.input[position]) for position in (1, 3))
        if pads is None or axes is None:
            continue
        full = np.zeros((2, len(model.get_tensor_shape(node.input[0]))), np.int64)
        full[:, axes] = pads.reshape(2, -1)
        model.set_initializer(f"{node.output[0]}_pads", full.reshape(-1))
        node.input[1] = f"{node.output[0]}_pads"
        del node.input[3]


def _name_nodes(model: ModelWrapper) -> ModelWrapper:
    """Keep the file's node names, which the user knows; number the nodes only when names are missing."""
    names = [node.name for node in model.graph.node]
    if "" in names or len(set(names)) < len(names):
        return model.transform(GiveUniqueNodeNames())
    return model


def _name_tensors(graph: Any) -> None:
    """Name tensors after the nodes that make them or, for constants, take them.

    QONNX's own transformation renames one use only of a tensor that a node takes twice, and trips over a file
    whose tensors already have the names that it gives.
    """
    names = {graph.input[0].name: "global_in"}
    constants = {tensor.name for tensor in graph.initializer}
    for node in graph.node:
        parameters = [name for name in dict.fromkeys(node.input) if name in constants and name not in names]
        names |= {name: f"{node.name}_param{number}" for number, name in enumerate(parameters)}
        names |= {name: f"{node.name}_out{number}" for number, name in enumerate(node.output) if name}
    names[graph.output[0].name] = "global_out"
    for node in graph.node:
        for tensors in (node.input, node.output):
            new = [names.get(name, name) for name in tensors]
            del tensors[:]
            tensors.extend(new)
    for named in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        named.name = names.get(named.name, named.name)
    for annotation in graph.quantization_annotation:
        annotation.tensor_name = names.get(annotation.tensor_name, annotation.tensor_name)


def read(path: Path) -> ModelWrapper:
    """Return the network with shapes inferred, constants folded and biases of layers as nodes of their own.

    Raises:
        ModelError: Not ONNX, damaged, several inputs or outputs, dynamic shapes, or unknown operators.
    """
    proto = _checked(path, _load(path))
    batch = _check_ends(path, proto.graph)
    try:
        model = ModelWrapper(proto)
        _fix_batch(model, batch)
        model = _name_nodes(model).transform(InferShapes())
        if any(node.op_type in ("QuantizeLinear", "DequantizeLinear") for node in model.graph.node):
            model = model.transform(QCDQToQuant())
        split_biases(model)
        _spell_pads(model)
        for step in (
            InferShapes(),
            GiveUniqueParameterTensors(),
            FoldConstants(exclude_op_types=KEEP),
            RemoveUnusedTensors(),
            RemoveStaticGraphInputs(),
        ):
            model = model.transform(step)
        model = one_form_of_maps(canonical_maps(gather_channels(one_form(model))))
        model = _name_nodes(model)
        _name_tensors(model.graph)
        model = model.transform(InferShapes())
    except ModelError:
        raise
    except Exception as error:  # qonnx and onnxruntime raise bare Exception and AssertionError
        raise ModelError(f"{path} cannot be prepared by QONNX: {_first_line(error)}; {WAY_OUT}") from error
    _check_shapes(path, model)
    _check_runs(path, model)
    return model


def _check_shapes(path: Path, model: ModelWrapper) -> None:
    """Require a shape of every tensor, and name the node from which on there is none."""
    if model.check_all_tensor_shapes_specified():
        return
    lost = [
        node for node in model.graph.node if any(not model.get_tensor_shape(name) for name in node.output)
    ]
    where = ""
    if lost:
        shapes = ", ".join(f"{name} {model.get_tensor_shape(name)}" for name in lost[0].input if name)
        where = f" from {title(lost[0])} on, which takes {shapes}"
    raise ModelError(
        f"{path} has tensors of unknown shape{where}; export it with a sample input of a fixed shape, and "
        "operands that fit together"
    )


def _check_runs(path: Path, model: ModelWrapper) -> None:
    """Execute one frame: types that do not fit together are found here, and not by whoever runs it later."""
    name = model.graph.input[0].name
    annotated = model.get_tensor_datatype(name)
    value = annotated.min() if annotated.is_integer() else 0.0
    try:
        with np.errstate(all="ignore"):
            execute(model, np.full(model.get_tensor_shape(name), value, np.float32))
    except Exception as error:  # qonnx and onnxruntime raise whatever an operator ends in
        raise ModelError(f"{path} cannot be executed by QONNX: {_first_line(error)}; {WAY_OUT}") from error
