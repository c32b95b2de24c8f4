"""Small networks at random: layers, borders, pools and shortcuts of every kind that is taken."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.fuzz_networks.quantizers import Map, Quantizers, Size, Sums

MOST_PRODUCTS = 12_000
"""Of a layer, a frame: what the slowest folding takes must be simulated in a second."""
MOST_FEATURES = 48
"""Of a flatten before a classifier."""


class Drawing(Quantizers):
    """The layers."""

    def first(self, shape: Sequence[int]) -> Map:
        """Append the quantizer of the input ``x``, whose values lie between -1 and 1."""
        size = (1, 1) if len(shape) == 1 else (int(shape[-2]) if len(shape) > 2 else 1, int(shape[-1]))
        bits = int(self.one(1, 2, 4, 8, 8))
        self.features.add(f"input of {bits} bits")
        if bits == 1:
            return Map(self.sign("x"), shape[0], size, 1.0, True, 0.0, 1.0)
        signed = self.odds(0.7)
        scale = 2.0 ** (signed - bits)
        y = self.integers("x", scale, bits, signed=signed)
        mean = 0.0 if signed else 0.25
        return Map(y, shape[0], size, scale, False, mean, 0.33 if signed else 0.17)

    def convolved(self, x: Map, channels: int, *, keeps: bool = False) -> Sums:
        """Append a convolution, which keeps the size of the map where it must."""
        line = x.size[0] == 1
        kernel = tuple(1 if line and way == 0 else int(self.one(1, 2, 3, 3, 3)) for way in range(2))
        if keeps:
            kernel = tuple(side - 1 if side == 2 else side for side in kernel)
        dilation = [int(self.has("dilation", when=side > 1 and self.odds(0.2))) + 1 for side in kernel]
        stride = [1 if keeps or not self.odds(0.35) else 2 for _ in range(2)]
        groups = self._groups(x.channels, channels)
        channels = groups * max(1, channels // groups)
        reach = [step * (side - 1) for step, side in zip(dilation, kernel, strict=True)]
        pads = [side // 2 for side in reach] * 2 if keeps else self._border(x, reach)
        size = _size(x.size, reach, stride, pads)
        if min(size) < 1:
            return self.convolved(x, channels, keeps=keeps)
        inputs = x.channels // groups
        if prod(size) * channels * inputs * prod(kernel) > MOST_PRODUCTS:
            return self.convolved(x, max(1, channels // 2), keeps=keeps)
        self.has("stride", when=max(stride) > 1)
        self.has(f"kernel {kernel[0]}x{kernel[1]}")
        source = self._padded(x, pads)
        pads = pads if source == x.name else [0] * 4
        weights, values = self.filters((channels, inputs, *kernel), 0)
        y = self.op(
            "Conv", source, weights, kernel_shape=list(kernel), strides=stride, dilations=dilation, pads=pads,
            group=groups,
        )  # fmt: skip
        flat = values.reshape(channels, -1)
        return Sums(y, channels, size, x.mean * flat.sum(1), _deviation(x, flat))

    def _groups(self, inputs: int, outputs: int) -> int:
        if self.has("depthwise", when=inputs > 1 and self.odds(0.2)):
            return inputs
        return 2 if self.has("groups", when=inputs % 2 + outputs % 2 == 0 and self.odds(0.1)) else 1

    def _border(self, x: Map, reach: Sequence[int]) -> list[int]:
        """Draw a border, top, left, bottom, right."""
        if not self.has("border", when=self.odds(0.65)):
            return [0] * 4
        most = [min(side, 2) if x.size[way] > 1 else 0 for way, side in enumerate(reach)] * 2
        return [int(self._rng.integers(side + 1)) for side in most]

    def _padded(self, x: Map, pads: Sequence[int]) -> str:
        """Put -1 around a map of -1/+1, mostly; integers get zeros from the layer itself."""
        if not any(pads) or not x.is_sign or self.has("zeros around -1/+1", when=self.odds(0.15)):
            return x.name
        self.features.add("border of -1")
        made: str = self.op(
            "Pad", x.name, self.ints(0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]), self.const(-x.scale)
        )
        return made

    def multiplied(self, x: Map, outputs: int) -> Sums:
        """Append a product of a vector."""
        weights, values = self.filters((x.channels, outputs), 1)
        y = self.op("MatMul", x.name, weights)
        return Sums(y, outputs, (1, 1), x.mean * values.sum(0), _deviation(x, values.T))

    def _layer(self, x: Map) -> Map:
        return self.activated(self.convolved(x, int(self._rng.integers(1, 7))))

    def _shortcut(self, x: Map) -> Map:
        """Append a branch of one or two layers, and the sum of it and of what it starts from."""
        self.features.add("shortcut")
        y = x
        for last in range(int(self._rng.integers(1, 3)), 0, -1):
            step = x.scale * float(self.one(1.0, 1.0, 2.0, 0.5, 1.5)) if last == 1 else 0.0
            channels = x.channels if last == 1 else int(self._rng.integers(1, 7))
            sums = self.convolved(y, channels, keeps=True)
            if sums.channels != channels and last == 1:
                return self.activated(sums)
            y = self.activated(sums, step)
        mean, power = x.mean + y.mean, x.spread**2 + y.spread**2
        total = self.op("Add", *self.one((x.name, y.name), (y.name, x.name)))
        spread = np.full(x.channels, np.sqrt(power))
        return self.activated(Sums(total, x.channels, x.size, np.full(x.channels, mean), spread))

    def _joined(self, x: Map) -> Map:
        """Append a branch, and put its channels behind those that it starts from, or before them."""
        sums = self.convolved(x, int(self._rng.integers(1, 4)), keeps=True)
        if x.is_sign:
            y = replace(x, name=self.sign(sums.name, x.scale), channels=sums.channels)
        else:
            y = self.activated(sums, x.scale * float(self.one(1.0, 1.0, 1.0, 2.0)))
        self.features.add("concat")
        parts = self.one((x.name, y.name), (y.name, x.name))
        return replace(x, name=self.op("Concat", *parts, axis=1), channels=x.channels + y.channels)

    def _chosen(self, x: Map) -> Map:
        """Append a choice of some channels, or another order of all."""
        if x.channels % 2 == 0 and self.has("shuffle", when=self.odds(0.4)):
            half, (rows, columns) = x.channels // 2, x.size
            y = self.op("Reshape", x.name, self.ints(1, 2, half, rows, columns))
            y = self.op("Transpose", y, perm=[0, 2, 1, 3, 4])
            return replace(x, name=self.op("Reshape", y, self.ints(1, x.channels, rows, columns)))
        if x.channels < 2:
            return x
        start, step = int(self._rng.integers(x.channels - 1)), int(self._rng.integers(1, 3))
        count = len(range(start, x.channels, step))
        y = self.op("Slice", x.name, self.ints(start), self.ints(x.channels), self.ints(1), self.ints(step))
        self.features.add("slice")
        return replace(x, name=y, channels=count)

    def _pooled(self, x: Map) -> Map:
        """Append a pool of the largest or of the mean."""
        kernel = [1 if x.size[way] == 1 else int(self._rng.integers(2, 4)) for way in range(2)]
        stride = [int(self._rng.integers(1, 4)) if side > 1 else 1 for side in kernel]
        most = [min(side - 1, 1) for side in kernel] * 2
        pads = [int(self._rng.integers(side + 1)) for side in most] if self.odds(0.4) else [0] * 4
        size = _size(x.size, [side - 1 for side in kernel], stride, pads)
        if min(size) < 1:
            return x
        shape: dict[str, Any] = {"kernel_shape": kernel, "strides": stride, "pads": pads}
        if self.has("max-pool", when=self.odds(0.6)):
            return replace(x, name=self.op("MaxPool", x.name, **shape), size=size)
        self.features.add("average-pool")
        y = self.op("AveragePool", x.name, count_include_pad=1, **shape)
        spread = np.full(x.channels, x.spread / np.sqrt(prod(kernel)))
        return self.activated(Sums(y, x.channels, size, np.full(x.channels, x.mean), spread))

    def _enlarged(self, x: Map) -> Map:
        if x.channels * x.size[1] < 2:
            return x
        rows, columns = (1 if side == 1 or side > 4 else int(self._rng.integers(1, 3)) for side in x.size)
        self.features.add("resize")
        size = (x.size[0] * rows, x.size[1] * columns)
        return replace(x, name=self.resized(x.name, rows, columns), size=size)

    def block(self, x: Map) -> Map:
        """Append something to a map."""
        kinds: list[Callable[[Map], Map]] = [
            self._layer, self._layer, self._layer, self._shortcut, self._shortcut, self._joined,
            self._chosen, self._pooled, self._pooled, self._enlarged,
        ]  # fmt: skip
        return kinds[self._rng.integers(len(kinds))](x)

    def vector(self, x: Map) -> Map:
        """Turn a map into a vector, by a mean or a largest value, or as it is."""
        features = x.channels * prod(x.size)
        if features > MOST_FEATURES or self.odds(0.3):
            kind = self.one("GlobalMaxPool", "GlobalAveragePool")
            self.features.add(kind)
            y, spread = self.op(kind, x.name), np.full(x.channels, x.spread / np.sqrt(prod(x.size)))
            sums = Sums(y, x.channels, (1, 1), np.full(x.channels, x.mean), spread)
            x = replace(x, name=y, size=(1, 1)) if kind == "GlobalMaxPool" else self.activated(sums)
            features = x.channels
        self.is_vector = True
        return replace(x, name=self.op("Flatten", x.name), channels=features, size=(1, 1))


def _size(size: Size, reach: Sequence[int], stride: Sequence[int], pads: Sequence[int]) -> Size:
    """Return rows and columns of what a window gives; below 1 where it does not fit."""
    rows, columns = (
        (size[way] + pads[way] + pads[way + 2] - reach[way] - 1) // stride[way] + 1 for way in range(2)
    )
    return rows, columns


def _deviation(x: Map, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return about the deviation of sums with these weights ``[outputs, inputs]``."""
    found: NDArray[np.float64] = x.spread * np.sqrt(np.sum(weights**2, axis=1)) + 1e-3
    return found
