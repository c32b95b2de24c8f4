"""Convolutions and matrix products."""

from dataclasses import replace
from typing import Any

from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.grouped import block_diagonal, depthwise
from rbonn_hw.compiler.frontend.mixed_scales import Layer, in_parts, on_one_scale
from rbonn_hw.compiler.frontend.products import convolve, multiply
from rbonn_hw.compiler.frontend.values import IntTensor, Value, merge
from rbonn_hw.compiler.frontend.walk import Walk
from rbonn_hw.compiler.frontend.weights import Weights, decompose
from rbonn_hw.compiler.frontend.windows import pair, window_of
from rbonn_hw.errors import ModelError, UnsupportedOperatorError


def _weights(lowering: Walk, node: Any, axes: tuple[int, ...]) -> Weights:
    """Return a layer's constant operand as a matrix ``[k, m]`` of integers.

    Args:
        lowering: The walk.
        node: The layer.
        axes: Order of the operand's axes in which the last is the output and the others are the input.
    """
    name = node.input[1]
    if name not in lowering.constants.values:
        raise UnsupportedOperatorError(
            f"{node.name} ({node.op_type}) multiplies two activations; weights must be constant"
        )
    values = lowering.constants.values[name]
    if values.ndim != len(axes):
        raise UnsupportedOperatorError(
            f"{node.name} ({node.op_type}): its weights have shape {values.shape}; use a matrix [f, m]"
        )
    values = values.transpose(axes)
    scales = lowering.constants.scales.get(name)
    flat = (-1, values.shape[-1])
    return decompose(
        values.reshape(flat), None if scales is None else scales.transpose(axes).reshape(flat), node.name
    )


def _input(
    lowering: Walk, position: int, node: Any, axes: tuple[int, ...]
) -> tuple[IntTensor, Weights] | Value:
    """Return input and weights of a layer; the unlowered value when its weights are floats."""
    value = lowering.values.get(node.input[0])
    if value is None:
        raise UnsupportedOperatorError(
            f"{node.name}: its first operand is constant; the activation must come first"
        )
    if not isinstance(value, IntTensor) and not value.sources:
        lowering.integer(node.input[0], node.name)
    try:
        weights = _weights(lowering, node, axes)
    except UnsupportedOperatorError as error:
        return merge(
            [lowering.values[name] for name in node.input if name in lowering.values], position, str(error)
        )
    return lowering.integer(node.input[0], node.name), weights


def lower_conv(lowering: Walk, position: int, node: Any) -> Value:
    """Lower a convolution; a grouped one that is not depthwise has zeros for the inputs of other groups.

    Raises:
        UnsupportedOperatorError: Other than two spatial axes, or an input or weights that are no integers.
    """
    groups = int(attribute(node, "group", 1))
    if len(lowering.reference.get_tensor_shape(node.input[0])) != 4:
        raise UnsupportedOperatorError(f"{node.name} (Conv) is not two-dimensional; use [1, c, h, w] maps")
    found = _input(lowering, position, node, (2, 3, 1, 0))
    if not isinstance(found, tuple):
        return found
    x, weights = found
    kernel = pair(lowering.constants.values[node.input[1]].shape[2:])
    before, after = (
        pair(lowering.reference.get_tensor_shape(name)[2:]) for name in (node.input[0], node.output[0])
    )
    window = window_of(node, kernel, before, after)
    if any(window.pads):
        # A border of -1 within one of 0 must exist before the outer one is added.
        x = lowering.zero_padded(lowering.emitter.padded(x, node.name), node.name)
    window = window.within(x.pads)
    if groups == x.channels == weights.scale.size:
        return depthwise(lowering.emitter, x, weights, window, node.output[0], node.name)
    if groups > 1:
        weights = block_diagonal(weights, window.taps, groups)
        lowering.notes.append(
            f"{node.name}: each of its {groups} groups is computed over all channels, with weights 0 for "
            f"those of other groups: {groups} times the multiplications that it needs"
        )
    return _on_scales(
        lowering, node, (x, weights), window.taps,
        lambda part, rows, name: convolve(lowering.emitter, part, rows, window, node.output[0], name),
    )  # fmt: skip


def lower_matmul(lowering: Walk, position: int, node: Any) -> Value:
    """Lower a matrix product of a vector.

    Raises:
        UnsupportedOperatorError: Another rank, or an input or weights that are no integers.
    """
    if not any(name in lowering.constants.values for name in node.input):
        reason = f"{node.name} ({node.op_type}) multiplies two activations, as attention does; no kernel does"
        return replace(merge([lowering.values[name] for name in node.input], position), blocked=reason)
    if len(lowering.reference.get_tensor_shape(node.input[0])) != 2:
        raise UnsupportedOperatorError(
            f"{node.name} (MatMul) is not applied to a vector [1, f]; flatten its input"
        )
    found = _input(lowering, position, node, (0, 1))
    if not isinstance(found, tuple):
        return found
    x, weights = found
    if len(x.shape) != 2:
        raise ModelError(f"{node.name} (MatMul): its input {x.origin} is a map; flatten it")

    def product(part: IntTensor, rows: Weights, name: str) -> IntTensor:
        ordered = replace(rows, integers=rows.integers[part.order])
        return multiply(lowering.emitter, part, ordered, 1, node.output[0], name)

    return _on_scales(lowering, node, (x, weights), 1, product)


def _on_scales(
    lowering: Walk, node: Any, operands: tuple[IntTensor, Weights], taps: int, layer: Layer
) -> IntTensor:
    """Append a layer: in parts where its input has several scales whose factors its weights cannot take."""
    x, weights = operands
    if not x.has_one_scale():
        alike = on_one_scale(x, weights, taps)
        if alike is None:
            return in_parts(lowering, node, x, weights, taps, layer)
        x, weights = alike
    return layer(x, weights, node.name)
