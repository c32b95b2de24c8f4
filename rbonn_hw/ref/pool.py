"""Bit-exact golden model of the non-overlapping max- and sum-pool."""

from rbonn_hw.packing import Ints
from rbonn_hw.ref._stream import check_tensor
from rbonn_hw.spec.pool import MAX, PoolSpec


def pool(spec: PoolSpec, x: Ints) -> Ints:
    """Return the maximum or the sum over each window.

    Args:
        spec: Shape and types; folding does not change the result.
        x: [n, height, width, channels], within ``spec.input``.

    Returns:
        [n, height / kernel_h, width / kernel_w, channels], within ``spec.output``.

    Raises:
        ShapeError: Wrong shape, or a value out of range.
    """
    check_tensor("x", x, (spec.height, spec.width, spec.channels), spec.input)
    rows, columns = spec.height // spec.kernel_h, spec.width // spec.kernel_w
    windows = x.reshape(len(x), rows, spec.kernel_h, columns, spec.kernel_w, spec.channels)
    result: Ints = windows.max(axis=(2, 4)) if spec.kind == MAX else windows.sum(axis=(2, 4))
    return result
