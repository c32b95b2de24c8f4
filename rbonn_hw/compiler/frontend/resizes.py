"""Nearest-neighbour resizes by whole factors."""

from dataclasses import replace
from typing import Any

import numpy as np

from rbonn_hw.compiler.frontend.arithmetic import identifier
from rbonn_hw.compiler.frontend.execution import run_nodes
from rbonn_hw.compiler.frontend.values import IntTensor, Value, merge
from rbonn_hw.compiler.frontend.walk import Walk
from rbonn_hw.errors import UnsupportedOperatorError


def lower_resize(lowering: Walk, position: int, node: Any) -> Value:
    """Repeat every pixel, where that is what the node does.

    Raises:
        UnsupportedOperatorError: Another interpolation, factors that are not whole, or rows of one element.
    """
    value = lowering.affine(node.input[0], node.name)
    if not isinstance(value, IntTensor):
        reason = f"{node.name} ({node.op_type}) resizes floats; put a quantizer directly before it"
        return merge([value], position, reason if value.sources else "")
    before, after = (
        tuple(lowering.reference.get_tensor_shape(name)) for name in (node.input[0], node.output[0])
    )
    if not _repeats(lowering, node, before, after):
        raise UnsupportedOperatorError(
            f"{node.name} ({node.op_type}) from {before} to {after} does not repeat pixels; use mode nearest "
            "and whole factors for height and width"
        )
    if before[1] * before[3] == 1:
        raise UnsupportedOperatorError(
            f"{node.name} ({node.op_type}): a map of one channel and one column is not repeated; "
            "resize it where it has two channels"
        )
    x, graph, label = lowering.emitter.padded(value, node.name), lowering.emitter.graph, identifier(node.name)
    factors = np.array([1, after[2] // before[2], after[3] // before[3], 1])
    scales = graph.initializer(f"{label}_scales", factors, "FLOAT32")
    name = graph.add(
        "Resize", label, [x.name, "", scales], [1, *after[2:], after[1]], x.dtype, mode="nearest",
        coordinate_transformation_mode="asymmetric", nearest_mode="floor",
    )  # fmt: skip
    return replace(x, origin=node.output[0], name=name, shape=after, weights="")


def _repeats(lowering: Walk, node: Any, before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Tell whether the node itself repeats the pixels of a map whose pixels are all different."""
    if len(before) != 4 or before[:2] != after[:2] or after[2] % before[2] or after[3] % before[3]:
        return False
    ramp = np.arange(np.prod(before), dtype=np.float32).reshape(before)
    name = node.output[0]
    made = run_nodes(lowering.reference, [node], {node.input[0]: ramp}, lowering.constants.values, [name])[
        name
    ]
    return np.array_equal(made, ramp.repeat(after[2] // before[2], 2).repeat(after[3] // before[3], 3))
