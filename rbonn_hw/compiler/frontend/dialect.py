"""Every exporter's way to write a network becomes one: the only place that knows of dialects.

What follows sees quantizers in QONNX's domain, constants as initializers, ONNX of opset 13 or later, nodes in
order, and a float input.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.inliner import inline_local_functions

from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.stored_integers import GENERAL, quantize_constants, read_input_type, title
from rbonn_hw.errors import ModelError, UnsupportedOperatorError

QUANTIZERS = ("Quant", "IntQuant", "BipolarQuant", "Trunc", "MultiThreshold")
# Names under which QONNX's operators are found in files.
DOMAINS = ("onnx.brevitas", "finn.custom_op.general", GENERAL)
OPSET = 13
# QONNX's rounding modes, and the names of others for the same.
ROUNDINGS = ("ROUND", "HALF_EVEN", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN")
SAME_ROUNDING = {"ROUND_TO_ZERO": "DOWN", "TRUNC": "DOWN"}
QOPERATOR = (
    "is of ONNX's QOperator form, which hides the scales between layers; export in QDQ form (QuantizeLinear "
    "and DequantizeLinear around float operators), or as QONNX"
)
CONTROL = "is control flow, which no hardware has; export a forward() without branches and loops"
RECURRENT = (
    "is recurrent: a step needs the result of the step before it, which no kernel waits for; use "
    "causal Conv1d layers over the sequence (a temporal convolutional network)"
)
ATTENTION = "is attention, a product of two activations, which has no kernel; use convolutions and pools"
# Operators that are refused before anybody looks at their neighbours.
REFUSED = {
    "FloatQuant": "makes floating-point values of few bits; the accelerator computes on integers: use "
    "integer quantizers (Quant)",
    **dict.fromkeys(
        ("QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger", "DynamicQuantizeLinear"), QOPERATOR
    ),
    **dict.fromkeys(("If", "Loop", "Scan"), CONTROL),
    **dict.fromkeys(("GRU", "LSTM", "RNN"), RECURRENT),
    **dict.fromkeys(("Attention", "MultiHeadAttention"), ATTENTION),
}
# Attributes in which a Constant node may hold numbers.
NUMBERS = (
    ("value_float", np.float32), ("value_floats", np.float32),
    ("value_int", np.int64), ("value_ints", np.int64),
)  # fmt: skip
# Their bounds may be infinite.
BOUNDED = ("Clip", "Max", "Min")


def one_dialect(path: Path, proto: Any) -> Any:
    """Return the model in the one dialect that the lowering reads.

    Raises:
        ModelError: A type or opset that cannot be read, or a parameter that is no finite number.
        UnsupportedOperatorError: An operator or rounding mode that nobody defines.
    """
    if proto.functions:
        proto = inline_local_functions(proto)
    proto.ir_version = min(proto.ir_version, onnx.IR_VERSION)
    _name_domains(proto)
    _sort(proto.graph)
    _know_operators(proto)
    proto = _upgrade(path, proto)
    _store_constants(proto.graph)
    # Before version 4, initializers had to be listed among the inputs.
    proto.ir_version = max(proto.ir_version, 8)
    _bypass(proto.graph)
    _prune(proto.graph)
    quantize_constants(proto.graph)
    read_input_type(path, proto.graph)
    for node in proto.graph.node:
        _name_rounding(node)
        _check_mode(node)
    _check_parameters(proto.graph)
    return proto


def _name_domains(proto: Any) -> None:
    """Put QONNX's operators into its domain, and import each domain once, ONNX's own first."""
    truncs = {len(node.input) for node in proto.graph.node if node.op_type == "Trunc"}
    for node in proto.graph.node:
        if node.op_type in QUANTIZERS or node.domain in DOMAINS:
            node.domain = GENERAL
        elif node.domain == "ai.onnx":
            node.domain = ""
    versions = {entry.domain: entry.version for entry in proto.opset_import}
    own = versions.pop("", None) or versions.pop("ai.onnx", None) or OPSET
    for domain in (*DOMAINS, "ai.onnx"):
        versions.pop(domain, None)
    imports = [("", own), (GENERAL, 2 if truncs and min(truncs) > 5 else 1), *versions.items()]
    del proto.opset_import[:]
    proto.opset_import.extend(helper.make_opsetid(domain, version) for domain, version in imports)


def _sort(graph: Any) -> None:
    """Put every node behind those whose results it takes; a cycle stays as it is, for the checker to find."""
    maker = {name: position for position, node in enumerate(graph.node) for name in node.output if name}
    needs = [{maker[name] for name in _taken(node) if name in maker} for node in graph.node]
    done: set[int] = set()
    order: list[int] = []
    while len(order) < len(needs):
        ready = [position for position, needed in enumerate(needs) if position not in done and needed <= done]
        if not ready:
            return
        # Of those that are ready the first, and what then follows in the file's own order.
        for position in range(ready[0], len(needs)):
            if position not in done and needs[position] <= done:
                order.append(position)
                done.add(position)
    if order != list(range(len(order))):
        nodes = [graph.node[position] for position in order]
        del graph.node[:]
        graph.node.extend(nodes)


def _taken(node: Any) -> Iterable[str]:
    """Return every tensor that a node or its branches take."""
    yield from node.input
    for entry in node.attribute:
        if entry.type == onnx.AttributeProto.GRAPH:
            inner = {name for branch in entry.g.node for name in branch.output}
            yield from (name for branch in entry.g.node for name in _taken(branch) if name not in inner)


def _know_operators(proto: Any) -> None:
    version = proto.opset_import[0].version
    newest = onnx.defs.onnx_opset_version()
    if version > newest:
        raise ModelError(
            f"the file is of ONNX opset {version}, the installed onnx knows up to {newest}; "
            f"export with opset_version={OPSET}"
        )
    for node in proto.graph.node:
        if node.op_type in REFUSED:
            raise UnsupportedOperatorError(f"{title(node)} {REFUSED[node.op_type]}")
        if node.domain not in ("", GENERAL):
            raise UnsupportedOperatorError(
                f"{title(node)}: no kernel implements operators of domain {node.domain}; "
                "export with ONNX's operators and QONNX's quantizers"
            )
        if node.domain == "" and not onnx.defs.has(node.op_type, max_inclusive_version=version):
            raise UnsupportedOperatorError(
                f"{title(node)}: ONNX of opset {version} has no operator {node.op_type}; export the network "
                "with ONNX's operators and QONNX's quantizers"
            )


def _upgrade(path: Path, proto: Any) -> Any:
    """Write operators of old opsets as those of today."""
    version = proto.opset_import[0].version
    if version >= OPSET:
        return proto
    annotations = list(proto.graph.quantization_annotation)
    try:
        newer = onnx.version_converter.convert_version(proto, OPSET)
    except Exception as error:  # onnx's converter raises RuntimeError and its own errors
        raise ModelError(
            f"{path} cannot be brought from ONNX opset {version} to {OPSET} ({str(error).splitlines()[0]}); "
            f"export it with opset_version={OPSET}"
        ) from error
    if not newer.graph.quantization_annotation:
        newer.graph.quantization_annotation.extend(annotations)
    return newer


def _store_constants(graph: Any) -> None:
    """Turn Constant nodes into initializers, and take initializers off the list of inputs."""
    kept = []
    for node in graph.node:
        if node.op_type == "Constant" and node.domain == "":
            graph.initializer.append(numpy_helper.from_array(_constant(node), node.output[0]))
        else:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
    names = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in names]
    del graph.input[:]
    graph.input.extend(inputs)


def _constant(node: Any) -> Any:
    for name, kind in NUMBERS:
        value = attribute(node, name, None)
        if value is not None:
            return np.asarray(value, kind)
    value = attribute(node, "value", None)
    if value is None:
        raise UnsupportedOperatorError(
            f"{title(node)} holds neither a tensor nor numbers; store it as a tensor"
        )
    return numpy_helper.to_array(value)


def _bypass(graph: Any) -> None:
    """Take out nodes that hand on what they get: Identity, and Dropout of a trained network."""
    outputs = {value.name for value in graph.output}
    outputs |= {name for node in graph.node for name in _taken(node) if name not in node.input}
    read = {name for node in graph.node for name in _taken(node)} | outputs
    renamed: dict[str, str] = {}
    kept = []
    for node in graph.node:
        for position, name in enumerate(node.input):
            node.input[position] = renamed.get(name, name)
        spare = [name for name in node.output[1:] if name in read]
        if node.op_type in ("Identity", "Dropout") and node.output[0] not in outputs and not spare:
            renamed[node.output[0]] = node.input[0]
        else:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)


def _prune(graph: Any) -> None:
    """Take out nodes whose results nobody takes."""
    needed = {value.name for value in graph.output}
    kept = []
    for node in reversed(graph.node):
        if needed & set(node.output):
            kept.append(node)
            needed |= set(_taken(node)) - {""}
    del graph.node[:]
    graph.node.extend(kept[::-1])


def _name_rounding(node: Any) -> None:
    """Write a rounding mode as QONNX does.

    Raises:
        UnsupportedOperatorError: A mode that QONNX does not define.
    """
    for entry in node.attribute:
        if node.op_type not in QUANTIZERS or entry.name != "rounding_mode":
            continue
        mode = entry.s.decode(errors="replace").upper()
        entry.s = SAME_ROUNDING.get(mode, mode).encode()
        if entry.s.decode() not in ROUNDINGS:
            raise UnsupportedOperatorError(
                f"{title(node)}: rounding mode {mode!r} is not defined; use one of "
                f"{', '.join((*ROUNDINGS, *SAME_ROUNDING))}"
            )


def _check_mode(node: Any) -> None:
    """Require a network that was exported to be run, not to be trained."""
    if node.op_type == "BatchNormalization" and attribute(node, "training_mode", 0):
        raise UnsupportedOperatorError(
            f"{title(node)} is in training mode, where its result depends on the other frames of a batch; "
            "export the network in eval() mode"
        )


def _check_parameters(graph: Any) -> None:
    """Require finite parameters.

    Raises:
        ModelError: NaN or an infinity, with the layer that it belongs to.
    """
    users: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    for tensor in graph.initializer:
        if tensor.data_type not in (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16):
            continue
        values = numpy_helper.to_array(tensor)
        for node in users.get(tensor.name, []):
            wrong = np.isnan(values) if node.op_type in BOUNDED else ~np.isfinite(values)
            if wrong.any():
                what = "NaN" if np.isnan(values).any() else str(values[wrong].reshape(-1)[0])
                raise ModelError(
                    f"{title(node)}: its parameter {tensor.name} holds {what} in "
                    f"{int(wrong.sum())} of {values.size} values; a parameter must be a finite number: "
                    "train or export the network again"
                )
            if node.op_type == "BatchNormalization" and tensor.name == node.input[4] and np.any(values < 0):
                raise ModelError(
                    f"{title(node)}: its variance {tensor.name} is negative ({values.min()}), so its "
                    "result is NaN; train or export the network again"
                )
