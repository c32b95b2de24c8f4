"""What an element-wise sum of two streams is, as plain data."""

from dataclasses import dataclass
from typing import ClassVar

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.spec._stream import Area, StreamPort, check_divides


def sum_type(input0: IntType, input1: IntType) -> IntType:
    """Return the narrowest type of a sum of one value of each type."""
    return IntType.holding(input0.min + input1.min, input0.max + input1.max)


def _term(factor: int, kind: IntType) -> str:
    return kind.qonnx_name if factor == 1 else f"{factor} * {kind.qonnx_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSpec:
    """Shape and types of one adder.

    Attributes:
        channels: Elements of a vector.
        pe: Elements added per beat; divides ``channels``.
        input0: Type of the first summand.
        input1: Type of the second summand.
        output: Type of the sum; must hold every sum of the two input types.
        vectors: Vectors (pixels) per frame.
        factor0: What the first summand is multiplied with, at least 1.
        factor1: What the second summand is multiplied with, at least 1.

    Raises:
        FoldingError: ``pe`` does not divide ``channels``.
        SpecError: ``output`` is too narrow, or ``vectors`` or a factor is below 1.
    """

    MODULE: ClassVar[str] = "rbonn_add"
    READY_THROUGH: ClassVar[bool] = True

    channels: int
    pe: int
    input0: IntType
    input1: IntType
    output: IntType
    vectors: int
    factor0: int = 1
    factor1: int = 1

    def __post_init__(self) -> None:
        check_divides("pe", self.pe, "channels", self.channels)
        if self.vectors < 1:
            raise SpecError(f"vectors={self.vectors} must be at least 1")
        if min(self.factor0, self.factor1) < 1:
            raise SpecError(f"factor0={self.factor0} and factor1={self.factor1} must be at least 1")
        low = self.factor0 * self.input0.min + self.factor1 * self.input1.min
        high = self.factor0 * self.input0.max + self.factor1 * self.input1.max
        if self.output.min > low or self.output.max < high:
            raise SpecError(
                f"output {self.output.qonnx_name} does not hold {_term(self.factor0, self.input0)} + "
                f"{_term(self.factor1, self.input1)}, {low} .. {high}; "
                f"use {IntType.holding(low, high).qonnx_name}"
            )

    @property
    def scaled(self) -> bool:
        """Whether a summand is multiplied."""
        return max(self.factor0, self.factor1) > 1

    @property
    def beats(self) -> int:
        """Beats per frame on every stream."""
        return self.vectors * self.channels // self.pe

    @property
    def inputs(self) -> tuple[StreamPort, ...]:
        """Streams ``in0`` and ``in1``."""
        return (
            StreamPort("in0", self.pe, self.input0, self.beats),
            StreamPort("in1", self.pe, self.input1, self.beats),
        )

    @property
    def outputs(self) -> tuple[StreamPort, ...]:
        """Stream ``out``."""
        return (StreamPort("out", self.pe, self.output, self.beats),)

    @property
    def cycles_per_frame(self) -> int:
        """One beat per cycle [cycles]."""
        return self.beats

    @property
    def latency_cycles(self) -> int:
        """One register, and one for the products if there are any [cycles]."""
        return 2 if self.scaled else 1

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_add``, spelled as in the RTL."""
        return {
            "PE": self.pe,
            "In0Bits": self.input0.bits,
            "In0Signed": int(self.input0.signed),
            "In1Bits": self.input1.bits,
            "In1Signed": int(self.input1.signed),
            "OutBits": self.output.bits,
            "Factor0": self.factor0,
            "Factor1": self.factor1,
        }

    def area(self) -> Area:
        """An adder and a register for each lane; the bits of sign extension live in the carry chain.

        A factor costs an adder for each of its ones but the first.
        """
        width = self.pe * self.output.bits
        lut, ff = 5 + self.pe * min(self.input0.bits, self.input1.bits), 1 + width
        if self.scaled:
            ones = self.factor0.bit_count() + self.factor1.bit_count()
            lut, ff = lut + 1 + (ones - 2) * width, ff + 1 + 2 * width
        return Area(lut=lut, ff=ff)
