"""Nodes that mean what others mean, written as those: what follows sees one operator for one meaning."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from onnx import NodeProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_shapes import InferShapes

from rbonn_hw.compiler.frontend.attributes import attribute, integers_of, with_attributes
from rbonn_hw.compiler.frontend.crops import spelled_out
from rbonn_hw.compiler.frontend.operators import QUANTIZERS, RESHAPES
from rbonn_hw.compiler.frontend.order import crops_into_layers, late_behind_quantizers, shape_at_the_input
from rbonn_hw.compiler.frontend.parts import joins_behind_quantizers
from rbonn_hw.compiler.frontend.windows import pair, window_of

WINDOWED = ("Conv", "MaxPool", "AveragePool")
REDUCTIONS = ("ReduceMean", "ReduceSum", "ReduceMax")
Rewriter = Callable[[ModelWrapper, NodeProto], Sequence[NodeProto] | None]


def _shape(model: ModelWrapper, name: str) -> list[int]:
    return list(model.get_tensor_shape(name) or [])


def _rewritten(model: ModelWrapper, rewrite: Rewriter) -> None:
    """Replace nodes in place by what ``rewrite`` returns for them; None leaves a node."""
    nodes: list[NodeProto] = []
    for node in list(model.graph.node):
        made = rewrite(model, node)
        nodes += [copy.deepcopy(node)] if made is None else made
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _constant(model: ModelWrapper, name: str, values: Any) -> str:
    model.set_initializer(name, np.asarray(values))
    return name


def _sum_of_two(model: ModelWrapper, node: NodeProto) -> Sequence[NodeProto] | None:
    """Write a Sum of several tensors as a row of Add."""
    if node.op_type != "Sum":
        return None
    first, *others = node.input
    if not others:
        return [helper.make_node("Identity", [first], node.output, name=node.name)]
    made = []
    for number, other in enumerate(others):
        output = node.output[0] if number == len(others) - 1 else f"{node.output[0]}_{number}"
        name = node.name if number == len(others) - 1 else f"{node.name}_{number}"
        made.append(helper.make_node("Add", [first, other], [output], name=name))
        first = output
    return made


def _with_pads(model: ModelWrapper, node: NodeProto) -> Sequence[NodeProto] | None:
    """Write the border that ``auto_pad`` means as numbers, which every runtime takes with every dilation."""
    auto = attribute(node, "auto_pad", b"NOTSET")
    before, after = (_shape(model, name)[2:] for name in (node.input[0], node.output[0]))
    if node.op_type not in WINDOWED or auto == b"NOTSET" or len(before) not in (1, 2):
        return None
    kernel = attribute(node, "kernel_shape", None) or _shape(model, node.input[1])[2:]
    flat = len(before) == 1
    sizes = [pair([1, *size] if flat else size) for size in (kernel, before, after)]
    window = window_of(node, *sizes)
    top, left, bottom, right = window.pads
    pads = [left, right] if flat else [top, left, bottom, right]
    return [with_attributes(node, auto_pad="NOTSET", pads=pads)]


def _without_ceil(model: ModelWrapper, node: NodeProto) -> Sequence[NodeProto] | None:
    """Write windows beyond the map as border, without those that begin there, which runtimes drop."""
    size, kernel = _shape(model, node.input[0])[2:], attribute(node, "kernel_shape", [])
    counted = node.op_type == "AveragePool" and attribute(node, "count_include_pad", 0)
    if node.op_type not in WINDOWED or not attribute(node, "ceil_mode", 0) or counted or not size:
        return None
    axes = len(size)
    pads = [int(pad) for pad in attribute(node, "pads", [0] * 2 * axes)]
    for axis, taps in enumerate(kernel):
        stride = attribute(node, "strides", [1] * axes)[axis]
        reach = attribute(node, "dilations", [1] * axes)[axis] * (taps - 1) + 1
        begin = pads[axis]
        last = -((reach - size[axis] - begin - pads[axis + axes]) // stride)
        last -= int(last * stride >= size[axis] + begin)
        pads[axis + axes] = max(0, last * stride + reach - size[axis] - begin)
    return [with_attributes(node, ceil_mode=0, pads=pads)]


def _pixels_apart(model: ModelWrapper, node: NodeProto) -> Sequence[NodeProto] | None:
    """Write a Slice that takes every s-th row and column as a maximum over windows of one pixel."""
    if node.op_type != "Slice" or len(_shape(model, node.input[0])) != 4:
        return None
    starts, ends, axes, steps = (
        integers_of(model, node, 1 + rank, name)
        for rank, name in enumerate(("starts", "ends", "axes", "steps"))
    )
    if not starts or not ends or not axes or steps is None:
        return None
    size, strides = _shape(model, node.input[0]), [1, 1]
    for start, end, axis, step in zip(starts, ends, axes, steps or [1] * len(axes), strict=True):
        if axis % 4 < 2 or start != 0 or step < 1 or end < size[axis % 4]:
            return None
        strides[axis % 4 - 2] = step
    return [
        helper.make_node(
            "MaxPool", [node.input[0]], node.output, name=node.name, kernel_shape=[1, 1], strides=strides
        )
    ]


def _reduced_once(model: ModelWrapper, node: NodeProto) -> Sequence[NodeProto] | None:
    """Write a mean, sum or maximum of one over other axes as one over all of them."""
    before = model.find_producer(node.input[0])
    if node.op_type not in REDUCTIONS or before is None or before.op_type != node.op_type:
        return None
    axes, ahead = (integers_of(model, each, 1, "axes") for each in (node, before))
    if not axes or not ahead or len(model.find_consumers(before.output[0]) or []) > 1:
        return None
    rank = len(_shape(model, before.input[0]))
    gone = {axis % rank for axis in ahead}
    left = list(range(rank)) if attribute(before, "keepdims", 1) else sorted(set(range(rank)) - gone)
    every = sorted(gone | {left[axis] for axis in axes})
    output = node.output[0]
    reduced = f"{output}_reduced"
    if attribute(node, "axes", None) is None:
        operands, given = [before.input[0], _constant(model, f"{reduced}_axes", np.array(every))], {}
    else:
        operands, given = [before.input[0]], {"axes": every}
    shape = _constant(model, f"{reduced}_shape", np.array(_shape(model, output), np.int64))
    return [
        helper.make_node(node.op_type, operands, [reduced], name=node.name, keepdims=1, **given),
        helper.make_node("Reshape", [reduced, shape], [output], name=f"{node.name}_shape"),
    ]


def _global_maximum(model: ModelWrapper, node: NodeProto) -> Sequence[NodeProto] | None:
    """Write GlobalMaxPool, and ReduceMax over height or width, as a max-pool of that size."""
    if node.op_type not in ("GlobalMaxPool", "ReduceMax"):
        return None
    size, axes = _shape(model, node.input[0]), [2, 3]
    if node.op_type == "ReduceMax":
        given = integers_of(model, node, 1, "axes")
        if given is None:
            return None
        axes = sorted(axis % max(1, len(size)) for axis in given)
    if len(size) != 4 or not axes or not set(axes) <= {2, 3}:
        return None
    kernel = [size[axis] if axis in axes else 1 for axis in (2, 3)]
    pooled = node.output[0]
    made = []
    if not attribute(node, "keepdims", 1):
        shape = _constant(model, f"{pooled}_shape", np.array(_shape(model, pooled), np.int64))
        pooled = f"{pooled}_pooled"
        made = [helper.make_node("Reshape", [pooled, shape], node.output, name=f"{node.name}_shape")]
    pool = helper.make_node(
        "MaxPool", [node.input[0]], [pooled], name=node.name, kernel_shape=kernel, strides=kernel
    )
    return [pool, *made]


def _kept_in_order(perm: Sequence[int], shape: Sequence[int]) -> bool:
    """Tell whether a Transpose moves axes of one value only."""
    moving = [axis for axis in perm if shape[axis] > 1]
    return moving == sorted(moving)


def _reshaped_once(model: ModelWrapper, node: NodeProto) -> Sequence[NodeProto] | None:
    """Write a row of changes of shape as one, and a Transpose that only moves axes of one value as such."""
    if not _changes_shape(model, node):
        return None
    source, rank = node.input[0], 0
    while True:
        producer = model.find_producer(source)
        if producer is None or not _changes_shape(model, producer):
            break
        source, rank = producer.input[0], rank + 1
    if not rank and node.op_type != "Transpose":
        return None
    after = _shape(model, node.output[0])
    if _shape(model, source) == after:
        return [helper.make_node("Identity", [source], node.output, name=node.name)]
    shape = _constant(model, f"{node.output[0]}_shape", np.array(after, np.int64))
    return [helper.make_node("Reshape", [source, shape], node.output, name=node.name)]


def _changes_shape(model: ModelWrapper, node: NodeProto) -> bool:
    """Tell whether a node gives its values in the same order, in other axes."""
    if node.op_type not in RESHAPES or model.get_initializer(node.input[0]) is not None:
        return False
    before = _shape(model, node.input[0])
    if not before or not _shape(model, node.output[0]):
        return False
    perm = attribute(node, "perm", list(range(len(before)))[::-1])
    return node.op_type != "Transpose" or _kept_in_order(perm, before)


def _unread(model: ModelWrapper) -> None:
    """Take out nodes whose results nobody reads any more."""
    needed, kept = {model.graph.output[0].name}, []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            kept.append(copy.deepcopy(node))
            needed |= set(node.input)
    del model.graph.node[:]
    model.graph.node.extend(kept[::-1])


def _quantized_once(model: ModelWrapper) -> None:
    """Let all who quantize one tensor alike read the first: layers may have input quantizers of their own."""
    first: dict[Any, str] = {}
    same: dict[str, str] = {}
    output = model.graph.output[0].name
    for node in model.graph.node:
        for position, name in enumerate(node.input):
            node.input[position] = same.get(name, name)
        if node.op_type not in QUANTIZERS or node.output[0] == output:
            continue
        parameters = [model.get_initializer(name) for name in node.input[1:]]
        if any(value is None for value in parameters):
            continue
        written = sorted(entry.SerializeToString() for entry in node.attribute)
        key = (node.op_type, node.input[0], *((v.shape, v.tobytes()) for v in parameters), *written)
        if key in first:
            same[node.output[0]] = first[key]
        else:
            first[key] = node.output[0]


def one_form(model: ModelWrapper) -> ModelWrapper:
    """Rewrite what does not depend on the layout of maps."""
    _quantized_once(model)
    for rewrite in (_reduced_once, _sum_of_two, _with_pads, _pixels_apart, spelled_out, _without_ceil):
        _rewritten(model, rewrite)
    crops_into_layers(model)
    # ONNX infers other shapes than runtimes make where windows begin within the border.
    del model.graph.value_info[:]
    _unread(model)
    return shape_at_the_input(late_behind_quantizers(model.transform(InferShapes())))


def one_form_of_maps(model: ModelWrapper) -> ModelWrapper:
    """Rewrite what is known once every map is [1, c, h, w]."""
    _rewritten(model, _global_maximum)
    model = model.transform(InferShapes())
    _rewritten(model, _reshaped_once)
    joins_behind_quantizers(model)
    _unread(model)
    return model.transform(InferShapes())
