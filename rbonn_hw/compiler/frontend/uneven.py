"""Averages that divide windows at the border by fewer pixels, up to their quantizer.

A border pixel counts as a mark larger than any sum of pixels, so that the sum of a window tells how many of
its pixels are missing, and by what the reference divides. Over such sums a quantizer is a saw: it rises over
windows that miss equally many pixels, and begins again for those that miss more. The saw is the difference
of two stairs, each of which is a threshold: one that goes on rising, and one with a single high step for each
number of missing pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np

from rbonn_hw.compiler.frontend.arithmetic import identifier, span, summation_noise
from rbonn_hw.compiler.frontend.averages import Average
from rbonn_hw.compiler.frontend.emit import Emitter
from rbonn_hw.compiler.frontend.pools import laid_out
from rbonn_hw.compiler.frontend.table_writer import TableWriter, Target
from rbonn_hw.compiler.frontend.tabulation import Region
from rbonn_hw.compiler.frontend.thresholds import Grid, Levels, Steps, find_steps, quantized, reachable_mask
from rbonn_hw.compiler.frontend.values import Ints, IntTensor, uniform
from rbonn_hw.compiler.frontend.windows import Window
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import UnsupportedOperatorError

MOST_STEPS = 255
"""Most thresholds of a channel."""


@dataclass(frozen=True, slots=True, eq=False)
class _Marked:
    """Sums of windows in which each missing pixel counts as ``mark``.

    Attributes:
        tensor: The sums.
        pixels: What was summed.
        mark: Larger than what pixels can make up for.
        taps: Pixels of a window.
        divisors: By what windows are divided, by the number of pixels that they miss; ascending.
    """

    tensor: IntTensor
    pixels: IntTensor
    mark: int
    taps: int
    divisors: Mapping[int, int]

    def sums(self, missing: int) -> IntTensor:
        """Describe the sums of windows that miss so many pixels, without the marks."""
        x, pixels = self.pixels, self.taps - missing
        low, high = pixels * x.low, pixels * x.high
        reach = pixels * np.maximum(np.abs(x.integer_low), np.abs(x.integer_high))
        noise = pixels * x.noise + summation_noise(x.scale, reach, pixels)
        return replace(x, low=low, high=high, dtype=span(low, high), noise=noise, weights="")


def uneven(
    writer: TableWriter, region: Region, average: Average, output: str, layer: str, target: Target, *,
    ternary: bool,
) -> IntTensor:  # fmt: skip
    """Append an average whose windows are divided by different numbers, and the quantizer behind it.

    Raises:
        UnsupportedOperatorError: No quantizer behind it, or one of too many levels.
    """
    pooled = any(node.op_type == "MaxPool" for node in region.nodes)
    name = region.nodes[0].name
    if target.scale is None or pooled:
        raise UnsupportedOperatorError(
            f"{name} ({region.nodes[0].op_type}): windows at the border are divided by fewer pixels, which "
            "only a quantizer directly behind can make integers of; put one there, or let the border count "
            "(count_include_pad=True, no ceil_mode)"
        )
    marked = _marked(writer.emitter, region.source, average, name)
    levels: dict[int, Levels] = {}
    flattened = False
    shape = tuple(writer.reference.get_tensor_shape(output))
    for missing, divisor in marked.divisors.items():
        source = marked.sums(missing)
        part = replace(region, source=source, averaged=Window(kernel=(1, divisor)))
        encode = partial(quantized, scale=target.scale, layer=layer)
        table, _ = writer.tabulator.tabulate(part, encode=encode)
        values, kept, flattened = writer.per_channel(table.values, source, part, shape, layer)
        if kept is not source:
            raise UnsupportedOperatorError(
                f"{layer}: parameters differ between pixels behind {name}; use one"
            )
        mask = reachable_mask(source.low, source.high, table.first, values.shape[1])
        writer.note_noise(part, Grid(values, target.scale, target.bipolar), mask, encode, layer)
        levels[missing] = values[:, : mask.shape[1]]
    made = _difference(writer, marked, levels, output, layer)
    grid = Grid(_ramp(made), target.scale, target.bipolar)
    first = int(made.low.min())
    made = writer.thresholds(made, grid, first, output, layer, target.dtype, ternary=ternary)
    return writer.finish(made, None, flattened, shape, output, layer)


def _marked(emitter: Emitter, x: IntTensor, average: Average, layer: str) -> _Marked:
    """Append the sums of windows whose missing pixels count as a mark."""
    x = emitter.valued(emitter.padded(x, layer), layer)
    window, low, high = average.window, int(x.low.min()), max(int(x.high.max()), int(x.low.min()) + 1)
    divided = np.broadcast_to(
        window.taps if average.divisors is None else average.divisors, average.missing.shape
    )
    pairs = np.unique(np.stack([average.missing.reshape(-1), divided.reshape(-1)], axis=1), axis=0)
    counts = [int(count) for count in pairs[:, 0]]
    if len(set(counts)) < len(counts) or high - low > MOST_STEPS:
        raise UnsupportedOperatorError(
            f"{layer}: windows that miss as many pixels are divided by different numbers, or its input has "
            f"more than {MOST_STEPS + 1} levels; use count_include_pad=True without ceil_mode, or a "
            "quantizer before it"
        )
    gaps = [((window.taps - a) * high - (window.taps - b) * low) // (b - a) for a, b in pairwise(counts)]
    mark = max([high, *gaps]) + 1
    node, c = identifier(layer), x.channels
    rows = np.tile(np.arange(low + 1, high + 1), (c, 1))
    dtype = IntType.holding(min(low, 0), mark)
    steps = Steps(rows, np.zeros(c, np.bool_), low)
    wide = emitter.threshold(x, steps, dtype, x.origin, f"{layer}_wide")
    taps = laid_out(emitter, replace(wide, low=x.low, high=x.high), window, layer, fill=mark)
    _, height, width, _, _ = emitter.graph.shape(taps)
    axes = emitter.graph.index_constant(f"{node}_axes", [3])
    bounds = [(window.taps - count) * np.stack([x.low, x.high]) + count * mark for count in counts]
    least, most = np.min(bounds, axis=0)[0], np.max(bounds, axis=0)[1]
    name = emitter.graph.add(
        "ReduceSum", node, [taps, axes], [1, height, width, c], span(least, most), keepdims=0
    )
    tensor = replace(
        wide, name=name, shape=(1, c, height, width), dtype=span(least, most), low=least, high=most
    )
    return _Marked(tensor, x, mark, window.taps, dict(zip(counts, pairs[:, 1].tolist(), strict=True)))


def _difference(
    writer: TableWriter, marked: _Marked, levels: Mapping[int, Levels], output: str, layer: str
) -> IntTensor:
    """Append the two stairs over the marked sums and their difference, which is the levels."""
    total, c = marked.tensor, marked.pixels.channels
    first = int(total.low.min())
    count = int(total.high.max()) - first + 1
    sources = {missing: marked.sums(missing) for missing in levels}
    parts = {
        missing: [
            table[channel, low - int(source.low.min()) : high - int(source.low.min()) + 1].astype(np.int64)
            for channel, (low, high) in enumerate(zip(source.low, source.high, strict=True))
        ]
        for (missing, table), source in zip(levels.items(), sources.values(), strict=True)
    }
    low = min(int(part.min()) for rows in parts.values() for part in rows)
    high = max(int(part.max()) for rows in parts.values() for part in rows)
    if len(parts) * (high - low + 1) > MOST_STEPS:
        raise UnsupportedOperatorError(
            f"{layer}: {high - low + 1} levels behind an average of {len(parts)} different divisors need "
            f"more than {MOST_STEPS} thresholds; quantize to {MOST_STEPS // len(parts)} levels or fewer, or "
            "let the border count"
        )
    rising, single = np.zeros((c, count), np.int64), np.zeros((c, count), np.int64)
    for channel in range(c):
        falls = any(part[channel][-1] < part[channel][0] for part in parts.values())
        height = (low - high - 1) if falls else (high - low + 1)
        for number, (missing, part) in enumerate(parts.items()):
            begin = int(sources[missing].low[channel]) + missing * marked.mark - first
            end = begin + len(part[channel])
            rising[channel, begin:end] = part[channel] + number * height
            # Nothing lies between the sums of one number of missing pixels and those of the next.
            rising[channel, end:] = part[channel][-1] + number * height
            single[channel, begin:] = -number * height
    stairs = [
        _stair(writer.emitter, total, table, first, f"{layer}_{what}")
        for table, what in ((rising, "levels"), (single, "missing"))
    ]
    graph = writer.emitter.graph
    name = graph.add(
        "Add", f"{identifier(layer)}_difference", [stair.name for stair in stairs],
        graph.shape(total.name), span(uniform(c, low), uniform(c, high)),
    )  # fmt: skip
    return replace(
        total, origin=output, name=name, dtype=IntType.holding(low, high), low=uniform(c, low),
        high=uniform(c, high), step=uniform(c, 1), offset=uniform(c, 0), scale=np.ones(c), noise=np.zeros(c),
    )  # fmt: skip


def _stair(emitter: Emitter, x: IntTensor, table: Ints, first: int, layer: str) -> IntTensor:
    """Append the thresholds of a table over marked sums."""
    steps = find_steps(table, x, first, layer)
    dtype = IntType.holding(steps.lowest, steps.lowest + steps.thresholds.shape[1])
    return emitter.threshold(x, steps, dtype, x.origin, layer)


def _ramp(x: IntTensor) -> Ints:
    """Return the table of integers that stay what they are."""
    return np.tile(np.arange(int(x.low.min()), int(x.high.max()) + 1), (x.channels, 1))
