"""Integer operators: what each does to the graph and to the knowledge about a tensor."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.compiler.frontend.arithmetic import identifier, span
from rbonn_hw.compiler.frontend.lowered_graph import LoweredGraph
from rbonn_hw.compiler.frontend.thresholds import Steps
from rbonn_hw.compiler.frontend.values import Ints, IntTensor, plain
from rbonn_hw.compiler.frontend.windows import Window
from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import UnsupportedOperatorError


class Emitter:
    """Appends integer operators to the lowered graph."""

    def __init__(self) -> None:
        self.graph = LoweredGraph()

    def flatten(self, x: IntTensor, origin: str, layer: str) -> IntTensor:
        """Flatten a map; lowered features run over (h, w, c), the reference's over (c, h, w)."""
        x = self.padded(x, layer)
        _, c, h, w = x.shape
        pixels = h * w
        order = (x.order[None, :] * pixels + np.arange(pixels)[:, None]).reshape(-1)
        node = f"{identifier(layer)}_flat"
        shape = self.graph.index_constant(f"{node}_shape", [1, c * pixels])
        name = self.graph.add("Reshape", node, [x.name, shape], [1, c * pixels], x.dtype)
        return replace(
            x,
            origin=origin,
            name=name,
            shape=(1, c * pixels),
            order=order,
            weights="",
            low=np.repeat(x.low, pixels),
            high=np.repeat(x.high, pixels),
            step=np.repeat(x.step, pixels),
            offset=np.repeat(x.offset, pixels),
            scale=np.repeat(x.scale, pixels),
            noise=np.repeat(x.noise, pixels),
        )

    def lift(self, x: IntTensor, origin: str, layer: str) -> IntTensor:
        """Turn a vector into a map of one pixel."""
        node = f"{identifier(layer)}_map"
        shape = self.graph.index_constant(f"{node}_shape", [1, 1, 1, x.channels])
        name = self.graph.add("Reshape", node, [x.name, shape], [1, 1, 1, x.channels], x.dtype)
        return replace(x, origin=origin, name=name, shape=(1, x.channels, 1, 1), weights="")

    def regrid(self, x: IntTensor, origin: str, shape: tuple[int, ...], layer: str) -> IntTensor:
        """Arrange the pixels of a map in other rows, in the same order."""
        x = self.padded(x, layer)
        node, after = f"{identifier(layer)}_rows", [1, *shape[2:], shape[1]]
        name = self.graph.add(
            "Reshape", node, [x.name, self.graph.index_constant(f"{node}_shape", after)], after, x.dtype
        )
        return replace(x, origin=origin, name=name, shape=shape, weights="")

    def padded(self, x: IntTensor, layer: str) -> IntTensor:
        """Insert the border that is still missing, for consumers that do not pad themselves."""
        if not any(x.pads):
            return x
        border = Window(kernel=(1, 1), pads=x.pads)
        name = self.window(x, f"{identifier(layer)}_pad", border)
        return replace(
            x, name=name, pads=(0, 0, 0, 0), weights="", low=np.minimum(x.low, 0), high=np.maximum(x.high, 0)
        )

    def window(self, x: IntTensor, node: str, window: Window, *, fill: int = 0) -> str:
        """Append an Im2Col; its border is the stored integer ``fill``."""
        _, height, width, c = self.graph.shape(x.name)
        source = x.name
        top, left, bottom, right = window.pads
        if (height == 1 and top + bottom) or (width == 1 and left + right):
            # QONNX lays no windows out along an axis of one pixel; the border exists before they are.
            source = self._bordered(x, node, window.pads, fill)
            _, height, width, c = self.graph.shape(source)
            window = replace(window, pads=(0, 0, 0, 0))
        return self.graph.add(
            "Im2Col",
            node,
            [source],
            [1, *window.out((height, width)), window.taps * c],
            x.dtype,
            stride=list(window.stride),
            kernel_size=list(window.kernel),
            input_shape=f"(1, {height}, {width}, {c})",
            pad_amount=list(window.pads),
            pad_value=fill,
            depthwise=0,
            dilations=list(window.dilation),
        )

    def _bordered(self, x: IntTensor, node: str, pads: tuple[int, int, int, int], fill: int) -> str:
        """Append a border of ``fill``, which layer inference makes part of the window behind it."""
        _, height, width, c = self.graph.shape(x.name)
        top, left, bottom, right = pads
        amounts = self.graph.index_constant(f"{node}_pads", [0, top, left, 0, 0, bottom, right, 0])
        value = self.graph.initializer(f"{node}_fill", np.array(fill), x.dtype.qonnx_name)
        shape = [1, height + top + bottom, width + left + right, c]
        return self.graph.add("Pad", f"{node}_border", [x.name, amounts, value], shape, x.dtype)

    def valued(self, x: IntTensor, layer: str) -> IntTensor:
        """Store the integers themselves, so that the stored 0 of a border means 0; -1/+1 then take two bits.

        Raises:
            UnsupportedOperatorError: The tensor has a wide range.
        """
        if np.all(x.step == 1) and np.all(x.offset == 0):
            return x
        low, high = int(x.low.min()), int(x.high.max())
        if (
            high - low > 255
            or np.any(x.step != x.step[0])
            or np.any(x.offset != x.offset[0])
            or x.step[0] < 1
        ):
            raise UnsupportedOperatorError(
                f"{layer} pads an accumulator with 0; put a quantizer (1 to 8 bits) before it"
            )
        step, offset = int(x.step[0]), int(x.offset[0])
        lowest, highest = step * low + offset, step * high + offset
        rows = np.tile(np.repeat(np.arange(low + 1, high + 1), step), (x.channels, 1))
        steps = Steps(rows, np.zeros(x.channels, np.bool_), lowest)
        dtype = IntType.holding(min(lowest, -1) if lowest < 0 else 0, highest)
        made = self.threshold(x, steps, dtype, x.origin, f"{x.name.removesuffix('_out')}_int")
        return replace(
            made,
            scale=x.scale,
            pads=x.pads,
            noise=x.noise,
            low=step * x.low + offset,
            high=step * x.high + offset,
        )

    def multiple(self, x: IntTensor, factor: int, layer: str) -> IntTensor:
        """Store ``factor`` times the integers of x, by a table; the unit is then so much smaller."""
        if factor == 1:
            return x
        low, high = int(x.low.min()), int(x.high.max())
        rows = np.tile(np.repeat(np.arange(low + 1, high + 1), factor), (x.channels, 1))
        steps = Steps(rows, np.zeros(x.channels, np.bool_), factor * low)
        dtype = span(factor * x.low, factor * x.high)
        made = self.threshold(x, steps, dtype, x.origin, f"{identifier(layer)}_{x.name.removesuffix('_out')}")
        return replace(
            made, scale=x.scale / factor, noise=x.noise, low=factor * x.low, high=factor * x.high, pads=x.pads
        )

    def threshold(self, x: IntTensor, steps: Steps, dtype: IntType, origin: str, layer: str) -> IntTensor:
        """Append a MultiThreshold (and what turns falling channels round); the result's scale is 1."""
        rows, falling, name = steps.thresholds, steps.falling, x.name
        if falling.any():
            name, rows = self._turn(x, falling, rows, layer)
        node, shape = identifier(layer), self.graph.shape(x.name)
        bounds = IntType.holding(int(rows.min()), int(rows.max()))
        initializer = self.graph.initializer(f"{node}_thresholds", rows[x.order], bounds.qonnx_name)
        output = self.graph.add(
            "MultiThreshold",
            node,
            [name, initializer],
            shape,
            dtype,
            out_dtype=dtype.qonnx_name,
            out_scale=1.0,
            out_bias=float(steps.lowest),
            data_layout="NHWC" if len(shape) == 4 else "NC",
        )
        made = plain(origin, output, x.shape, dtype, (steps.lowest, steps.lowest + rows.shape[1]), 1.0)
        return replace(made, order=x.order)

    def _turn(self, x: IntTensor, falling: NDArray[np.bool_], rows: Ints, layer: str) -> tuple[str, Ints]:
        """Negate channels: in the filters where nobody else sees them, with a multiplication otherwise."""
        if x.weights and self.graph.weight_type(x.weights) in ("BINARY", "BIPOLAR"):
            self.graph.flip_columns(x.weights, falling)
            if self.graph.weight_type(x.weights) == "BINARY":
                return x.name, rows + np.where(falling, x.high, 0)[:, None]
            low, high = np.where(falling, -x.high, x.low), np.where(falling, -x.low, x.high)
            self.graph.retype(x.name, span(low, high))
            return x.name, rows
        node = f"{identifier(layer)}_sign"
        signs = self.graph.initializer(f"{node}_values", np.where(falling, -1, 1)[x.order], "BIPOLAR")
        low, high = np.where(falling, -x.high, x.low), np.where(falling, -x.low, x.high)
        return self.graph.add("Mul", node, [x.name, signs], self.graph.shape(x.name), span(low, high)), rows
