"""The layers of a hardware graph as plain data, for the dataflow model."""

from collections.abc import Mapping
from math import prod

from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from rbonn_hw.compiler.folding import base_type
from rbonn_hw.compiler.kernels._operator import KernelOperator
from rbonn_hw.spec.stage_graph import Stage, StageGraph, StreamEnd


def stage_graph(model: ModelWrapper) -> StageGraph:
    """Return the layers and streams of a folded and buffered graph; FINN's own layers by their type alone."""
    source, sink = model.graph.input[0].name, model.graph.output[0].name
    stages = []
    for node in model.graph.node:
        operator = getCustomOp(node)
        inputs = tuple(str(name) for name in node.input if model.get_initializer(name) is None)
        outputs = tuple(str(name) for name in node.output)
        if isinstance(operator, KernelOperator):
            stages.append(Stage.of(str(node.name), operator.spec(), inputs, outputs))
        else:
            stages.append(Stage(str(node.name), base_type(node), {}, inputs, outputs))
    first, last = getCustomOp(model.find_consumer(source)), getCustomOp(model.find_producer(sink))
    ends = (prod(first.get_folded_input_shape()[:-1]), prod(last.get_folded_output_shape()[:-1]))
    return StageGraph(tuple(stages), (StreamEnd(source, int(ends[0])),), (StreamEnd(sink, int(ends[1])),))


def set_depths(model: ModelWrapper, depths: Mapping[str, int]) -> None:
    """Give FIFOs these depths, by node [words]."""
    for node in model.graph.node:
        if node.name in depths:
            getCustomOp(node).set_nodeattr("depth", depths[node.name])
