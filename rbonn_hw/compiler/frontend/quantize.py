"""Replace what stands between integers and a quantizer by thresholds."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend.arithmetic import BINARY
from rbonn_hw.compiler.frontend.biases import attribute
from rbonn_hw.compiler.frontend.emit import Emitter
from rbonn_hw.compiler.frontend.operators import AVERAGES
from rbonn_hw.compiler.frontend.pools import max_pool, sum_pool
from rbonn_hw.compiler.frontend.tabulation import Encoder, Region, Tabulator
from rbonn_hw.compiler.frontend.thresholds import (
    Grid,
    find_grid,
    find_steps,
    never_falls,
    quantized,
    reachable_mask,
)
from rbonn_hw.compiler.frontend.values import Derived, Floats, IntTensor
from rbonn_hw.compiler.frontend.windows import pair, window_of
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import UnsupportedOperatorError


@dataclass(frozen=True, slots=True)
class Target:
    """What a quantizer promises of its output.

    Attributes:
        scale: Float per integer, per channel ``[c]`` or one ``[1]``; None when it has
            to be found in the table.
        dtype: Type of the integers; None when it follows from the table.
        bipolar: Whether they are -1 and +1.
    """

    scale: Floats | None = None
    dtype: IntType | None = None
    bipolar: bool = False


class Quantizer:
    """Tabulates regions and appends their thresholds."""

    def __init__(self, reference: ModelWrapper, tabulator: Tabulator, emitter: Emitter) -> None:
        self._reference = reference
        self._tabulator = tabulator
        self._emitter = emitter
        self.notes: list[str] = []
        self.ambiguous = False

    def integers(
        self, value: Derived, output: str, layer: str, target: Target, *, ternary: bool = False
    ) -> IntTensor | None:
        """Return ``output`` as an integer tensor, or None when its floats lie on no grid.

        Args:
            value: The float tensor in terms of one integer tensor.
            output: Its name in the reference.
            layer: Name of the node that asks, for messages and names.
            target: What is known of the result.
            ternary: Store -1/+1 in two bits, because a consumer pads with 0.
        """
        source, region = self._start(value, output)
        pool = next((node for node in region.nodes if node.op_type == "MaxPool"), None)
        encode = None if target.scale is None else partial(quantized, scale=target.scale, layer=layer)
        table, before = self._tabulator.tabulate(region, extra=pool.input[0] if pool else "", encode=encode)
        shape = tuple(self._reference.get_tensor_shape(output))
        values, source, flattened = self._per_channel(table.values, source, region, shape, layer)
        mask = reachable_mask(source.low, source.high, table.first, values.shape[1])
        if target.scale is None and pool is None:
            scaled = self._rescaled(values, mask, source, table.first)
            if scaled is not None:
                return self._finish(scaled, None, flattened, shape, output, layer)
        scale = target.scale
        grid = find_grid(values, mask) if scale is None else Grid(values, scale, target.bipolar)
        if grid is None:
            return None
        if pool is not None and before is not None:
            seen, _, _ = self._per_channel(before.values, source, region, shape, layer)
            source, pool = self._placed(pool, source, seen, grid, mask)
        self._note_noise(region, grid, mask, encode, layer)
        made = self._thresholds(source, grid, table.first, output, layer, target.dtype, ternary=ternary)
        return self._finish(made, pool, flattened, shape, output, layer)

    def _placed(
        self, pool: Any, source: IntTensor, seen: NDArray[Any], grid: Grid, mask: NDArray[np.bool_]
    ) -> tuple[IntTensor, Any | None]:
        """Put a max pool within a region behind its quantizer or, failing that, before its integers.

        Args:
            pool: The node.
            source: Integers that the region starts from.
            seen: What the pool sees of them ``[c, r]``.
            grid: What the quantizer makes of them.
            mask: Which of them a channel can reach ``[c, r]``.

        Returns:
            The source, pooled if need be, and the pool if it is still to come.
        """
        stored = np.broadcast_to(np.arange(mask.shape[1]), mask.shape)
        if never_falls(grid.levels, seen, mask):
            return source, pool
        if never_falls(seen, stored, mask) and np.all(source.scale * source.step > 0):
            return self.max_pool(source, pool), None
        raise UnsupportedOperatorError(
            f"{pool.name} (MaxPool): what precedes it and what follows it falls in some channels, so the "
            f"maximum cannot be taken over integers; put the pool directly behind the layer or the quantizer"
        )

    def _thresholds(
        self,
        source: IntTensor,
        grid: Grid,
        first: int,
        output: str,
        layer: str,
        dtype: IntType | None,
        *,
        ternary: bool,
    ) -> IntTensor:
        """Append the thresholds of a table of levels."""
        steps = find_steps((grid.levels + 1) // 2 if grid.bipolar else grid.levels, source, first, layer)
        if grid.bipolar:
            dtype = BINARY
        if grid.bipolar and ternary:
            rows = np.repeat(steps.thresholds, 2, axis=1)
            steps, dtype = replace(steps, thresholds=rows, lowest=-1), IntType(2, signed=True)
        highest = steps.lowest + steps.thresholds.shape[1]
        dtype = dtype or IntType.holding(steps.lowest, highest)
        made = self._emitter.threshold(source, steps, dtype, output, layer)
        made = replace(made, scale=np.repeat(grid.scale, made.channels // grid.scale.size))
        if grid.bipolar and not ternary:
            made = replace(made, step=made.step * 2, offset=made.offset - 1)
        return made

    def scaled(self, value: Derived, output: str, layer: str) -> IntTensor | None:
        """Return ``output`` as its source with another scale and offset, or None if it is more."""
        if any(self._reference.graph.node[position].op_type == "MaxPool" for position in value.nodes):
            return None
        source, region = self._start(value, output)
        table, _ = self._tabulator.tabulate(region)
        shape = tuple(self._reference.get_tensor_shape(output))
        if table.values.shape[0] != source.channels:
            return None
        mask = reachable_mask(source.low, source.high, table.first, table.values.shape[1])
        made = self._rescaled(table.values, mask, source, table.first)
        flattened = len(source.shape) == 4 and len(shape) == 2
        return None if made is None else self._finish(made, None, flattened, shape, output, layer)

    def _start(self, value: Derived, output: str) -> tuple[IntTensor, Region]:
        """Complete the source of a region: its border, and the sum where the region averages."""
        source = value.sources[0]
        graph = self._reference.graph.node
        region = self._tabulator.region(source, value.nodes, output)
        if region.averaged is None:
            first = graph[value.nodes[0]].name if value.nodes else output
            source = self._emitter.padded(source, first)
            return source, replace(region, source=source)
        average = next(node for node in region.nodes if node.op_type in AVERAGES)
        source = sum_pool(self._emitter, source, region.averaged, average.name)
        return source, replace(region, source=source)

    def _per_channel(
        self,
        values: NDArray[Any],
        source: IntTensor,
        region: Region,
        shape: tuple[int, ...],
        layer: str,
    ) -> tuple[NDArray[Any], IntTensor, bool]:
        """Reduce a table with positions to one row a channel, or flatten the source where positions differ.

        Returns:
            The table, the tensor its rows belong to, and whether the result is still to be flattened.
        """
        flattens = len(source.shape) == 4 and len(shape) == 2
        if values.shape[0] == source.channels:
            return values, source, flattens
        cube = values.reshape(source.channels, -1, values.shape[1])
        if np.all(cube == cube[:, :1]):
            return cube[:, 0], source, flattens
        if flattens and cube.shape[1] == source.shape[2] * source.shape[3]:
            return values, self._emitter.flatten(source, region.source.origin, layer), False
        raise UnsupportedOperatorError(
            f"{layer}: its thresholds differ between pixels of a channel; use parameters per channel, "
            "[1, c, 1, 1]"
        )

    def _rescaled(
        self, values: NDArray[np.float32], mask: NDArray[np.bool_], source: IntTensor, first: int
    ) -> IntTensor | None:
        """Return the source with another scale, if the region is affine in each channel."""
        stored = first + np.arange(values.shape[1])
        integers = source.step[:, None] * stored + source.offset[:, None]
        ends = [
            np.argmax(mask, axis=1)[:, None],
            mask.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1)[:, None],
        ]
        (low, high), (first_value, last_value) = (
            [np.take_along_axis(array, end, axis=1).astype(np.float64)[:, 0] for end in ends]
            for array in (integers, values)
        )
        if np.any(high == low) or np.any(first_value == last_value):
            return None
        scale = (last_value - first_value) / (high - low)
        # The larger end gives the scale with the smaller rounding error, where nothing is added.
        far, at_far = np.where(-low > high, [low, first_value], [high, last_value])
        scale = np.where(
            np.isclose(scale * far, at_far, rtol=1e-6), at_far / np.where(far == 0, 1, far), scale
        )
        shift = at_far / scale - far
        # Half an integer is a matter of the unit: 0/1 times 2 minus 1 is -1/+1.
        factor = 2 if np.any(np.abs(shift - np.round(shift)) > 0.25) else 1
        offset = np.round(shift * factor).astype(np.int64)
        step, scale = source.step * factor, scale / factor
        exact = (integers * factor + offset[:, None]) * scale[:, None]
        if np.abs(offset).max() > 1024 or not np.all(np.isclose(exact, values, rtol=1e-6, atol=0.0) | ~mask):
            return None
        lost = np.where(mask, np.abs(exact - values), 0.0).max(axis=1)
        noise = source.noise * np.abs(scale * factor / source.scale) + lost
        return replace(source, scale=scale, step=step, offset=source.offset * factor + offset, noise=noise)

    def _note_noise(
        self, region: Region, grid: Grid, mask: NDArray[np.bool_], encode: Encoder | None, layer: str
    ) -> None:
        """Say where the reference's own rounding decides."""
        if not region.source.noise.any():
            return
        noisy = np.zeros(grid.levels.shape[0], np.bool_)
        units = np.repeat(grid.scale, mask.shape[0] // grid.scale.size)[:, None]
        for shift in (-1.0, 1.0):
            table, _ = self._tabulator.tabulate(region, shift=shift, encode=encode)
            rows = table.values.reshape(mask.shape[0], -1, mask.shape[1])[:, 0]
            levels = rows if encode else np.rint(np.where(mask, rows, 0.0) / units)
            noisy |= ((levels != grid.levels) & mask).any(axis=1)
        channels = np.flatnonzero(noisy)
        if channels.size:
            self.ambiguous = True
            some = ", ".join(str(channel) for channel in channels[:8]) + (" ..." if channels.size > 8 else "")
            self.notes.append(
                f"{layer}: in {channels.size} channel(s) ({some}) a step lies within the float32 summation "
                f"error of the reference, which is ambiguous there; the accelerator uses the exact sum. "
                f"Scales that are powers of two avoid this"
            )

    def _finish(
        self,
        made: IntTensor,
        pool: Any | None,
        flattened: bool,
        shape: tuple[int, ...],
        output: str,
        layer: str,
    ) -> IntTensor:
        """Append what commutes with the thresholds: a max pool, a change of shape."""
        made = replace(made, origin=output)
        if pool is not None:
            made = self.max_pool(made, pool)
            made = replace(made, origin=output)
        if flattened:
            made = self._emitter.flatten(made, output, layer)
        elif len(made.shape) == 2 and len(shape) == 4:
            made = self._emitter.lift(made, output, layer)
        return made

    def max_pool(self, x: IntTensor, node: Any) -> IntTensor:
        """Append the max pool ``node`` over integers."""
        if np.any(x.scale * x.step <= 0):
            raise UnsupportedOperatorError(
                f"{node.name} (MaxPool): negative scales turn a maximum into a minimum"
            )
        before, after = (
            tuple(self._reference.get_tensor_shape(name)) for name in (node.input[0], node.output[0])
        )
        kernel = pair(attribute(node, "kernel_shape", []))
        window = window_of(node, kernel, pair(before[2:]), pair(after[2:]))
        return max_pool(self._emitter, x, window, after, node.output[0], node.name)


def declared(signed: int, narrow: int, bits: int, zero_point: int) -> tuple[int, int]:
    """Return the smallest and largest integer ``q - zero_point`` of a Quant; a signed bit is -1 or +1."""
    if signed and bits == 1:
        return -1 - zero_point, 1 - zero_point
    low = -(1 << (bits - 1)) + narrow if signed else 0
    high = (1 << (bits - 1)) - 1 if signed else (1 << bits) - 1 - narrow
    return low - zero_point, high - zero_point
