"""From a QONNX file to head, integer graph and tail."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend.ends import build_head, build_tail
from rbonn_hw.compiler.frontend.execution import Array, execute
from rbonn_hw.compiler.frontend.input_quantizer import InputQuantizer, with_quantizer
from rbonn_hw.compiler.frontend.lowering import FLOAT_NETWORK, Lowering
from rbonn_hw.compiler.frontend.operators import LAYERS
from rbonn_hw.compiler.frontend.reading import read
from rbonn_hw.compiler.frontend.values import IntTensor, Value
from rbonn_hw.errors import ModelError, UnsupportedOperatorError


@dataclass(frozen=True, slots=True)
class Lowered:
    """A network as the accelerator computes it, with what the host does before and after.

    ``tail(lowered(head(x)))`` equals the reference's output bit for bit, unless ``exact`` is false: then the
    reference's own float32 sums are rounded (scales that are no powers of two), a note says where, and the
    integers of the accelerator are those of the exact sums.

    Attributes:
        reference: The network of the file, with constants folded: the golden model.
        head: Float network input to integer accelerator input (channels last, BINARY for -1/+1).
        lowered: The accelerator: integer operators only, channels last, one frame.
        tail: Integer accelerator output to float network output.
        notes: What the user should know.
        exact: Whether equality with the reference is guaranteed.
        output: The last integer tensor.
        behind: Positions of the reference's nodes between it and the network's output.
        constants: Constant tensors of the reference.
        integers: Tensors of the reference that the accelerator holds as integers, by name.
    """

    reference: ModelWrapper
    head: ModelWrapper
    lowered: ModelWrapper
    tail: ModelWrapper
    notes: tuple[str, ...]
    exact: bool
    output: IntTensor
    behind: tuple[int, ...]
    constants: Mapping[str, Array]
    integers: Mapping[str, IntTensor]


def _accelerator_output(lowering: Lowering, value: Value) -> tuple[IntTensor, tuple[int, ...]]:
    """Return the last integer tensor and the reference nodes behind it."""
    if isinstance(value, IntTensor):
        return lowering.emitter.padded(value, value.origin), ()
    if not value.sources:
        raise ModelError(f"the network has no quantized layer: {FLOAT_NETWORK}")
    if len(value.sources) > 1:
        raise UnsupportedOperatorError(value.blocked)
    return lowering.emitter.padded(value.sources[0], value.sources[0].origin), value.nodes


def lower(path: Path, *, input_type: str = "", quantizer: InputQuantizer | None = None) -> Lowered:
    """Lower a QONNX file of quantized layers to integers.

    Args:
        path: Network file, from any exporter.
        input_type: QONNX type of the integers that the network is fed; empty for what the file says.
        quantizer: In front of the first layer, where the network has none; None for none.

    Returns:
        Integer graph, head and tail.

    Raises:
        ModelError: No ONNX file, several inputs or outputs, a dynamic shape, a float network, or an addition
        of
            different scales.
        UnsupportedOperatorError: A node that no kernel implements.
        NotMonotoneError: An activation that is no threshold.
    """
    reference = read(path)
    if input_type:
        reference.set_tensor_datatype(reference.graph.input[0].name, DataType[input_type])
    if quantizer is not None:
        reference = with_quantizer(reference, quantizer)
    lowering = Lowering(reference)
    output, rest = _accelerator_output(lowering, lowering.run())
    if lowering.head is None:
        raise ModelError(f"{path}: {FLOAT_NETWORK}")
    if output.name == lowering.emitter.graph.input:
        raise ModelError(
            f"{path}: nothing is left for the accelerator between the quantized input {output.origin} and "
            "the output; a network has at least one layer, pool or second quantizer"
        )
    lowered = lowering.emitter.graph.finish(output.name)
    notes, exact = list(lowering.notes), not lowering.ambiguous and not output.noise.any()
    if output.noise.any():
        notes.append(
            f"{output.origin}: the reference rounds its last sum in float32, the accelerator's "
            "integers are exact: "
            f"outputs may differ by {float(output.noise.max()):.1e}"
        )
    on_host = [reference.graph.node[position] for position in rest]
    notes += [
        f"{node.name} ({node.op_type}) runs on the host: its weights are floats"
        for node in on_host
        if node.op_type in LAYERS
    ]
    return Lowered(
        reference,
        build_head(reference, lowering.constants, lowering.head),
        lowered,
        build_tail(reference, lowering.constants, output, rest),
        tuple(dict.fromkeys(notes)),
        exact,
        output,
        rest,
        lowering.constants.values,
        {name: value for name, value in lowering.values.items() if isinstance(value, IntTensor)},
    )


def compose(lowered: Lowered, x: Array) -> Array:
    """Run head, integer graph and tail with QONNX's execution.

    Args:
        lowered: The network.
        x: Frames ``[n, ...]`` in the shape and float type of the reference's input; several frames run as one
            batch where that is safe (see :func:`rbonn_hw.compiler.frontend.execution.execute`).

    Returns:
        The network's output ``[n, ...]``.
    """
    return execute(lowered.tail, execute(lowered.lowered, execute(lowered.head, x)))
