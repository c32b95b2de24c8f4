"""How far the branches of a join run apart, in pixels of the map at the join.

Every layer needs so many pixels of the fork before it can give its own n-th: a window its last one, padding
the pixel before it. A branch that needs less than the other is ahead by what it has given when the other
gives its n-th; so many pixels wait before the join, or the fork stands still and the other never gets there.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from rbonn_hw.compiler.folding import base_type

JOINS = frozenset({"RbonnAdd", "RbonnConcat"})
"""Layers at which branches of a fork meet."""
Needs = NDArray[np.int64]
"""[pixels of a map] how many pixels of the fork each of them needs; never falling."""


def pixels_ahead(model: ModelWrapper) -> dict[tuple[str, str], int]:
    """Return for each input of a join how many pixels of it can wait for the other one.

    Args:
        model: FINN hardware layers, in topological order.

    Returns:
        (join, tensor) -> pixels. A join whose inputs do not come from one fork alone is absent.
    """
    ahead: dict[tuple[str, str], int] = {}
    nodes = list(model.graph.node)
    for position, fork in enumerate(nodes):
        if base_type(fork) != "RbonnDuplicate":
            continue
        start = np.arange(1, _pixels(model, fork.input[0]) + 1)
        needs: dict[str, Needs] = dict.fromkeys(fork.output, start)
        for node in nodes[position + 1 :]:
            inputs = [needs.get(tensor) for tensor in node.input if model.get_initializer(tensor) is None]
            known = [each for each in inputs if each is not None]
            if not known or len(known) < len(inputs):
                continue
            if base_type(node) in JOINS:
                # A fork further down is nearer to the join, and overwrites what one before it gave.
                for mine, other, tensor in zip(known, reversed(known), node.input, strict=True):
                    ahead[node.name, tensor] = _ahead(mine, other)
            needs.update(dict.fromkeys(node.output, through(model, node, known)))
    return ahead


def _ahead(mine: Needs, other: Needs) -> int:
    """Return the most pixels that the one branch has given, and the other not yet."""
    given = np.searchsorted(mine, other, side="right")
    return int((given - np.arange(len(other))).max())


def through(model: ModelWrapper, node: NodeProto, inputs: list[Any]) -> Any:
    """Return what each output pixel of a layer needs, from what its input pixels do; also of times."""
    needs = np.maximum.reduce(inputs)
    match base_type(node):
        case "RbonnWindow":
            operator = getCustomOp(node)
            top, left, bottom, right = operator.get_nodeattr("Padding")
            image = np.pad(needs.reshape(operator.get_nodeattr("ImgDim")), ((top, bottom), (left, right)))
            kernel, stride, dilation = (
                np.array(operator.get_nodeattr(name)) for name in ("KernelDim", "Stride", "Dilation")
            )
            last = (kernel - 1) * dilation
            # Border needs what the pixel before it needs.
            image = np.maximum.accumulate(image.ravel()).reshape(image.shape)
            return _window_ends(image, last, stride, (np.array(image.shape) - last - 1) // stride + 1)
        case "RbonnPool" if not getCustomOp(node).get_nodeattr("OutDim"):
            operator = getCustomOp(node)
            image, kernel = (np.array(operator.get_nodeattr(name)) for name in ("ImgDim", "KernelDim"))
            return _window_ends(needs.reshape(image), kernel - 1, kernel, image // kernel)
        case _:
            pixels = _pixels(model, node.output[0])
            return needs if len(needs) == pixels else needs[-1:].repeat(pixels)


def _window_ends(
    image: NDArray[Any], last: NDArray[np.int64], stride: NDArray[np.int64], out: NDArray[np.int64]
) -> NDArray[Any]:
    rows, columns = (last[axis] + stride[axis] * np.arange(out[axis]) for axis in (0, 1))
    return np.maximum.accumulate(image[np.ix_(rows, columns)].ravel())


def _pixels(model: ModelWrapper, tensor: str) -> int:
    """Return the pixels of a map [1, height, width, channels], or the 1 of a vector."""
    return int(np.prod(model.get_tensor_shape(tensor)[1:-1]))
