"""Types of results: what a kernel can compute, not only what the network can reach."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.base import Transformation

from rbonn_hw.compiler.hardware_nodes import datatype, widen
from rbonn_hw.datatypes import IntType

Bounds = tuple[int, int]
LAID_OUT_RANK = 5
"""Rank of windows that an Im2Col has laid out: [1, rows, columns, taps, channels]."""
SAME_TYPE = frozenset({"Pad", "Im2Col", "Reshape", "MaxPoolNHWC", "ReduceMax", "Gather", "Resize"})


class WidenTypes(Transformation):
    """Give every tensor a type that holds what its kernel can compute, from the input to the output."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Visit every node once."""
        rules: dict[str, Callable[[ModelWrapper, NodeProto], Bounds]] = {
            "MatMul": _product, "XnorPopcountMatMul": _product, "Add": _sum, "ReduceSum": _window_sum,
            "Mul": _multiple, "Concat": _either,
        }  # fmt: skip
        for node in model.graph.node:
            if node.op_type in rules:
                widen(model, node.output[0], *rules[node.op_type](model, node))
            elif node.op_type in SAME_TYPE:
                model.set_tensor_datatype(node.output[0], model.get_tensor_datatype(node.input[0]))
        return model, False


def _product(model: ModelWrapper, node: NodeProto) -> Bounds:
    weights: NDArray[Any] | None = model.get_initializer(node.input[1])
    if weights is None:
        return 0, 0
    if node.op_type == "XnorPopcountMatMul":
        return 0, len(weights)
    dtype = IntType.from_qonnx(datatype(model, node.input[0]))
    corners = np.rint([weights * dtype.min, weights * dtype.max]).astype(np.int64)
    return int(corners.min(axis=0).sum(axis=0).min()), int(corners.max(axis=0).sum(axis=0).max())


def _sum(model: ModelWrapper, node: NodeProto) -> Bounds:
    types = [IntType.from_qonnx(datatype(model, name)) for name in node.input]
    return sum(kind.min for kind in types), sum(kind.max for kind in types)


def _either(model: ModelWrapper, node: NodeProto) -> Bounds:
    types = [IntType.from_qonnx(datatype(model, name)) for name in node.input]
    return min(kind.min for kind in types), max(kind.max for kind in types)


def _multiple(model: ModelWrapper, node: NodeProto) -> Bounds:
    """Return the bounds of a product with constants."""
    constants: NDArray[Any] = model.get_initializer(node.input[1])
    kind = IntType.from_qonnx(datatype(model, node.input[0]))
    corners = [
        int(end) * bound for end in (constants.min(), constants.max()) for bound in (kind.min, kind.max)
    ]
    return min(corners), max(corners)


def _window_sum(model: ModelWrapper, node: NodeProto) -> Bounds:
    """Return the bounds of a sum over the pixels that the node takes away."""
    product = model.find_producer(node.input[0])
    if product is not None and product.op_type == "Mul":
        weights: NDArray[Any] = model.get_initializer(product.input[1])
        kind = IntType.from_qonnx(datatype(model, product.input[0]))
        corners = np.rint([weights * kind.min, weights * kind.max]).astype(np.int64)
        return int(corners.min(axis=0).sum(axis=0).min()), int(corners.max(axis=0).sum(axis=0).max())
    before, after = (model.get_tensor_shape(name) for name in (node.input[0], node.output[0]))
    pixels, kind = math.prod(before) // math.prod(after), IntType.from_qonnx(datatype(model, node.input[0]))
    return pixels * kind.min, pixels * kind.max
