"""Replace what stands between integers and a quantizer by thresholds."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.compiler.frontend.operators import AVERAGES
from rbonn_hw.compiler.frontend.pools import sum_pool
from rbonn_hw.compiler.frontend.table_writer import TableWriter, Target
from rbonn_hw.compiler.frontend.tabulation import Region
from rbonn_hw.compiler.frontend.thresholds import Grid, find_grid, never_falls, quantized, reachable_mask
from rbonn_hw.compiler.frontend.uneven import uneven
from rbonn_hw.compiler.frontend.values import Derived, IntTensor
from rbonn_hw.errors import UnsupportedOperatorError


class Quantizer(TableWriter):
    """Tabulates regions and appends their thresholds."""

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
        region = self.tabulator.region(value.sources[0], value.nodes, output)
        if region.average is not None and region.average.divisors is not None:
            return uneven(self, region, region.average, output, layer, target, ternary=ternary)
        source, region = self._start(region)
        pool = next((node for node in region.nodes if node.op_type == "MaxPool"), None)
        encode = None if target.scale is None else partial(quantized, scale=target.scale, layer=layer)
        table, before = self.tabulator.tabulate(region, extra=pool.input[0] if pool else "", encode=encode)
        shape = tuple(self.reference.get_tensor_shape(output))
        values, source, flattened = self.per_channel(table.values, source, region, shape, layer)
        mask = reachable_mask(source.low, source.high, table.first, values.shape[1])
        if target.scale is None and pool is None:
            scaled = self._rescaled(values, mask, source, table.first)
            if scaled is not None:
                return self.finish(scaled, None, flattened, shape, output, layer)
        scale = target.scale
        grid = find_grid(values, mask) if scale is None else Grid(values, scale, target.bipolar)
        if grid is None:
            return None
        if pool is not None and before is not None:
            seen, _, _ = self.per_channel(before.values, source, region, shape, layer)
            source, pool = self._placed(pool, source, seen, grid, mask)
        self.note_noise(region, grid, mask, encode, layer)
        made = self.thresholds(source, grid, table.first, output, layer, target.dtype, ternary=ternary)
        return self.finish(made, pool, flattened, shape, output, layer)

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

    def scaled(self, value: Derived, output: str, layer: str) -> IntTensor | None:
        """Return ``output`` as its source with another scale and offset, or None if it is more."""
        if any(self.reference.graph.node[position].op_type == "MaxPool" for position in value.nodes):
            return None
        region = self.tabulator.region(value.sources[0], value.nodes, output)
        if region.average is not None and region.average.divisors is not None:
            return None
        source, region = self._start(region)
        table, _ = self.tabulator.tabulate(region)
        shape = tuple(self.reference.get_tensor_shape(output))
        if table.values.shape[0] != source.channels:
            return None
        mask = reachable_mask(source.low, source.high, table.first, table.values.shape[1])
        made = self._rescaled(table.values, mask, source, table.first)
        flattened = len(source.shape) == 4 and len(shape) == 2
        return None if made is None else self.finish(made, None, flattened, shape, output, layer)

    def _start(self, region: Region) -> tuple[IntTensor, Region]:
        """Complete the source of a region: its border, and the sum where the region averages."""
        source = region.source
        if region.averaged is None:
            first = region.nodes[0].name if region.nodes else region.output
            source = self.emitter.padded(source, first)
            return source, replace(region, source=source)
        average = next(node for node in region.nodes if node.op_type in AVERAGES)
        source = sum_pool(self.emitter, source, region.averaged, average.name)
        return source, replace(region, source=source)

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
