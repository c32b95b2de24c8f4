"""What stands between two layers, at random: normalization, functions and quantizers; and weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.compiler.frontend.files import GENERAL
from tests.compiler.frontend.sketch import Sketch

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


class Quantizers(Sketch):
    """A network that grows at random; ``features`` says what is in it.

    Maps come first, then vectors (``is_vector``); ``has_scales`` says of the last weights whether each output
    has a scale of its own.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        self._rng = rng
        self.features: set[str] = set()
        self.is_vector = False
        self.has_scales = False

    def one(self, *choices: Any) -> Any:
        """Draw one of these."""
        return choices[self._rng.integers(len(choices))]

    def odds(self, chance: float) -> bool:
        """Draw yes or no."""
        return bool(self._rng.random() < chance)

    def has(self, feature: str, *, when: bool = True) -> bool:
        """Note a feature where it is there; return whether it is."""
        if when:
            self.features.add(feature)
        return when

    def _column(self, values: Any) -> str:
        """Store a value a channel, in the shape that goes with maps or vectors."""
        flat = np.asarray(values)
        return self.const(flat if self.is_vector else flat.reshape(-1, 1, 1))

    def integers(self, x: str, scale: Any, bits: int, *, signed: bool) -> str:
        """Append a quantizer to integers."""
        narrow = int(self.has("narrow", when=signed and bits > 1 and self.odds(0.2)))
        parameters = [self.const(scale), self.const(0.0), self.const(bits)]
        made: str = self.op(
            "Quant", x, *parameters, domain=GENERAL, signed=int(signed), narrow=narrow, rounding_mode="ROUND"
        )
        return made

    def sign(self, x: str, scale: Any = 1.0) -> str:
        """Append a quantizer to -1/+1, times a scale."""
        made: str = self.op("BipolarQuant", x, self.const(scale), domain=GENERAL)
        return made

    def filters(self, shape: Sequence[int], axis: int) -> tuple[str, NDArray[np.float64]]:
        """Append weights; return their name and, about, their values."""
        column = [1] * len(shape)
        column[axis] = shape[axis]
        rng = self._rng
        values = rng.uniform(-1, 1, shape)
        if self.has("weights of 1 bit", when=self.odds(0.55)):
            self.has_scales = self.has("alpha per filter", when=self.odds(0.4))
            alpha = rng.uniform(0.3, 1.5, column) if self.has_scales else np.ones(())
            return self.sign(self.const(values), alpha), np.where(values >= 0, 1, -1) * alpha
        bits = int(self.one(2, 3, 4, 4, 6, 8))
        self.features.add(f"weights of {bits} bits")
        scale = np.full((), 2.0 ** (1 - bits))
        self.has_scales = self.has("scale per filter", when=self.odds(0.3))
        if self.has_scales:
            scale = scale * rng.choice([0.5, 1.0, 2.0, 0.7], column)
        return self.integers(self.const(values), scale, bits, signed=True), np.clip(values, -1, 1)

    def _quantized(self, x: str, channels: int, size: Size, mean: float, power: float, step: float) -> Map:
        """Append a quantizer to values of about that mean and power; ``step`` 0 draws its kind."""
        spread = float(np.sqrt(max(power - mean**2, 1e-3)))
        if not step and self.has("activation of 1 bit", when=self.odds(0.4)):
            scale = float(self.one(1.0, 1.0, 0.5, 0.37))
            return Map(self.sign(x, scale), channels, size, scale, True, 0.0, scale**2)
        bits = int(self.one(1, 2, 2, 3, 4, 4, 4, 5, 8))
        signed = bits > 1 and self.odds(0.5)
        self.features.add(f"activation of {bits} bits" if bits > 1 else "activation of {0, 1}")
        reach = 2.5 * spread if signed else max(mean + 2 * spread, spread)
        exact = reach / 2 ** (bits - signed)
        rounded = float(2.0 ** np.round(np.log2(exact)))
        odd = not step and self.has("scale that is no power of two", when=self.odds(0.1))
        scale = step or (exact if odd else rounded)
        y = self.integers(x, scale, bits, signed=signed)
        high = scale * 2 ** (bits - signed)
        level = float(np.clip(mean, -high if signed else 0.3 * spread, high))
        return Map(y, channels, size, scale, False, level, level**2 + min(spread, high) ** 2)

    def activated(self, sums: Sums, step: float = 0.0) -> Map:
        """Append normalization or bias, a function, and a quantizer (with that scale if one is given)."""
        rng, channels = self._rng, sums.channels
        x, centre, spread = sums.name, float(sums.mean.mean()), float(sums.spread.mean())
        if self.has("normalization", when=self.odds(0.75)):
            gamma = rng.uniform(0.4, 1.6, channels) * rng.choice([-1, 1], channels)
            gamma[rng.random(channels) < 0.05] = 0.0
            mean, variance = sums.mean + rng.normal(0, 0.3, channels) * sums.spread, sums.spread**2
            beta = rng.normal(0, 0.5, channels)
            parameters = [self.const(values) for values in (gamma, beta, mean, variance)]
            x, centre, spread = self.op("BatchNormalization", x, *parameters), 0.0, 1.2
        elif self.has("bias", when=self.odds(0.6)):
            x = self.op("Add", x, self._column(rng.normal(0, 0.5, channels) * sums.spread - sums.mean))
            centre = 0.0
        function = self.one(*FUNCTIONS)
        if function == "PRelu":
            slopes = rng.uniform(0, 1.2, channels) * (rng.random(channels) < 0.8)
            x = self.op("PRelu", x, self._column(slopes))
        elif function:
            x = self.op(function, x)
        self.has(function, when=bool(function))
        if function in ("Tanh", "Sigmoid"):
            centre, spread = (0.0, 0.7) if function == "Tanh" else (0.5, 0.25)
        elif function:
            centre, spread = centre + 0.4 * spread, 0.7 * spread
        return self._quantized(x, channels, sums.size, centre, centre**2 + spread**2, step)
