"""Golden model of the sliding window over a map with a border."""

import numpy as np

from rbonn_hw.packing import Ints
from rbonn_hw.ref._stream import check_tensor
from rbonn_hw.spec.window import WindowSpec


def window(spec: WindowSpec, x: Ints) -> Ints:
    """Return the elements of every window in the order in which they leave.

    Args:
        spec: Shape, border and order.
        x: [n, height, width, channels], within ``spec.dtype``.

    Returns:
        [n, out_height, out_width, kernel_h * kernel_w * channels]; innermost (ky, kx, channel), or with
        ``channel_major`` (channel group, ky, kx, channel of the group).

    Raises:
        ShapeError: Wrong shape, or a value out of range.
    """
    check_tensor("x", x, (spec.height, spec.width, spec.channels), spec.dtype)
    pads = ((0, 0), (spec.pad_top, spec.pad_bottom), (spec.pad_left, spec.pad_right), (0, 0))
    padded = np.pad(x, pads, constant_values=spec.border)
    rows = np.arange(spec.out_height)[:, None] * spec.stride_y + np.arange(spec.kernel_h) * spec.dilation_y
    columns = np.arange(spec.out_width)[:, None] * spec.stride_x + np.arange(spec.kernel_w) * spec.dilation_x
    # [n, out_height, out_width, kernel_h, kernel_w, channels]
    taps = padded[:, rows[:, None, :, None], columns[None, :, None, :]]
    if spec.channel_major:
        groups = taps.reshape(*taps.shape[:-1], spec.fold, spec.lanes)
        taps = np.moveaxis(groups, -2, 3)
    return taps.reshape(len(x), spec.out_height, spec.out_width, -1)
