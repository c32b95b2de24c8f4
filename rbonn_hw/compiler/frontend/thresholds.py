"""Turn a table of integers over integers into thresholds, or say why there are none."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.compiler.frontend.values import Floats, Ints
from rbonn_hw.errors import NotMonotoneError, UnsupportedOperatorError


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
        scale: Float per integer.
        bipolar: Whether -1 and +1 are the only integers.
    """

    levels: Ints
    scale: float
    bipolar: bool


def find_grid(values: NDArray[np.floating], reachable: NDArray[np.bool_]) -> Grid | None:
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


def on_grid(values: NDArray[np.floating], reachable: NDArray[np.bool_], scale: float) -> Grid | None:
    """Express values as integers times ``scale``, or return None if they are not."""
    kept = np.where(reachable, values, np.float32(0.0)).astype(np.float64)
    levels = np.round(kept / scale).astype(np.int64)
    if not np.allclose(levels * scale, kept, rtol=1e-6, atol=0.0):
        return None
    used = levels[reachable]
    return Grid(levels, scale, bool(np.all(np.abs(used) == 1)))


def _fill(levels: Ints, reachable: NDArray[np.bool_]) -> Ints:
    """Continue each row's first and last reachable level over what it cannot reach."""
    positions = np.arange(levels.shape[1])
    first = np.argmax(reachable, axis=1)[:, None]
    last = (levels.shape[1] - 1 - np.argmax(reachable[:, ::-1], axis=1))[:, None]
    return np.take_along_axis(levels, np.clip(positions[None, :], first, last), axis=1)


def _rows(levels: Ints, first: int, targets: range) -> Ints:
    """Return where each target level is first reached ``[c, n]``; one past the end when never."""
    columns = [
        np.where((levels >= target).any(axis=1), np.argmax(levels >= target, axis=1), levels.shape[1])
        for target in targets
    ]
    return first + np.stack(columns, axis=1).astype(np.int64)


def find_steps(
    levels: Ints, reachable: NDArray[np.bool_], first: int, layer: str, to_value: tuple[Ints, Ints]
) -> Steps:
    """Find the thresholds of a table.

    Args:
        levels: ``[c, r]`` level for the stored integers ``first`` .. ``first + r - 1``.
        reachable: ``[c, r]`` which of them the channel can see.
        first: Smallest stored integer of the table.
        layer: Name for messages.
        to_value: Step and offset ``[c]`` from a stored integer to the integer of the layer, for messages.

    Raises:
        NotMonotoneError: A channel rises and falls.
    """
    filled = _fill(levels, reachable)
    change = np.diff(filled, axis=1)
    rises, falls = np.any(change > 0, axis=1), np.any(change < 0, axis=1)
    for channel in np.flatnonzero(rises & falls):
        step, offset = int(to_value[0][channel]), int(to_value[1][channel])
        up = step * (first + int(np.argmax(change[channel] > 0))) + offset
        down = step * (first + int(np.argmax(change[channel] < 0))) + offset
        raise NotMonotoneError(
            f"{layer}, channel {channel}: the activation is not monotone (it rises after the integer "
            f"{up} and falls "
            f"after {down}), hence is no threshold; train with PReLU slopes >= 0 and monotone activations"
        )
    falling = np.logical_and(falls, np.logical_not(rises))
    negated = first + levels.shape[1] - 1
    lowest, highest = int(filled.min()), int(filled.max())
    targets = range(lowest + 1, max(highest, lowest + 1) + 1)
    rising_rows = _rows(filled, first, targets)
    falling_rows = _rows(filled[:, ::-1], -negated, targets)
    return Steps(np.where(falling[:, None], falling_rows, rising_rows), falling, lowest)


def check_pool(before: NDArray[np.float32], levels: Ints, reachable: NDArray[np.bool_], pool: str) -> None:
    """Require that a quantizer behind a max pool may go before it.

    The maximum of a window, then a function, equals the function, then the maximum, when the function never
    falls over the values that the window can hold.

    Args:
        before: What the pool sees ``[c, r]``.
        levels: What the quantizer makes of it ``[c, r]``.
        reachable: Which stored integers a channel can see ``[c, r]``.
        pool: Name for messages.

    Raises:
        UnsupportedOperatorError: The function falls somewhere.
    """
    for channel in range(before.shape[0]):
        seen = reachable[channel]
        rank = np.argsort(before[channel, seen], kind="stable")
        if np.any(np.diff(levels[channel, seen][rank]) < 0):
            raise UnsupportedOperatorError(
                f"{pool} (MaxPool): what follows it falls in channel {channel}, so that the maximum "
                "cannot be taken over "
                f"integers; put the pool directly behind the layer or behind the quantizer"
            )


def noisy_channels(low: Ints, levels: Ints, high: Ints) -> Ints:
    """Return the channels ``[k]`` whose level changes when the float moves by the reference's rounding."""
    return np.flatnonzero(((low != levels) | (high != levels)).any(axis=1))


def reachable_mask(low: Ints, high: Ints, first: int, count: int) -> NDArray[np.bool_]:
    """Return which of ``count`` stored integers from ``first`` on each channel can see, ``[c, count]``."""
    stored = first + np.arange(count)
    return (stored >= low[:, None]) & (stored <= high[:, None])


def scales_text(scale: Floats) -> str:
    """Write a scale, or the range of scales, for a message."""
    low, high = float(scale.min()), float(scale.max())
    return f"{low:.9g}" if low == high else f"{low:.9g} .. {high:.9g}"
