"""Turn a table of integers over integers into thresholds, or say why there are none."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.compiler.frontend.values import Floats, Ints, IntTensor
from rbonn_hw.errors import NotMonotoneError, UnsupportedOperatorError

Reals = NDArray[np.floating]
Levels = NDArray[np.integer]
# Relative: a float32 product of an integer and a scale is off by at most 6e-8.
GRID_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Steps:
    """A table that is monotone in every channel.

    Attributes:
        thresholds: ``[c, n]`` in the domain of the stored integer, or of its negative where ``falling``.
        falling: Channels whose table falls, ``[c]``.
        lowest: Level below all thresholds.
    """

    thresholds: Ints
    falling: NDArray[np.bool_]
    lowest: int


@dataclass(frozen=True, slots=True)
class Grid:
    """Floats as integers times a scale.

    Attributes:
        levels: Integers of the shape of the floats.
        scale: Float per integer, of every channel ``[c]`` or of all ``[1]``.
        bipolar: Whether -1 and +1 are the only integers.
    """

    levels: Levels
    scale: Floats
    bipolar: bool


def find_grid(values: Reals, reachable: NDArray[np.bool_]) -> Grid | None:
    """Find the grid through 0 on which all reachable values lie; None when they are no small integers."""
    used = np.unique(values[reachable].astype(np.float64))
    magnitudes = np.unique(np.abs(used))
    positive = magnitudes[magnitudes > 0]
    if positive.size == 0 or used.size > 256 or not np.all(np.isfinite(used)):
        return None
    # Gaps between neighbours show the unit where no level is as small as the unit itself.
    gaps = np.diff(np.concatenate([[0.0], positive]))
    for unit in sorted({float(positive[0]), float(gaps[gaps > 0].min())}):
        grid = on_grid(values, reachable, unit)
        if grid is not None and np.abs(grid.levels).max() <= 255:
            return grid
    return None


def on_grid(values: Reals, reachable: NDArray[np.bool_], scale: float) -> Grid | None:
    """Express values as integers times ``scale``, or return None if they are not."""
    kept = np.where(reachable, values, np.float32(0.0)).astype(np.float64)
    levels = np.round(kept / scale).astype(np.int64)
    if not np.allclose(levels * scale, kept, rtol=GRID_TOLERANCE, atol=0.0):
        return None
    return Grid(levels, np.array([scale]), bool(np.all(np.abs(levels[reachable]) == 1)))


def quantized(values: Reals, scale: Floats, layer: str) -> NDArray[np.int16]:
    """Read the integers off a quantizer's output ``[c * pixels, r]``, with a scale per channel or one.

    Raises:
        UnsupportedOperatorError: The values are no multiples of the scale.
    """
    if not np.all(np.isfinite(values)):
        raise UnsupportedOperatorError(
            f"{layer}: what comes before it is NaN or infinite for some integers that can reach it; "
            "use functions that are defined everywhere, and parameters of ordinary size"
        )
    units = np.repeat(scale, values.shape[0] // scale.size)[:, None]
    levels = np.rint(values / units)
    if not np.allclose(levels * units, values, rtol=GRID_TOLERANCE, atol=0.0):
        raise UnsupportedOperatorError(
            f"{layer}: its output is not a multiple of its scale (a fractional zero point?); "
            f"use an integer zero point"
        )
    return levels.astype(np.int16)


def find_steps(levels: Levels, source: IntTensor, first: int, layer: str) -> Steps:
    """Find the thresholds of a table.

    Args:
        levels: ``[c, r]`` level for the stored integers ``first`` .. ``first + r - 1``.
        source: Tensor of these integers; only those that a channel can reach count.
        first: Smallest stored integer of the table.
        layer: Name for messages.

    Raises:
        NotMonotoneError: A channel rises and falls.
    """
    rows = [levels[c, source.low[c] - first : source.high[c] - first + 1] for c in range(source.channels)]
    lowest, highest = min(int(row.min()) for row in rows), max(int(row.max()) for row in rows)
    if lowest == highest > 0:
        # One level only: it is the upper one of a threshold that is always reached.
        lowest -= 1
    targets = np.arange(lowest + 1, max(highest, lowest + 1) + 1)
    thresholds = np.empty((source.channels, targets.size), np.int64)
    falling = np.zeros(source.channels, np.bool_)
    for channel, row in enumerate(rows):
        falls = np.flatnonzero(row[1:] < row[:-1])
        rises = np.flatnonzero(row[1:] > row[:-1])
        if rises.size and falls.size:
            integers = source.low[channel] + np.array([rises[0], falls[0]])
            up, down = source.step[channel] * integers + source.offset[channel]
            raise NotMonotoneError(
                f"{layer}, channel {channel}: the activation is not monotone (it rises after the integer "
                f"{up} and falls after {down}), hence is no threshold; "
                f"train with PReLU slopes >= 0 and monotone activations"
            )
        falling[channel] = falls.size > 0
        # Of a falling channel the negated integer is compared, which runs from -high to -low.
        start = -source.high[channel] if falling[channel] else source.low[channel]
        thresholds[channel] = start + np.searchsorted(row[::-1] if falling[channel] else row, targets)
    return Steps(thresholds, falling, lowest)


def never_falls(values: Reals | Levels, over: Reals | Levels, reachable: NDArray[np.bool_]) -> bool:
    """Tell whether ``values`` never fall while ``over`` rises, in any channel.

    Then the maximum of a window commutes: it may be taken over either of the two.

    Args:
        values: ``[c, r]``.
        over: What the values are a function of ``[c, r]``.
        reachable: Which stored integers a channel can see ``[c, r]``.
    """
    for channel in range(values.shape[0]):
        seen = reachable[channel]
        rank = np.argsort(over[channel, seen], kind="stable")
        if np.any(np.diff(values[channel, seen][rank]) < 0):
            return False
    return True


def reachable_mask(low: Ints, high: Ints, first: int, count: int) -> NDArray[np.bool_]:
    """Return which of ``count`` stored integers from ``first`` on each channel can see, ``[c, count]``."""
    stored = first + np.arange(count)
    return (stored >= low[:, None]) & (stored <= high[:, None])


def scales_text(scale: Floats) -> str:
    """Write a scale, or the range of scales, for a message."""
    low, high = float(scale.min()), float(scale.max())
    return f"{low:.9g}" if low == high else f"{low:.9g} .. {high:.9g}"
