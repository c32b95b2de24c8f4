"""Ready paths: how far one runs within a cycle, and the register stages that bound it.

A kernel's ready either leaves from a register (``READY_THROUGH`` of its specification is False) or follows
the ready of what it feeds. Where many of the second kind follow each other the path grows with the network,
and most of it is wires between layers that lie apart. So no such path crosses more than two kernels.
"""

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from rbonn_hw.compiler.buffers import insert_register, stream_bits
from rbonn_hw.compiler.kernels._operator import KernelOperator
from rbonn_hw.errors import SpecError

MOST_KERNELS = 2
"""Kernels that a path from a ready to another may cross."""
_STAGE_BITS = 2
"""What a stage costs besides its data, in bits of data."""


def insert_registers(model: ModelWrapper) -> ModelWrapper:
    """Put a RbonnRegister on as few and as narrow streams as bound every path of ready.

    A path of three kernels is cut between the first two or between the last two, so every pair of streams
    with one kernel between them needs a stage on one: a vertex cover. Before a join there is a stage or a
    FIFO on every input (its ready also follows the valid of the other input), so what is left is a forest,
    and the cheapest cover is found exactly.
    """
    cut = {
        tensor
        for node in model.graph.node
        if len(_inputs(model, node)) > 1
        for tensor in _inputs(model, node)
        if _inner(model, tensor)
    }
    free = [
        tensor
        for node in model.graph.node
        for tensor in node.output
        if tensor not in cut and _inner(model, tensor)
    ]
    below = {tensor: [t for t in model.find_consumer(tensor).output if t in free] for tensor in free}
    with_stage: dict[str, int] = {}
    without: dict[str, int] = {}
    for tensor in reversed(free):
        with_stage[tensor] = (
            stream_bits(model, tensor)
            + _STAGE_BITS
            + sum(min(with_stage[t], without[t]) for t in below[tensor])
        )
        without[tensor] = sum(with_stage[t] for t in below[tensor])
    forced: set[str] = set()
    for tensor in free:
        if tensor in forced or with_stage[tensor] < without[tensor]:
            cut.add(tensor)
        else:
            forced.update(below[tensor])
    for tensor in sorted(cut):
        insert_register(model, tensor)
    return model


def check_ready_paths(model: ModelWrapper) -> None:
    """Check that no ready follows another one through more than two kernels.

    Raises:
        SpecError: One does; the message names the kernels.
    """
    crossed: dict[str, tuple[str, ...]] = {}
    for node in reversed(model.graph.node):
        beyond = max((crossed.get(tensor, ()) for tensor in node.output), key=len)
        path = (str(node.name), *beyond) if _through(node) else ()
        if len(path) > MOST_KERNELS:
            raise SpecError(
                f"ready crosses {len(path)} kernels within a cycle: {', '.join(path)}; at most "
                f"{MOST_KERNELS} are allowed: put a RbonnRegister or a RbonnFIFO between them"
            )
        crossed.update(dict.fromkeys(_inputs(model, node), path))


def _inner(model: ModelWrapper, tensor: str) -> bool:
    """Return whether ready comes through the consumer of a stream and goes on through its producer."""
    producer, consumer = model.find_producer(tensor), model.find_consumer(tensor)
    return producer is not None and consumer is not None and _through(producer) and _through(consumer)


def _through(node: NodeProto) -> bool:
    """Return whether ready may pass a layer within a cycle; nothing is known of FINN's own."""
    operator = getCustomOp(node)
    return operator.spec().READY_THROUGH if isinstance(operator, KernelOperator) else True


def _inputs(model: ModelWrapper, node: NodeProto) -> list[str]:
    """Return the streams into a layer, without its parameters."""
    return [tensor for tensor in node.input if model.get_initializer(tensor) is None]
