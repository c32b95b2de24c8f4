"""What an element-wise sum of two streams is, as plain data."""

from dataclasses import dataclass
from typing import ClassVar

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.spec._stream import Area, StreamPort, check_divides


def sum_type(input0: IntType, input1: IntType) -> IntType:
    """Return the narrowest type of a sum of one value of each type."""
    return IntType.holding(input0.min + input1.min, input0.max + input1.max)


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

    Raises:
        FoldingError: ``pe`` does not divide ``channels``.
        SpecError: ``output`` is too narrow, or ``vectors`` is below 1.
    """

    MODULE: ClassVar[str] = "rbonn_add"
    READY_THROUGH: ClassVar[bool] = True

    channels: int
    pe: int
    input0: IntType
    input1: IntType
    output: IntType
    vectors: int

    def __post_init__(self) -> None:
        check_divides("pe", self.pe, "channels", self.channels)
        if self.vectors < 1:
            raise SpecError(f"vectors={self.vectors} must be at least 1")
        low, high = self.input0.min + self.input1.min, self.input0.max + self.input1.max
        if self.output.min > low or self.output.max < high:
            raise SpecError(
                f"output {self.output.qonnx_name} does not hold {self.input0.qonnx_name} + "
                f"{self.input1.qonnx_name}, {low} .. {high}; "
                f"use {sum_type(self.input0, self.input1).qonnx_name}"
            )

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
        """One register [cycles]."""
        return 1

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_add``, spelled as in the RTL."""
        return {
            "PE": self.pe,
            "In0Bits": self.input0.bits,
            "In0Signed": int(self.input0.signed),
            "In1Bits": self.input1.bits,
            "In1Signed": int(self.input1.signed),
            "OutBits": self.output.bits,
        }

    def area(self) -> Area:
        """An adder and a register for each lane; the bits of sign extension live in the carry chain."""
        return Area(
            lut=5 + self.pe * min(self.input0.bits, self.input1.bits), ff=1 + self.pe * self.output.bits
        )
