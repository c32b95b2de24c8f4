"""What follows once a table stands: thresholds, a pool, a change of shape, and what is to be said of it."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend.arithmetic import BINARY
from rbonn_hw.compiler.frontend.attributes import attribute
from rbonn_hw.compiler.frontend.emit import Emitter
from rbonn_hw.compiler.frontend.pools import max_pool
from rbonn_hw.compiler.frontend.tabulation import Encoder, Region, Tabulator
from rbonn_hw.compiler.frontend.thresholds import Grid, find_steps
from rbonn_hw.compiler.frontend.values import Floats, IntTensor
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


class TableWriter:
    """Appends what a table of levels becomes."""

    def __init__(self, reference: ModelWrapper, tabulator: Tabulator, emitter: Emitter) -> None:
        self.reference = reference
        self.tabulator = tabulator
        self.emitter = emitter
        self.notes: list[str] = []
        self.ambiguous = False

    def thresholds(
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
        made = self.emitter.threshold(source, steps, dtype, output, layer)
        made = replace(made, scale=np.repeat(grid.scale, made.channels // grid.scale.size))
        if grid.bipolar and not ternary:
            made = replace(made, step=made.step * 2, offset=made.offset - 1)
        return made

    def per_channel(
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
            return values, self.emitter.flatten(source, region.source.origin, layer), False
        raise UnsupportedOperatorError(
            f"{layer}: its thresholds differ between pixels of a channel; use parameters per channel, "
            "[1, c, 1, 1]"
        )

    def note_noise(
        self, region: Region, grid: Grid, mask: NDArray[np.bool_], encode: Encoder | None, layer: str
    ) -> None:
        """Say where the reference's own rounding decides."""
        if not region.source.noise.any():
            return
        noisy = np.zeros(grid.levels.shape[0], np.bool_)
        units = np.repeat(grid.scale, mask.shape[0] // grid.scale.size)[:, None]
        for shift in (-1.0, 1.0):
            table, _ = self.tabulator.tabulate(region, shift=shift, encode=encode)
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

    def finish(
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
            made = self.emitter.flatten(made, output, layer)
        elif len(made.shape) == 2 and len(shape) == 4:
            made = self.emitter.lift(made, output, layer)
        return made

    def max_pool(self, x: IntTensor, node: Any) -> IntTensor:
        """Append the max pool ``node`` over integers."""
        if np.any(x.scale * x.step <= 0):
            raise UnsupportedOperatorError(
                f"{node.name} (MaxPool): negative scales turn a maximum into a minimum"
            )
        before, after = (
            tuple(self.reference.get_tensor_shape(name)) for name in (node.input[0], node.output[0])
        )
        kernel = pair(attribute(node, "kernel_shape", []))
        window = window_of(node, kernel, pair(before[2:]), pair(after[2:]))
        return max_pool(self.emitter, x, window, after, node.output[0], node.name)
