"""Small networks at random: layers, borders, widths, signs of gamma and shortcuts of every kind that is taken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.compiler.frontend.files import GENERAL
from tests.compiler.frontend.sketch import Sketch

MOST_PRODUCTS = 12_000
"""Of a layer, a frame: what the slowest folding takes must be simulated in a second."""
MOST_FEATURES = 48
"""Of a flatten before a classifier."""
FUNCTIONS = ("Relu", "PRelu", "LeakyRelu", "Tanh", "Sigmoid", "")
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Map:
    """Integers times a scale, and about how they are distributed.

    Attributes:
        name: Tensor.
        channels: Channels, or the features of a vector.
        size: Rows and columns; (1, 1) of a vector.
        scale: Float per integer.
        is_sign: Whether they are -1/+1.
        mean: About the mean of the floats.
        power: About the mean of their squares.
    """

    name: str
    channels: int
    size: Size
    scale: float
    is_sign: bool
    mean: float
    power: float

    @property
    def spread(self) -> float:
        """Return about the standard deviation."""
        return float(np.sqrt(max(self.power - self.mean**2, 1e-3)))


@dataclass(frozen=True, slots=True)
class Sums:
    """What a layer gives before its quantizer, with mean and deviation of each channel ``[c]``."""

    name: str
    channels: int
    size: Size
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]


class Drawing(Sketch):
    """A network that grows at random; ``features`` says what is in it."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        self._rng = rng
        self.features: set[str] = set()
        self.is_vector = False

    def _one(self, *choices: Any) -> Any:
        return choices[self._rng.integers(len(choices))]

    def _odds(self, chance: float) -> bool:
        return bool(self._rng.random() < chance)

    def _has(self, feature: str, *, when: bool = True) -> bool:
        if when:
            self.features.add(feature)
        return when

    def _column(self, values: Any) -> str:
        """Store a value a channel, in the shape that goes with maps or vectors."""
        flat = np.asarray(values)
        return self.const(flat if self.is_vector else flat.reshape(-1, 1, 1))

    # Quantizers.

    def _integers(self, x: str, scale: Any, bits: int, *, signed: bool) -> str:
        narrow = int(self._has("narrow", when=signed and bits > 1 and self._odds(0.2)))
        parameters = [self.const(scale), self.const(0.0), self.const(bits)]
        made: str = self.op(
            "Quant", x, *parameters, domain=GENERAL, signed=int(signed), narrow=narrow, rounding_mode="ROUND"
        )
        return made

    def _sign(self, x: str, scale: Any = 1.0) -> str:
        made: str = self.op("BipolarQuant", x, self.const(scale), domain=GENERAL)
        return made

    def _filters(self, shape: Sequence[int], axis: int) -> tuple[str, NDArray[np.float64]]:
        """Append weights; return their name and, about, their values."""
        column = [1] * len(shape)
        column[axis] = shape[axis]
        rng = self._rng
        values = rng.uniform(-1, 1, shape)
        if self._has("weights of 1 bit", when=self._odds(0.55)):
            each = self._has("alpha per filter", when=self._odds(0.4))
            alpha = rng.uniform(0.3, 1.5, column) if each else np.ones(())
            return self._sign(self.const(values), alpha), np.where(values >= 0, 1, -1) * alpha
        bits = int(self._one(2, 3, 4, 4, 6, 8))
        self.features.add(f"weights of {bits} bits")
        scale = np.full((), 2.0 ** (1 - bits))
        if self._has("scale per filter", when=self._odds(0.3)):
            scale = scale * rng.choice([0.5, 1.0, 2.0, 0.7], column)
        return self._integers(self.const(values), scale, bits, signed=True), np.clip(values, -1, 1)

    def _quantized(self, x: str, channels: int, size: Size, mean: float, power: float, step: float) -> Map:
        """Append a quantizer to values of about that mean and power; ``step`` 0 draws its kind."""
        spread = float(np.sqrt(max(power - mean**2, 1e-3)))
        if not step and self._has("activation of 1 bit", when=self._odds(0.4)):
            scale = float(self._one(1.0, 1.0, 0.5, 0.37))
            return Map(self._sign(x, scale), channels, size, scale, True, 0.0, scale**2)
        bits = int(self._one(1, 2, 2, 3, 4, 4, 4, 5, 8))
        signed = bits > 1 and self._odds(0.5)
        self.features.add(f"activation of {bits} bits" if bits > 1 else "activation of {0, 1}")
        reach = 2.5 * spread if signed else max(mean + 2 * spread, spread)
        exact = reach / 2 ** (bits - signed)
        rounded = float(2.0 ** np.round(np.log2(exact)))
        odd = not step and self._has("scale that is no power of two", when=self._odds(0.1))
        scale = step or (exact if odd else rounded)
        y = self._integers(x, scale, bits, signed=signed)
        high = scale * 2 ** (bits - signed)
        level = float(np.clip(mean, -high if signed else 0.3 * spread, high))
        return Map(y, channels, size, scale, False, level, level**2 + min(spread, high) ** 2)

    def activated(self, sums: Sums, step: float = 0.0) -> Map:
        """Append normalization or bias, a function, and a quantizer (with that scale if one is given)."""
        rng, channels = self._rng, sums.channels
        x, centre, spread = sums.name, float(sums.mean.mean()), float(sums.spread.mean())
        if self._has("normalization", when=self._odds(0.75)):
            gamma = rng.uniform(0.4, 1.6, channels) * rng.choice([-1, 1], channels)
            gamma[rng.random(channels) < 0.05] = 0.0
            mean, variance = sums.mean + rng.normal(0, 0.3, channels) * sums.spread, sums.spread**2
            beta = rng.normal(0, 0.5, channels)
            parameters = [self.const(values) for values in (gamma, beta, mean, variance)]
            x, centre, spread = self.op("BatchNormalization", x, *parameters), 0.0, 1.2
        elif self._has("bias", when=self._odds(0.6)):
            x = self.op("Add", x, self._column(rng.normal(0, 0.5, channels) * sums.spread - sums.mean))
            centre = 0.0
        function = self._one(*FUNCTIONS)
        if function == "PRelu":
            slopes = rng.uniform(0, 1.2, channels) * (rng.random(channels) < 0.8)
            x = self.op("PRelu", x, self._column(slopes))
        elif function:
            x = self.op(function, x)
        self._has(function, when=bool(function))
        if function in ("Tanh", "Sigmoid"):
            centre, spread = (0.0, 0.7) if function == "Tanh" else (0.5, 0.25)
        elif function:
            centre, spread = centre + 0.4 * spread, 0.7 * spread
        return self._quantized(x, channels, sums.size, centre, centre**2 + spread**2, step)

    # Layers.

    def first(self, shape: Sequence[int]) -> Map:
        """Append the quantizer of the input ``x``, whose values lie between -1 and 1."""
        size = (1, 1) if len(shape) == 1 else (int(shape[-2]) if len(shape) > 2 else 1, int(shape[-1]))
        bits = int(self._one(1, 2, 4, 8, 8))
        self.features.add(f"input of {bits} bits")
        if bits == 1:
            return Map(self._sign("x"), shape[0], size, 1.0, True, 0.0, 1.0)
        signed = self._odds(0.7)
        scale = 2.0 ** (signed - bits)
        y = self._integers("x", scale, bits, signed=signed)
        mean = 0.0 if signed else 0.25
        return Map(y, shape[0], size, scale, False, mean, 0.33 if signed else 0.17)

    def convolved(self, x: Map, channels: int, *, keeps: bool = False) -> Sums:
        """Append a convolution, which keeps the size of the map where it must."""
        line = x.size[0] == 1
        kernel = tuple(1 if line and way == 0 else int(self._one(1, 2, 3, 3, 3)) for way in range(2))
        if keeps:
            kernel = tuple(side - 1 if side == 2 else side for side in kernel)
        dilation = [int(self._has("dilation", when=side > 1 and self._odds(0.2))) + 1 for side in kernel]
        stride = [1 if keeps or not self._odds(0.35) else 2 for _ in range(2)]
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
        self._has("stride", when=max(stride) > 1)
        self._has(f"kernel {kernel[0]}x{kernel[1]}")
        source = self._padded(x, pads)
        pads = pads if source == x.name else [0] * 4
        weights, values = self._filters((channels, inputs, *kernel), 0)
        y = self.op(
            "Conv", source, weights, kernel_shape=list(kernel), strides=stride, dilations=dilation, pads=pads,
            group=groups,
        )  # fmt: skip
        flat = values.reshape(channels, -1)
        return Sums(y, channels, size, x.mean * flat.sum(1), _deviation(x, flat))

    def _groups(self, inputs: int, outputs: int) -> int:
        if self._has("depthwise", when=inputs > 1 and self._odds(0.2)):
            return inputs
        return 2 if self._has("groups", when=inputs % 2 + outputs % 2 == 0 and self._odds(0.1)) else 1

    def _border(self, x: Map, reach: Sequence[int]) -> list[int]:
        """Draw a border, top, left, bottom, right."""
        if not self._has("border", when=self._odds(0.65)):
            return [0] * 4
        most = [min(side, 2) if x.size[way] > 1 else 0 for way, side in enumerate(reach)] * 2
        return [int(self._rng.integers(side + 1)) for side in most]

    def _padded(self, x: Map, pads: Sequence[int]) -> str:
        """Put -1 around a map of -1/+1, mostly; integers get zeros from the layer itself."""
        if not any(pads) or not x.is_sign or self._has("zeros around -1/+1", when=self._odds(0.15)):
            return x.name
        self.features.add("border of -1")
        made: str = self.op(
            "Pad", x.name, self.ints(0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]), self.const(-x.scale)
        )
        return made

    def multiplied(self, x: Map, outputs: int) -> Sums:
        """Append a product of a vector."""
        weights, values = self._filters((x.channels, outputs), 1)
        y = self.op("MatMul", x.name, weights)
        return Sums(y, outputs, (1, 1), x.mean * values.sum(0), _deviation(x, values.T))

    def _layer(self, x: Map) -> Map:
        return self.activated(self.convolved(x, int(self._rng.integers(1, 7))))

    def _shortcut(self, x: Map) -> Map:
        """Append a branch of one or two layers, and the sum of it and of what it starts from."""
        self.features.add("shortcut")
        y = x
        for last in range(int(self._rng.integers(1, 3)), 0, -1):
            step = x.scale * float(self._one(1.0, 1.0, 2.0, 0.5, 1.5)) if last == 1 else 0.0
            channels = x.channels if last == 1 else int(self._rng.integers(1, 7))
            sums = self.convolved(y, channels, keeps=True)
            if sums.channels != channels and last == 1:
                return self.activated(sums)
            y = self.activated(sums, step)
        mean, power = x.mean + y.mean, x.spread**2 + y.spread**2
        total = self.op("Add", *self._one((x.name, y.name), (y.name, x.name)))
        spread = np.full(x.channels, np.sqrt(power))
        return self.activated(Sums(total, x.channels, x.size, np.full(x.channels, mean), spread))

    def _joined(self, x: Map) -> Map:
        """Append a branch, and put its channels behind those that it starts from, or before them."""
        sums = self.convolved(x, int(self._rng.integers(1, 4)), keeps=True)
        if x.is_sign:
            y = replace(x, name=self._sign(sums.name, x.scale), channels=sums.channels)
        else:
            y = self.activated(sums, x.scale * float(self._one(1.0, 1.0, 1.0, 2.0)))
        self.features.add("concat")
        parts = self._one((x.name, y.name), (y.name, x.name))
        return replace(x, name=self.op("Concat", *parts, axis=1), channels=x.channels + y.channels)

    def _chosen(self, x: Map) -> Map:
        """Append a choice of some channels, or another order of all."""
        if x.channels % 2 == 0 and self._has("shuffle", when=self._odds(0.4)):
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
        pads = [int(self._rng.integers(side + 1)) for side in most] if self._odds(0.4) else [0] * 4
        size = _size(x.size, [side - 1 for side in kernel], stride, pads)
        if min(size) < 1:
            return x
        shape = {"kernel_shape": kernel, "strides": stride, "pads": pads}
        if self._has("max-pool", when=self._odds(0.6)):
            return replace(x, name=self.op("MaxPool", x.name, **shape), size=size)
        self.features.add("average-pool")
        y = self.op("AveragePool", x.name, count_include_pad=1, **shape)
        spread = np.full(x.channels, x.spread / np.sqrt(prod(kernel)))
        return self.activated(Sums(y, x.channels, size, np.full(x.channels, x.mean), spread))

    def _enlarged(self, x: Map) -> Map:
        factors = [1 if side == 1 or side > 4 else int(self._rng.integers(1, 3)) for side in x.size]
        scales = self.const([1, 1, *factors])
        y = self.op(
            "Resize", x.name, "", scales, mode="nearest", nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        )  # fmt: skip
        self.features.add("resize")
        return replace(x, name=y, size=(x.size[0] * factors[0], x.size[1] * factors[1]))

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
        if features > MOST_FEATURES or self._odds(0.3):
            kind = self._one("GlobalMaxPool", "GlobalAveragePool")
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
