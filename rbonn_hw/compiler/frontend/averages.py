"""Which windows an averaging node averages over."""

from typing import Any

from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend.biases import attribute
from rbonn_hw.compiler.frontend.weights import Constants
from rbonn_hw.compiler.frontend.windows import Window, pair, window_of
from rbonn_hw.errors import UnsupportedOperatorError


def average_window(reference: ModelWrapper, constants: Constants, node: Any) -> Window:
    """Return the windows of an average.

    Raises:
        UnsupportedOperatorError: An average over channels, or of fewer pixels at the border.
    """
    shape = reference.get_tensor_shape(node.input[0])
    if len(shape) != 4:
        raise UnsupportedOperatorError(
            f"{node.name} ({node.op_type}) averages {shape}; it must be a map [1, c, h, w]"
        )
    size = pair(shape[2:])
    if node.op_type == "AveragePool":
        return _pool_window(node, size, pair(reference.get_tensor_shape(node.output[0])[2:]))
    if node.op_type in ("ReduceMean", "ReduceSum"):
        axes = attribute(node, "axes", None)
        if axes is None and len(node.input) > 1:
            axes = constants.values[node.input[1]].reshape(-1).tolist()
        if axes is None or sorted(axis % 4 for axis in axes) != [2, 3]:
            raise UnsupportedOperatorError(
                f"{node.name} ({node.op_type}) runs over axes {axes}; "
                f"only height and width, [2, 3], have a kernel"
            )
    return Window(kernel=size, stride=size)


def _pool_window(node: Any, before: tuple[int, int], after: tuple[int, int]) -> Window:
    window = window_of(node, pair(attribute(node, "kernel_shape", [])), before, after)
    if any(window.pads) and not attribute(node, "count_include_pad", 0):
        raise UnsupportedOperatorError(
            f"{node.name} (AveragePool): pads {list(window.pads)} that are not counted, so windows at the "
            f"border are divided by fewer pixels; set count_include_pad=True, or use no padding"
        )
    if attribute(node, "ceil_mode", 0) and window.out(before) != _floored(node, window, before):
        raise UnsupportedOperatorError(
            f"{node.name} (AveragePool): ceil_mode makes windows beyond the map, which are divided by fewer "
            f"pixels; use ceil_mode=False"
        )
    return window


def _floored(node: Any, window: Window, size: tuple[int, int]) -> tuple[int, int]:
    """Return the windows that lie within the map and its declared border."""
    pads = [int(pad) for pad in attribute(node, "pads", [0, 0, 0, 0])]
    return Window(
        kernel=window.kernel, stride=window.stride, dilation=window.dilation,
        pads=(pads[0], pads[1], pads[2], pads[3]),
    ).out(size)  # fmt: skip
