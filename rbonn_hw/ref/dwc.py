"""Golden model of the data width converter: the same elements in the same order, grouped anew."""

from rbonn_hw.packing import Ints
from rbonn_hw.ref._stream import check_tensor
from rbonn_hw.spec.dwc import DwcSpec


def dwc(spec: DwcSpec, x: Ints) -> Ints:
    """Regroup beats.

    Args:
        spec: Widths of the converter.
        x: [n, beats, in_lanes].

    Returns:
        [n, output beats, out_lanes].

    Raises:
        ShapeError: Wrong shape, or a value out of range.
    """
    check_tensor("x", x, (spec.beats, spec.in_lanes), spec.dtype)
    return x.reshape(len(x), spec.outputs[0].beats, spec.out_lanes)
