"""A timeline in a few hundred bins, for a page: shares of each state, and the most that FIFOs held."""

from typing import Any

import numpy as np

from rbonn_hw.sim.stream_log import Numbers
from rbonn_hw.sim.timeline import BLOCKED, BUSY, STATES, Fill, Spans, Timeline

BINS = 300
PARTS = 1000
"""Shares are in thousandths."""


def binned(found: Timeline, bins: int = BINS) -> dict[str, Any]:
    """Return a timeline as plain data.

    Args:
        found: The timeline.
        bins: Bins of it at most; none is shorter than a cycle.

    Returns:
        ``edges``: cycles, one more than bins; ``layers``: name, module, cycles in each state, and per bin
        the thousandths of it that were busy and blocked, the rest being starved; ``fifos``: name, depth, and
        the most words in each bin; ``frame_starts`` and ``frame_ends``: pairs of frame and cycle.
    """
    bins = max(1, min(bins, found.end - found.first))
    edges = found.first + np.arange(bins + 1) * (found.end - found.first) // bins
    return {
        "edges": edges.tolist(),
        "layers": [
            {
                "name": layer.name,
                "module": layer.module,
                **{f"{name}_cycles": layer.spent(state) for state, name in enumerate(STATES)},
                "busy": _shares(layer, BUSY, edges),
                "blocked": _shares(layer, BLOCKED, edges),
            }
            for layer in found.layers
        ],
        "fifos": [
            {"name": fifo.name, "depth_words": fifo.depth_words, "most_words": _most(fifo, edges)}
            for fifo in found.fifos
        ],
        "frame_starts": sorted(found.frame_starts.items()),
        "frame_ends": sorted(found.frame_ends.items()),
    }


def _shares(layer: Spans, state: int, edges: Numbers) -> list[int]:
    """Return the thousandths of each bin in a state, rounded down."""
    begins = np.append(layer.begins, layer.end)
    spent = np.append(0, np.cumsum(np.where(layer.states == state, layer.lengths, 0)))
    cycles = np.diff(np.interp(edges, begins, spent))
    shares = np.round(cycles).astype(np.int64) * PARTS // np.diff(edges)
    return [int(share) for share in shares]


def _most(fifo: Fill, edges: Numbers) -> list[int]:
    """Return the most words in each bin, as its cycles begin."""
    # The line is straight between points, so the most lies on one, or on a bin's first or last cycle.
    cycles = np.unique(np.concatenate([fifo.cycles[:-1], edges[:-1], edges[1:] - 1]))
    words = np.round(np.interp(cycles, fifo.cycles, fifo.words)).astype(np.int64)
    return [int(most) for most in np.maximum.reduceat(words, np.searchsorted(cycles, edges[:-1]))]
