"""Width converters and FIFOs between layers.

FIFO depths are safe, not minimal. Where branches of a fork meet again in an add, the one that is ahead waits:
its FIFO holds what it can be ahead by (:mod:`rbonn_hw.compiler.joins`) and some rows more. A folded MVAU
replays a vector while the next waits, in a FIFO or in the window before it; a pool gives a row at once, which
waits while the layer behind it works until the next row. A window holds the rows that its next windows need,
also those of the next frame.
"""

import re
from collections.abc import Iterator

import numpy as np
from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from rbonn_hw.compiler.folding import base_type, divisors
from rbonn_hw.compiler.hardware_nodes import datatype, hardware_node
from rbonn_hw.compiler.joins import JOINS, pixels_ahead
from rbonn_hw.datatypes import IntType
from rbonn_hw.spec._stream import Area, KernelSpec
from rbonn_hw.spec.fifo import FifoSpec
from rbonn_hw.spec.mvau import MvauSpec

JOIN_SLACK_ROWS = 2
"""Rows by which the branches of a join run apart because they take their pixels at another pace."""
PIPELINE_SLACK_WORDS = 32
"""Beats in flight in the pipelines beside a join's waiting branch [words]."""
MIN_DEPTH_WORDS = 2
MEMORY_WORD_BYTES = (1, 2, 4, 8)
"""Words that the shell takes from memory without a wide converter [bytes]."""
WITH_FIFOS = JOINS | {"RbonnMVAU"}
"""Layers before which there may be a FIFO."""


def insert_width_converters(model: ModelWrapper) -> ModelWrapper:
    """Put a RbonnDWC between layers that exchange another number of elements per beat.

    A window has its own, and takes beats as they come.
    """
    for node in list(model.graph.node):
        if base_type(node) == "RbonnDWC":
            _fit_flatten(model, node)
    for node in list(model.graph.node):
        if base_type(node) == "RbonnWindow":
            _fit_window(model, node)
    for consumer in list(model.graph.node):
        for ind, tensor in enumerate(consumer.input):
            producer = model.find_producer(tensor)
            if producer is None:
                continue
            lanes_out = _lanes(producer, tensor, "output")
            lanes_in = _lanes(consumer, tensor, "input")
            if lanes_out != lanes_in:
                shape = model.get_tensor_shape(tensor)
                converter = hardware_node(
                    "RbonnDWC", [tensor], [_new_tensor(model, tensor, "wide")], f"{consumer.name}_dwc{ind}",
                    inShape=shape, outShape=shape, inLanes=lanes_out, outLanes=lanes_in,
                    dataType=datatype(model, tensor),
                )  # fmt: skip
                _insert_before(model, converter, consumer, ind)
    return model


def _fit_flatten(model: ModelWrapper, node: NodeProto) -> None:
    """Give a flatten the widths of its neighbours; at the input as many elements a beat as the DMA likes."""
    operator, producer = getCustomOp(node), model.find_producer(node.input[0])
    consumer = model.find_consumer(node.output[0])
    lanes_out = _lanes(consumer, node.output[0], "input") if consumer is not None else 1
    if producer is None:
        lanes_in = _lanes_from_memory(lanes_out, _element_bits(model, node.input[0]))
    else:
        lanes_in = _lanes(producer, node.input[0], "output")
    operator.set_nodeattr("inLanes", lanes_in)
    operator.set_nodeattr("outLanes", lanes_out if consumer is not None else lanes_in)


def _lanes_from_memory(lanes_out: int, element_bits: int) -> int:
    """Return the most elements that fill a word of 1, 2, 4 or 8 bytes and come together into a beat."""
    fitting = [lanes for lanes in divisors(lanes_out) if -(-lanes * element_bits // 8) in MEMORY_WORD_BYTES]
    return max(fitting, default=1)


def _fit_window(model: ModelWrapper, node: NodeProto) -> None:
    """Let a window take beats of the width in which they come."""
    producer = model.find_producer(node.input[0])
    operator = getCustomOp(node)
    lanes = operator.spec().lanes if producer is None else _lanes(producer, node.input[0], "output")
    operator.set_nodeattr("inLanes", lanes)


def insert_fifos(model: ModelWrapper) -> ModelWrapper:
    """Put a RbonnFIFO before each layer input that must not stall what feeds it."""
    fifos = InputFifos(model)
    edges = [
        (consumer, ind, tensor, fifos.words(consumer, tensor, getCustomOp(consumer).spec()))
        for consumer in model.graph.node
        if base_type(consumer) in WITH_FIFOS
        for ind, tensor in enumerate(consumer.input)
        if model.find_producer(tensor) is not None
    ]
    for consumer, ind, tensor, depth in edges:
        if depth >= MIN_DEPTH_WORDS:
            fifo = hardware_node(
                "RbonnFIFO", [tensor], [_new_tensor(model, tensor, "fifo")], f"{consumer.name}_fifo{ind}",
                depth=depth, lanes=_lanes(consumer, tensor, "input"),
                normal_shape=model.get_tensor_shape(tensor), dataType=datatype(model, tensor),
            )  # fmt: skip
            _insert_before(model, fifo, consumer, ind)
    return model


def insert_register(model: ModelWrapper, tensor: str) -> None:
    """Put a RbonnRegister on the stream ``tensor``, before the layer that reads it."""
    consumer = model.find_consumer(tensor)
    ind = list(consumer.input).index(tensor)
    register = hardware_node(
        "RbonnRegister", [tensor], [_new_tensor(model, tensor, "register")], f"{consumer.name}_register{ind}",
        lanes=_lanes(consumer, tensor, "input"),
        normal_shape=model.get_tensor_shape(tensor), dataType=datatype(model, tensor),
    )  # fmt: skip
    _insert_before(model, register, consumer, ind)


def stream_bits(model: ModelWrapper, tensor: str) -> int:
    """Return the width of a stream between two layers [bits]."""
    return _lanes(model.find_consumer(tensor), tensor, "input") * _element_bits(model, tensor)


def _element_bits(model: ModelWrapper, tensor: str) -> int:
    """Return the width of an element of a stream [bits]."""
    return int(model.get_tensor_datatype(tensor).bitwidth())


class InputFifos:
    """The FIFOs before the layers of a graph, for the folding that it has or for another one."""

    def __init__(self, model: ModelWrapper) -> None:
        self._model, self._order, self._ahead = model, arrival_order(model), pixels_ahead(model)
        self._rows: dict[str, int | None] = {}

    def words(self, consumer: NodeProto, tensor: str, spec: KernelSpec) -> int:
        """Return the depth that the FIFO before one input needs, 0 for none [words].

        Args:
            consumer: Layer.
            tensor: The stream.
            spec: The layer with the folding in question.
        """
        beats = spec.inputs[list(consumer.input).index(tensor)].beats
        if base_type(consumer) in JOINS:
            waiting = self._ahead.get((consumer.name, tensor))
            # A concatenation takes a whole pixel of one branch before it looks at the other.
            at_once = base_type(consumer) == "RbonnAdd"
            if at_once and waiting == 1 and tensor == max(consumer.input, key=lambda name: self._order[name]):
                return PIPELINE_SLACK_WORDS
            return PIPELINE_SLACK_WORDS + _waiting_words(beats, self._model.get_tensor_shape(tensor), waiting)
        if isinstance(spec, MvauSpec):
            if consumer.name not in self._rows:
                self._rows[consumer.name] = self._rows_at_once(consumer)
            rows = self._rows[consumer.name]
            if rows is None:
                return 0
            return max(beats // rows if rows else 0, spec.synapse_fold if spec.neuron_fold > 1 else 0)
        return 0

    def _rows_at_once(self, product: NodeProto) -> int | None:
        """Return in how many bursts a product's input comes, 0 for evenly; None if a window holds it."""
        producer = self._model.find_producer(product.input[0])
        if producer is None or base_type(_before_converter(self._model, producer)) == "RbonnWindow":
            return None
        pool = _pool_before(self._model, producer)
        return 0 if pool is None else _pooled_rows(pool)

    def areas(self, consumer: NodeProto, spec: KernelSpec) -> Iterator[Area]:
        """Yield what each FIFO before a layer takes."""
        if base_type(consumer) not in WITH_FIFOS:
            return
        for tensor, port in zip(consumer.input, spec.inputs, strict=False):
            depth = self.words(consumer, tensor, spec)
            if self._model.find_producer(tensor) is not None and depth >= MIN_DEPTH_WORDS:
                dtype = IntType.from_qonnx(datatype(self._model, tensor))
                yield FifoSpec(depth=depth, lanes=port.lanes, dtype=dtype, beats=port.beats).area()


def _waiting_words(beats: int, shape: list[int], waiting: int | None) -> int:
    """Return the words of the pixels that wait before a join; a whole frame where nothing is known."""
    if waiting is None:
        return beats
    pixels, row = int(np.prod(shape[1:-1])), shape[-2] if len(shape) > 2 else 1
    # The fork has begun the next pixel when the last one arrives.
    return beats * min(pixels, waiting + 1 + JOIN_SLACK_ROWS * row) // pixels


def _before_converter(model: ModelWrapper, node: NodeProto) -> NodeProto:
    """Return this layer, or the one whose beats it converts."""
    if base_type(node) == "RbonnDWC":
        return model.find_producer(node.input[0]) or node
    return node


def _pool_before(model: ModelWrapper, node: NodeProto | None) -> NodeProto | None:
    """Return the pool, this layer or one before it, whose output arrives as it was given."""
    while node is not None and base_type(node) in {"RbonnDWC", "RbonnThreshold"}:
        node = model.find_producer(node.input[0])
    return node if node is not None and base_type(node) == "RbonnPool" else None


def _pooled_rows(pool: NodeProto) -> int:
    operator = getCustomOp(pool)
    if operator.get_nodeattr("OutDim"):
        return int(operator.get_nodeattr("OutDim")[0])
    return int(operator.get_nodeattr("ImgDim")[0] // operator.get_nodeattr("KernelDim")[0])


def arrival_order(model: ModelWrapper) -> dict[str, tuple[int, int]]:
    """Return how late each tensor starts: pixels that window generators hold back, then layers passed.

    Both are those of the latest path to the tensor.
    """
    order = {model.graph.input[0].name: (0, 0)}
    for node in model.graph.node:
        pixels, depth = max(order.get(tensor, (0, 0)) for tensor in node.input)
        if base_type(node) == "RbonnWindow":
            operator = getCustomOp(node)
            rows, columns = operator.get_nodeattr("KernelDim")
            pixels += (rows - 1) * operator.get_nodeattr("ImgDim")[1] + columns
        for tensor in node.output:
            order[tensor] = (pixels, depth + 1)
    return order


def _folded_shape(node: NodeProto, tensor: str, side: str) -> tuple[int, ...]:
    operator = getCustomOp(node)
    names = list(node.input if side == "input" else node.output)
    shape = (operator.get_folded_input_shape if side == "input" else operator.get_folded_output_shape)(
        names.index(tensor)
    )
    return tuple(int(size) for size in shape)


def _lanes(node: NodeProto, tensor: str, side: str) -> int:
    return _folded_shape(node, tensor, side)[-1]


def _new_tensor(model: ModelWrapper, tensor: str, suffix: str) -> str:
    taken, number = set(model.get_all_tensor_names()), 0
    stem = re.sub(r"_(wide|fifo|register)\d+$", "", tensor)
    while f"{stem}_{suffix}{number}" in taken:
        number += 1
    name = f"{stem}_{suffix}{number}"
    model.set_tensor_shape(name, model.get_tensor_shape(tensor))
    model.set_tensor_datatype(name, model.get_tensor_datatype(tensor))
    return name


def _insert_before(model: ModelWrapper, node: NodeProto, consumer: NodeProto, ind: int) -> None:
    consumer.input[ind] = node.output[0]
    model.graph.node.insert(list(model.graph.node).index(consumer), node)
