"""The tensors within a network, on every level that shows them: one name, one shape, one kind of integer.

A tensor is called as in FINN's graph. Its values are those that travel between the accelerator's layers:
``[n, *shape]``, channels last, BIPOLAR as BINARY.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from finn.core.onnx_exec import execute_onnx
from qonnx.custom_op.registry import getCustomOp

from rbonn_hw.compiler import finn_session, golden
from rbonn_hw.compiler.answer import AnswerScale
from rbonn_hw.compiler.exact import run_exactly
from rbonn_hw.compiler.frontend import Lowered, evaluate, lower
from rbonn_hw.compiler.frontend.values import IntTensor
from rbonn_hw.packing import Ints
from rbonn_hw.spec.accelerator import FrameStream

Tensors = dict[str, Ints]
"""Values of a frame by the tensor's name, ``[*shape]``."""


@dataclass(frozen=True, slots=True)
class InnerTensor:
    """What a layer of the accelerator makes.

    Attributes:
        name: The tensor.
        layer: Name of the layer that makes it.
        kernel: That layer's operator.
        stream: How a frame of it travels.
        number: Which internal stream of the netlist it is; None for the accelerator's answer.
    """

    name: str
    layer: str
    kernel: str
    stream: FrameStream
    number: int | None


def inner_tensors(build_dir: Path) -> list[InnerTensor]:
    """Return what the layers make, each behind what it is made of; the netlist's streams in their order."""
    finn_session.start(build_dir / "finn")
    model = golden.load(build_dir, "finn")
    answer, found, number = model.graph.output[0].name, [], 0
    for node in model.graph.node:
        operator = getCustomOp(node)
        for position, name in enumerate(node.output):
            _, beats, lanes = operator.get_folded_output_shape(position)
            kind = str(operator.get_output_datatype(position).name)
            shape = tuple(int(size) for size in operator.get_normal_output_shape(position)[1:])
            stream = FrameStream(shape, "BINARY" if kind == "BIPOLAR" else kind, int(lanes), int(beats))
            own = None if name == answer else number
            number += own is not None
            found.append(InnerTensor(name, node.name, node.op_type.removesuffix("_rtl"), stream, own))
    return found


def finn_tensors(build_dir: Path, inputs: Ints) -> Tensors:
    """Run FINN's hardware graph on one frame.

    Args:
        build_dir: Build folder.
        inputs: ``[1, *stream shape]``, from :func:`rbonn_hw.compiler.golden.to_integers`.
    """
    finn_session.start(build_dir / "finn")
    model = golden.load(build_dir, "finn")
    feeds = {model.graph.input[0].name: inputs.astype(np.float32)}
    values = execute_onnx(model, feeds, return_full_exec_context=True)
    made = {name for node in model.graph.node for name in node.output}
    return {name: np.rint(values[name][0]).astype(np.int64) for name in made}


def reference_tensors(build_dir: Path, frames: golden.Floats) -> Tensors:
    """Run the QONNX file on one frame ``[1, ...]``; only some of its tensors are the accelerator's, too.

    Its floats are taken back to integers by the scales that the lowering finds in the file.
    """
    lowered, lattices = lower(build_dir / "reference.onnx"), AnswerScale.read(build_dir).lattices
    shown = _shown(lowered)
    names = list(dict.fromkeys(tensor.origin for tensor in shown))
    if lattices:
        values = run_exactly(lowered.reference, lattices, frames, names, lowered.output.origin).values
    else:
        values = evaluate(lowered.reference, frames, names)
    return {tensor.name: _stored(tensor, values[tensor.origin]) for tensor in shown}


def _shown(lowered: Lowered) -> list[IntTensor]:
    """Return the tensors of the reference that a layer of the accelerator may make as they are.

    A sum that thresholds take may have been negated together with them: that is known of neither.
    """
    graph, shown = lowered.lowered, []
    for tensor in {**lowered.integers, lowered.output.origin: lowered.output}.values():
        takers = graph.find_consumers(tensor.name) or []
        turned = tensor.weights and any(node.op_type == "MultiThreshold" for node in takers)
        if not any(tensor.pads) and not turned:
            shown.append(tensor)
    return shown


def _stored(tensor: IntTensor, floats: Any) -> Ints:
    """Return the stored integers of one frame ``[*shape]``, channels last, of floats ``[1, c, ...]``."""
    rank = floats.ndim

    def column(values: Any) -> Any:
        return values.reshape(1, -1, *[1] * (rank - 2))

    integers = np.rint(floats.astype(np.float64) / column(tensor.scale))
    stored = np.rint((integers - column(tensor.offset)) / column(tensor.step)).astype(np.int64)
    result: Ints = np.moveaxis(stored[:, tensor.order], 1, -1)[0]
    return result
