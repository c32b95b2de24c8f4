"""Bit-exact golden model of the depthwise convolution over windows."""

import numpy as np

from rbonn_hw.errors import ShapeError
from rbonn_hw.memory import check_depthwise_weights
from rbonn_hw.packing import Ints
from rbonn_hw.ref._stream import check_tensor
from rbonn_hw.spec.depthwise import DepthwiseSpec


def depthwise(spec: DepthwiseSpec, weights: Ints, x: Ints) -> Ints:
    """Return each channel's sum of products over the taps of every window.

    Args:
        spec: Shape and types; folding does not change the result.
        weights: [taps, channels]; +1 and -1 where ``spec.weight_bits`` is 1.
        x: [n, taps, channels], within ``spec.input``.

    Returns:
        [n, channels].

    Raises:
        ShapeError: Wrong shape, a value out of range, or a result that does not fit ``spec.output_type``.
    """
    check_depthwise_weights(spec, weights)
    check_tensor("x", x, (spec.taps, spec.channels), spec.input)
    result: Ints = np.einsum("ntc,tc->nc", x.astype(np.int64), weights.astype(np.int64))
    kind = spec.output_type
    if result.size and (result.min() < kind.min or result.max() > kind.max):
        raise ShapeError(
            f"results {result.min()} .. {result.max()} do not fit output={kind.qonnx_name}; leave it None"
        )
    return result
