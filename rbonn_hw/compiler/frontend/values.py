"""What the frontend knows about a tensor of the reference network."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.datatypes import IntType

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IntTensor:
    """A tensor that the accelerator holds as integers.

    The reference's float is ``scale * n`` with ``n = step * stored + offset``: a BINARY lane has step 2 and
    offset -1, a popcount over K inputs has step 2 and offset -K, everything else step 1 and offset 0.

    Attributes:
        origin: Name in the reference graph.
        name: Name in the lowered graph.
        shape: Shape in the reference graph, ``[1, c, h, w]`` or ``[1, f]``.
        dtype: Type of the stored integer.
        low: Smallest reachable stored integer, per channel ``[c]``.
        high: Largest reachable stored integer, per channel ``[c]``.
        step: Value of one stored unit, per channel ``[c]``.
        offset: Value of a stored zero, per channel ``[c]``.
        scale: Float per integer unit, per channel ``[c]``.
        noise: Largest distance between the reference's float and ``scale * n``, per channel ``[c]``; 0 when
            the reference's own summation is exact in float32.
        order: Reference channel of every lowered channel ``[c]`` (identity unless a map was flattened).
        weights: Initializer of the MatMul that made this tensor; empty when something else did.
        pads: Border that the reference has and the lowered tensor not yet: top, left, bottom, right.
    """

    origin: str
    name: str
    shape: tuple[int, ...]
    dtype: IntType
    low: Ints
    high: Ints
    step: Ints
    offset: Ints
    scale: Floats
    noise: Floats
    order: Ints
    weights: str = ""
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.shape[1]

    @property
    def integer_low(self) -> Ints:
        """Smallest reachable integer ``n`` per channel ``[c]``."""
        low: Ints = np.minimum(self.step * self.low, self.step * self.high) + self.offset
        return low

    @property
    def integer_high(self) -> Ints:
        """Largest reachable integer ``n`` per channel ``[c]``."""
        high: Ints = np.maximum(self.step * self.low, self.step * self.high) + self.offset
        return high

    def has_one_scale(self) -> bool:
        """Tell whether all channels share one scale, as a matrix product needs."""
        return bool(np.all(self.scale == self.scale[0]))

    def floats(self, stored: Ints) -> NDArray[np.float32]:
        """Return the reference's float of stored integers ``[..., c]``."""
        return ((self.step * stored + self.offset) * self.scale).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """A float tensor: the graph input, or what some nodes make of integer tensors.

    Attributes:
        sources: Integer tensors it depends on; none before the first quantizer.
        nodes: Positions in the reference graph of the nodes between sources and here, ascending.
        blocked: Why no threshold can stand for these nodes; empty when nothing is in the way.
    """

    sources: tuple[IntTensor, ...]
    nodes: tuple[int, ...] = ()
    blocked: str = ""


Value = IntTensor | Derived


def merge(values: list[Value], node: int, blocked: str = "") -> Derived:
    """Return what a node makes of its operands, without evaluating it."""
    sources: dict[str, IntTensor] = {}
    nodes = {node}
    for value in values:
        if isinstance(value, IntTensor):
            sources[value.origin] = value
        else:
            sources |= {source.origin: source for source in value.sources}
            nodes |= set(value.nodes)
            blocked = value.blocked or blocked
    return Derived(tuple(sources.values()), tuple(sorted(nodes)), blocked)


def uniform(channels: int, value: int) -> Ints:
    """Return one integer for every channel ``[c]``."""
    return np.full(channels, value, dtype=np.int64)


def plain(
    origin: str, name: str, shape: tuple[int, ...], dtype: IntType, span: tuple[int, int], scale: float
) -> IntTensor:
    """Return a tensor whose stored integer is its value, ``span`` = (low, high) in every channel."""
    c = shape[1]
    return IntTensor(
        origin=origin,
        name=name,
        shape=shape,
        dtype=dtype,
        low=uniform(c, span[0]),
        high=uniform(c, span[1]),
        step=uniform(c, 1),
        offset=uniform(c, 0),
        scale=np.full(c, scale),
        noise=np.zeros(c),
        order=np.arange(c),
    )


def bipolar(tensor: IntTensor) -> IntTensor:
    """Reinterpret a stored 0/1 as -1/+1."""
    c = tensor.channels
    return replace(
        tensor,
        dtype=IntType(1, signed=False),
        low=uniform(c, 0),
        high=uniform(c, 1),
        step=uniform(c, 2),
        offset=uniform(c, -1),
    )
