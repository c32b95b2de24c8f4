"""Reads a folding problem off a graph of hardware layers that has no buffers yet.

Plumbing counts where it belongs: a FIFO with the layer before which it stands, a width converter with the
pair of layers between which it stands. Register stages are not in it: where they stand follows from the whole
graph.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from math import prod
from typing import Any

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from rbonn_hw.compiler.buffers import InputFifos
from rbonn_hw.compiler.folding import CHANNEL_ATTRIBUTE, base_type, divisors
from rbonn_hw.compiler.solver.problem import Layer, Option, Problem, Setting, Stream
from rbonn_hw.compiler.summary import layer_cost
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError
from rbonn_hw.spec._stream import Area, KernelSpec
from rbonn_hw.spec.dwc import DwcSpec
from rbonn_hw.spec.summary import Resources
from rbonn_hw.spec.window import WindowSpec

MAX_LANES = 1024
"""Widest window that a layer takes at once, to keep routing sane [elements]."""
MAX_LUT_ROWS = 1024
"""Deepest memory of weights that is put in LUTs [words]."""
PLUMBING_SLACK = 2
"""How much quicker than the target layers without weights are made: they are small, and come in bursts."""
WEIGHTED = frozenset({"RbonnMVAU", "RbonnDepthwise"})


def read_problem(
    model: ModelWrapper, part: str, given: Mapping[str, Setting]
) -> tuple[Problem, dict[int, list[int]]]:
    """Return what each layer of a graph can be, and which of it is left by what is given.

    Args:
        model: Hardware layers without buffers; their folding is another afterwards.
        part: Device, for the estimates of layers that are not ours.
        given: Attributes that are not to be chosen, by node.

    Returns:
        The problem, and by the rank of each layer the numbers of the options that it may have.
    """
    nodes = [node for node in model.graph.node if base_type(node) != "RbonnDWC"]
    fifos = InputFifos(model)
    layers = tuple(
        Layer(str(node.name), tuple(_options(model, node, part, fifos, given.get(node.name, {}))))
        for node in nodes
    )
    ranks = {node.name: rank for rank, node in enumerate(nodes)}
    kept = {
        rank: [
            number
            for number, option in enumerate(layer.options)
            if _agrees(option, given.get(layer.name, {}))
        ]
        for rank, layer in enumerate(layers)
    }
    streams = []
    for consumer in nodes:
        for port, tensor in enumerate(_streams_into(model, consumer)):
            producer = _producer(model, tensor)
            if producer is not None:
                ends = ranks[producer.name], ranks[consumer.name]
                always = {layers[ends[0]].options[number].gives for number in kept[ends[0]]}
                always = always if producer.name in given else set()
                pairs = _pairs(
                    model, tensor, (producer, consumer), (layers[ends[0]], layers[ends[1]]), port, always
                )
                streams.append(Stream(*ends, port, pairs))
    return Problem(layers, tuple(streams)), kept


def _agrees(option: Option, given: Setting) -> bool:
    """Return whether an option is what was given; nothing else can be chosen of a layer."""
    return all(option.setting.get(name, value) == value for name, value in given.items())


def _streams_into(model: ModelWrapper, node: NodeProto) -> list[str]:
    return [tensor for tensor in node.input if model.get_initializer(tensor) is None]


def _producer(model: ModelWrapper, tensor: str) -> NodeProto | None:
    """Return what gives a stream; a flatten has the widths of its neighbours, and is part of the stream."""
    node = model.find_producer(tensor)
    while node is not None and base_type(node) == "RbonnDWC":
        node = model.find_producer(node.input[0])
    return node


def _resources(area: Area) -> Resources:
    return Resources(lut=area.lut, ff=area.ff, ramb36=area.ramb18 / 2, dsp=area.dsp)


def _options(
    model: ModelWrapper, node: NodeProto, part: str, fifos: InputFifos, given: Setting
) -> list[Option]:
    found = [
        Option(
            cycles=spec.cycles_per_frame,
            pace=spec.cycles_per_frame,
            resources=sum(map(_resources, fifos.areas(node, spec)), start=_resources(spec.area())),
            takes=(spec.lanes,)
            if isinstance(spec, WindowSpec)
            else tuple(port.lanes for port in spec.inputs),
            gives=spec.outputs[0].lanes,
            setting=setting,
        )
        for setting, spec in _foldings(model, node, given)
    ]
    if not found:
        return [_fixed(model, node, part)]
    if base_type(node) in WEIGHTED | {"RbonnWindow"}:
        return found
    fastest = min(option.cycles for option in found)
    return [
        option if option.cycles == fastest else replace(option, pace=PLUMBING_SLACK * option.cycles)
        for option in found
    ]


def _fixed(model: ModelWrapper, node: NodeProto, part: str) -> Option:
    """Return the one option of a layer whose folding is not ours to choose."""
    operator, cost = getCustomOp(node), layer_cost(node, part)
    streams = range(len(_streams_into(model, node)))
    return Option(
        cycles=cost.cycles_per_frame,
        pace=cost.cycles_per_frame,
        resources=cost.resources,
        takes=tuple(int(operator.get_folded_input_shape(ind)[-1]) for ind in streams),
        gives=int(operator.get_folded_output_shape()[-1]),
        setting={},
    )


def _foldings(model: ModelWrapper, node: NodeProto, given: Setting) -> Iterator[tuple[Setting, KernelSpec]]:
    """Yield every folding of a layer and its specification; none if it is not ours to choose."""
    kind, operator = base_type(node), getCustomOp(node)
    if kind == "RbonnMVAU":
        yield from _mvau(model, node, operator, given)
    elif kind == "RbonnDepthwise":
        yield from _depthwise(operator, given)
    elif kind == "RbonnWindow":
        spec = operator.spec()
        for simd in _with_given(given, "SIMD", spec.legal_out_lanes):
            lanes = min(int(simd), spec.channels)
            yield {"SIMD": simd}, replace(spec, out_lanes=simd, in_lanes=lanes)
    elif kind in CHANNEL_ATTRIBUTE:
        for lanes in _with_given(given, "PE", divisors(operator.get_nodeattr(CHANNEL_ATTRIBUTE[kind]))):
            operator.set_nodeattr("PE", lanes)
            try:
                spec = operator.spec()
            except FoldingError:  # not every divisor suits a concatenation's or a choice's blocks
                continue
            yield {"PE": lanes}, spec


def _with_given(given: Setting, name: str, choices: Iterable[int]) -> list[int]:
    """Return the choices, and the given one if it is none of them."""
    found = list(choices)
    value = given.get(name, found[0])
    return found if value in found else [*found, int(value)]


def _styles(given: Setting, spec: Any) -> Iterator[tuple[str, Any]]:
    """Yield where the weights may lie, and the specification with them there."""
    automatic = replace(spec, ram_style="auto")
    yield "auto", automatic
    other = "distributed" if automatic.block_rom else "block"
    styles = {other} if other == "block" or automatic.weight_rows <= MAX_LUT_ROWS else set()
    for style in sorted(styles | {str(given.get("ram_style", "auto"))} - {"auto"}):
        yield style, replace(spec, ram_style=style)


def _mvau(
    model: ModelWrapper, node: NodeProto, operator: Any, given: Setting
) -> Iterator[tuple[Setting, KernelSpec]]:
    """Yield the SIMDs that a window can feed, parts of a pixel or whole pixels, with every PE."""
    spec, producer = operator.spec(), model.find_producer(node.input[0])
    windowed = producer is not None and base_type(producer) == "RbonnWindow"
    channels = getCustomOp(producer).get_nodeattr("NumChannels") if windowed else spec.mw
    simds = [
        simd
        for simd in divisors(spec.mw)
        if simd <= MAX_LANES and (channels % simd == 0 or simd % channels == 0)
    ]
    for simd, pe in itertools.product(
        _with_given(given, "SIMD", simds), _with_given(given, "PE", divisors(spec.mh))
    ):
        for style, folded in _styles(given, replace(spec, pe=pe, simd=simd)):
            yield {"PE": pe, "SIMD": simd, "ram_style": style}, folded


def _depthwise(operator: Any, given: Setting) -> Iterator[tuple[Setting, KernelSpec]]:
    """Yield every PE with one tap a beat, and all channels with several taps."""
    spec = replace(operator.spec(), simd=1)
    folds = [(pe, 1) for pe in divisors(spec.channels)]
    folds += [(spec.channels, simd) for simd in divisors(spec.taps)[1:]]
    for pe, simd in folds:
        for style, folded in _styles(given, replace(spec, pe=pe, simd=simd)):
            yield {"PE": pe, "SIMD": simd, "ram_style": style}, folded


def _pairs(
    model: ModelWrapper,
    tensor: str,
    ends: tuple[NodeProto, NodeProto],
    layers: tuple[Layer, Layer],
    port: int,
    always: set[int],
) -> dict[tuple[int, int], Resources]:
    """Return what the width converter on a stream costs, by lanes given and lanes taken."""
    from_window = base_type(ends[0]) == "RbonnWindow"
    window = getCustomOp(ends[1]).spec() if base_type(ends[1]) == "RbonnWindow" else None
    dtype = IntType.from_qonnx(str(model.get_tensor_datatype(tensor).name))
    elements = prod(int(size) for size in model.get_tensor_shape(tensor))
    gives = sorted({option.gives for option in layers[0].options})
    takes = sorted({option.takes[port] for option in layers[1].options})
    pairs = {}
    for lanes_in, lanes_out in itertools.product(gives, takes):
        # Narrower than what is taken, a window would hold up every vector that it does not have at once.
        narrow = from_window and lanes_in < min(lanes_out, gives[-1])
        if not narrow or lanes_in in always:
            pairs[lanes_in, lanes_out] = (
                _converter(lanes_in, lanes_out, dtype, elements)
                if window is None
                else _in_window(window, lanes_in, lanes_out)
            )
    return pairs


@cache
def _converter(lanes_in: int, lanes_out: int, dtype: IntType, elements: int) -> Resources:
    if lanes_in == lanes_out:
        return Resources()
    beats = elements // lanes_in
    return _resources(DwcSpec(in_lanes=lanes_in, out_lanes=lanes_out, dtype=dtype, beats=beats).area())


@cache
def _in_window(spec: WindowSpec, lanes_in: int, lanes: int) -> Resources:
    """Return what a window costs more for beats of other lanes than it stores."""
    plain = replace(spec, out_lanes=lanes, in_lanes=lanes)
    return _resources(replace(plain, in_lanes=lanes_in).area()) - _resources(plain.area())
