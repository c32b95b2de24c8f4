"""Which windows an averaging node averages over."""

from typing import Any

from qonnx.core.modelwrapper import ModelWrapper

from rbonn_hw.compiler.frontend.biases import attribute
from rbonn_hw.compiler.frontend.weights import Constants
from rbonn_hw.errors import UnsupportedOperatorError


def average_window(reference: ModelWrapper, constants: Constants, node: Any) -> tuple[int, int]:
    """Return height and width of the windows, which tile the map.

    Raises:
        UnsupportedOperatorError: Overlapping or padded windows, or an average over channels.
    """
    shape = reference.get_tensor_shape(node.input[0])
    if len(shape) != 4:
        raise UnsupportedOperatorError(
            f"{node.name} ({node.op_type}) averages {shape}; it must be a map [1, c, h, w]"
        )
    if node.op_type == "AveragePool":
        return _pool_window(node)
    if node.op_type in ("ReduceMean", "ReduceSum"):
        axes = attribute(node, "axes", None)
        if axes is None and len(node.input) > 1:
            axes = constants.values[node.input[1]].reshape(-1).tolist()
        if axes is None or sorted(axis % 4 for axis in axes) != [2, 3]:
            raise UnsupportedOperatorError(
                f"{node.name} ({node.op_type}) runs over axes {axes}; "
                f"only height and width, [2, 3], have a kernel"
            )
    return shape[2], shape[3]


def _pool_window(node: Any) -> tuple[int, int]:
    kernel = list(attribute(node, "kernel_shape", []))
    strides = list(attribute(node, "strides", [1] * len(kernel)))
    pads = list(attribute(node, "pads", []))
    padded = any(pads) or attribute(node, "auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID")
    if strides != kernel or padded or attribute(node, "ceil_mode", 0):
        raise UnsupportedOperatorError(
            f"{node.name} (AveragePool): kernel {kernel}, strides {strides}, pads {pads}; "
            f"windows must tile the map: stride equal to kernel, no padding, no ceil_mode"
        )
    return kernel[0], kernel[1]
