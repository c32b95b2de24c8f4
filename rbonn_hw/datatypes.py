"""QONNX integer data types as plain data: BINARY, BIPOLAR, UINT<n>, INT<n>."""

import re
from dataclasses import dataclass

from rbonn_hw.errors import SpecError


@dataclass(frozen=True, slots=True)
class IntType:
    """An integer type of a stream lane.

    Attributes:
        bits: Width of a lane [bits].
        signed: Two's complement if true.
    """

    bits: int
    signed: bool

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= 32:
            raise SpecError(f"bits={self.bits} must lie in 1 .. 32")

    @property
    def min(self) -> int:
        """Smallest value."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def max(self) -> int:
        """Largest value."""
        return (1 << (self.bits - 1)) - 1 if self.signed else (1 << self.bits) - 1

    @property
    def qonnx_name(self) -> str:
        """The QONNX spelling; one unsigned bit is BINARY."""
        if self.bits == 1 and not self.signed:
            return "BINARY"
        return f"{'INT' if self.signed else 'UINT'}{self.bits}"

    @classmethod
    def from_qonnx(cls, name: str) -> "IntType":
        """Parse a QONNX name; BIPOLAR travels as one unsigned bit.

        Raises:
            SpecError: Not an integer type.
        """
        if name in ("BINARY", "BIPOLAR"):
            return cls(1, signed=False)
        match = re.fullmatch(r"(U?)INT(\d+)", name)
        if match is None:
            raise SpecError(f"datatype {name!r} is not BINARY, BIPOLAR, UINT<n> or INT<n>")
        return cls(int(match[2]), signed=not match[1])

    @classmethod
    def holding(cls, low: int, high: int) -> "IntType":
        """Return the narrowest type that holds ``low .. high``; a signed one has at least 2 bits."""
        if low >= 0:
            return cls(max(1, high.bit_length()), signed=False)
        return cls(1 + max((-low - 1).bit_length(), high.bit_length(), 1), signed=True)
