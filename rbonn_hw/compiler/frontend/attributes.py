"""Attributes of nodes."""

import copy
from typing import Any

import numpy as np
from onnx import NodeProto, helper
from qonnx.core.modelwrapper import ModelWrapper


def attribute(node: Any, name: str, default: Any) -> Any:
    """Return a node's attribute, or what ONNX assumes without it."""
    for entry in node.attribute:
        if entry.name == name:
            return helper.get_attribute_value(entry)
    return default


def integers_of(model: ModelWrapper, node: NodeProto, position: int, name: str) -> list[int] | None:
    """Return an operand that older files give as an attribute.

    Returns:
        Its integers; [] where there is neither, None where it is not constant.
    """
    given = attribute(node, name, None)
    if given is not None:
        return [int(value) for value in np.atleast_1d(given)]
    if len(node.input) <= position or not node.input[position]:
        return []
    values = model.get_initializer(node.input[position])
    return None if values is None else [int(value) for value in values.reshape(-1)]


def with_attributes(node: NodeProto, **attributes: Any) -> NodeProto:
    """Return a copy of a node with other values of some attributes."""
    made = copy.deepcopy(node)
    kept = [entry for entry in made.attribute if entry.name not in attributes]
    del made.attribute[:]
    made.attribute.extend(
        [*kept, *(helper.make_attribute(name, value) for name, value in attributes.items())]
    )
    return made
