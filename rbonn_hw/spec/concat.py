"""What a concatenation of two streams' channels is, as plain data."""

from dataclasses import dataclass
from typing import ClassVar

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.spec._stream import Area, StreamPort, ceil_log2, check_divides


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcatSpec:
    """Shape and types of one concatenation.

    Attributes:
        channels0: Elements of a pixel of the first stream.
        channels1: Elements of a pixel of the second stream.
        pe: Elements per beat; divides both.
        input0: Type of the first stream.
        input1: Type of the second stream.
        output: Type that holds both.
        vectors: Vectors (pixels) per frame.

    Raises:
        FoldingError: ``pe`` does not divide.
        SpecError: ``output`` is too narrow, or ``vectors`` is below 1.
    """

    MODULE: ClassVar[str] = "rbonn_concat"
    READY_THROUGH: ClassVar[bool] = True

    channels0: int
    channels1: int
    pe: int
    input0: IntType
    input1: IntType
    output: IntType
    vectors: int

    def __post_init__(self) -> None:
        check_divides("pe", self.pe, "channels0", self.channels0)
        check_divides("pe", self.pe, "channels1", self.channels1)
        if self.vectors < 1:
            raise SpecError(f"vectors={self.vectors} must be at least 1")
        low, high = min(self.input0.min, self.input1.min), max(self.input0.max, self.input1.max)
        if low < self.output.min or high > self.output.max:
            raise SpecError(
                f"output {self.output.qonnx_name} does not hold {self.input0.qonnx_name} and "
                f"{self.input1.qonnx_name}; use {IntType.holding(low, high).qonnx_name}"
            )

    @property
    def channels(self) -> int:
        """Elements of a pixel of the result."""
        return self.channels0 + self.channels1

    @property
    def inputs(self) -> tuple[StreamPort, ...]:
        """Streams ``in0`` and ``in1``."""
        return (
            StreamPort("in0", self.pe, self.input0, self.vectors * self.channels0 // self.pe),
            StreamPort("in1", self.pe, self.input1, self.vectors * self.channels1 // self.pe),
        )

    @property
    def outputs(self) -> tuple[StreamPort, ...]:
        """Stream ``out``: of each pixel the channels of ``in0``, then those of ``in1``."""
        return (StreamPort("out", self.pe, self.output, self.vectors * self.channels // self.pe),)

    @property
    def cycles_per_frame(self) -> int:
        """One beat per cycle [cycles]."""
        return self.outputs[0].beats

    @property
    def latency_cycles(self) -> int:
        """One register [cycles]."""
        return 1

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_concat``, spelled as in the RTL."""
        return {
            "PE": self.pe,
            "Fold0": self.channels0 // self.pe,
            "Fold1": self.channels1 // self.pe,
            "In0Bits": self.input0.bits,
            "In0Signed": int(self.input0.signed),
            "In1Bits": self.input1.bits,
            "In1Signed": int(self.input1.signed),
            "OutBits": self.output.bits,
        }

    def area(self) -> Area:
        """A multiplexer and a register for each bit, and a counter."""
        width, count = self.pe * self.output.bits, ceil_log2(max(self.channels0, self.channels1) // self.pe)
        return Area(lut=5 + count + width, ff=2 + count + width)
