"""BIPOLAR tensors on one-bit streams: -1 travels as 0 and +1 as 1."""

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.packing import Ints

BIPOLAR = "BIPOLAR"


def to_bits(datatype: str, x: Ints) -> Ints:
    """Return the values that travel for a tensor of QONNX type ``datatype``."""
    return (x + 1) // 2 if datatype == BIPOLAR else x


def from_bits(datatype: str, y: Ints) -> Ints:
    """Invert :func:`to_bits`."""
    return 2 * y - 1 if datatype == BIPOLAR else y


def number_type(name: str, datatype: str) -> IntType:
    """Return the type of a stream whose values are summed, for which the bits of BIPOLAR do not stand.

    Args:
        name: Attribute, for the message.
        datatype: QONNX name.

    Raises:
        SpecError: BIPOLAR, or no integer type.
    """
    if datatype == BIPOLAR:
        raise SpecError(
            f"{name}={BIPOLAR} cannot be summed: its bits 0 and 1 mean -1 and +1; sum INT2 values, or BINARY "
            "ones and let the next thresholds absorb 2 * sum - count"
        )
    return IntType.from_qonnx(datatype)
