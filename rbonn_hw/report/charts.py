"""Places on a chart: axes, ticks and points in the units of its drawing; the page draws them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rbonn_hw.results import Document

WIDTH, HEIGHT = 360, 230
"""Size of a drawing, small enough for a phone without scaling down [px]."""
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 34
"""Margins for the ticks [px]."""
PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values, evenly spaced or by powers of ten.

    Attributes:
        name: What it shows, with its unit.
        low: Value at its begin.
        high: Value at its end.
        logarithmic: Whether powers of ten are evenly spaced.
    """

    name: str
    low: float
    high: float
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """Return where a value lies, 0 .. 1; beyond the ends at the ends."""
        low, high = (math.log10(end) if self.logarithmic else end for end in (self.low, self.high))
        place = math.log10(max(value, 1e-300)) if self.logarithmic else value
        return min(1.0, max(0.0, (place - low) / (high - low)))

    @property
    def ticks(self) -> list[float]:
        """Values to write beside it: powers of ten, or about five round ones."""
        if self.logarithmic:
            powers = range(math.ceil(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)
            return [10.0**power for power in powers][:: max(1, len(powers) // 5)]
        step = 10 ** math.floor(math.log10((self.high - self.low) / 2))
        while (self.high - self.low) / step > 6:
            step *= 2
        first = math.ceil(self.low / step)
        return [step * number for number in range(first, math.floor(self.high / step) + 1)]


def around(name: str, values: Iterable[float], *, logarithmic: bool = False) -> Axis:
    """Return the axis that holds ``values`` with some air; whole decades where it is logarithmic."""
    known = list(values)
    low, high = min(known), max(known)
    if logarithmic:
        ends = math.floor(math.log10(low)), math.ceil(math.log10(high))
        return Axis(name, 10.0 ** ends[0], 10.0 ** max(ends[1], ends[0] + 1), logarithmic=True)
    air = (high - low) * 0.08 or 1.0
    return Axis(name, low - air, high + air)


def chart(
    x: Axis,
    y: Axis,
    lines: Sequence[tuple[str, Sequence[tuple[float, float]]]] = (),
    points: Sequence[tuple[str, float, float]] = (),
) -> Document:
    """Return what the page draws: ticks, lines by name, points by name, the first point being ours."""
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "top": TOP,
        "bottom": HEIGHT - BOTTOM,
        "x": {"name": x.name, "ticks": [(_across(x, tick), short(tick)) for tick in x.ticks]},
        "y": {"name": y.name, "ticks": [(_down(y, tick), short(tick)) for tick in y.ticks]},
        "lines": [
            {"name": name, "path": " ".join(f"{_across(x, a)},{_down(y, b)}" for a, b in places)}
            for name, places in lines
        ],
        "points": [{"name": name, "x": _across(x, a), "y": _down(y, b)} for name, a, b in points],
    }


def _across(axis: Axis, value: float) -> float:
    return round(LEFT + axis.share(value) * (WIDTH - LEFT - RIGHT), 1)


def _down(axis: Axis, value: float) -> float:
    return round(HEIGHT - BOTTOM - axis.share(value) * (HEIGHT - TOP - BOTTOM), 1)


def short(value: float) -> str:
    """Return a number in at most five characters or so: 1.5k, 20M, 0.25."""
    for size, letter in PREFIXES:
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"
