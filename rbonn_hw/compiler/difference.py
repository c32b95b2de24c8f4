"""Where two executions of a network begin to differ: the first layer whose answer is not the same.

The tensors are walked in the order of the graph, so everything that the layer is made of has been found
equal, as far as both executions show it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rbonn_hw.compiler.tensors import InnerTensor, Tensors


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first integer in which two executions of a frame differ.

    Attributes:
        pair: Both executions, ``one-other``.
        frame: Number of the frame among those that were given.
        layer: Layer of the accelerator that makes the tensor; empty where no level shows one.
        kernel: Its operator.
        tensor: The tensor.
        channel: Position on the last axis.
        position: Positions on the axes before: row and column of a map; none of a vector.
        values: What the one and the other have there.
        integers: Integers of this tensor that differ.
        agree: Layers before it whose tensors both show, and agree on.
        unseen: Layers between the last of those and this one that only one of them shows: one of these, or
            the layer itself, is at fault.
        after: Frames that have to run before it for the difference to show; 0 where it shows alone.
    """

    pair: str
    frame: int
    layer: str
    kernel: str
    tensor: str
    channel: int
    position: tuple[int, ...]
    values: tuple[float, float]
    integers: int
    agree: int
    unseen: tuple[str, ...]
    after: int = 0


def first_difference(
    pair: str, frame: int, layers: Sequence[InnerTensor], one: Tensors, other: Tensors, *, after: int = 0
) -> Difference | None:
    """Return the first difference of a frame; None where all that both executions show is equal.

    Args:
        pair: What they are called.
        frame: Number of the frame.
        layers: What the layers make, in the order of the graph.
        one: Tensors of the one.
        other: Tensors of the other.
        after: Frames that ran before it.
    """
    agree, unseen = 0, list[str]()
    for layer in layers:
        a, b = one.get(layer.name), other.get(layer.name)
        if a is None or b is None or a.shape != b.shape:
            unseen.append(layer.layer)
            continue
        differs = a != b
        if not differs.any():
            agree, unseen = agree + 1, []
            continue
        place = tuple(int(axis) for axis in np.argwhere(differs)[0])
        return Difference(
            pair=pair,
            frame=frame,
            layer=layer.layer,
            kernel=layer.kernel,
            tensor=layer.name,
            channel=place[-1],
            position=place[:-1],
            values=(int(a[place]), int(b[place])),
            integers=int(differs.sum()),
            agree=agree,
            unseen=tuple(unseen),
            after=after,
        )
    return None
