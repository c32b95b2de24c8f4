"""What a register stage between two kernels is, as plain data."""

from dataclasses import dataclass
from typing import ClassVar

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.spec._stream import Area, StreamPort


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSpec:
    """Width of one register stage; two words deep, so that its ready can be a register too.

    Attributes:
        lanes: Elements per beat.
        dtype: Type of a lane.
        beats: Beats per frame.

    Raises:
        SpecError: ``lanes`` or ``beats`` is below 1.
    """

    MODULE: ClassVar[str] = "rbonn_register"
    READY_THROUGH: ClassVar[bool] = False

    lanes: int
    dtype: IntType
    beats: int

    def __post_init__(self) -> None:
        for name, value in (("lanes", self.lanes), ("beats", self.beats)):
            if value < 1:
                raise SpecError(f"{name}={value} must be at least 1")

    @property
    def width_bits(self) -> int:
        """Width of a word [bits]."""
        return self.lanes * self.dtype.bits

    @property
    def inputs(self) -> tuple[StreamPort, ...]:
        """Stream ``in``."""
        return (StreamPort("in", self.lanes, self.dtype, self.beats),)

    @property
    def outputs(self) -> tuple[StreamPort, ...]:
        """Stream ``out``."""
        return (StreamPort("out", self.lanes, self.dtype, self.beats),)

    @property
    def cycles_per_frame(self) -> int:
        """One beat per cycle [cycles]."""
        return self.beats

    @property
    def latency_cycles(self) -> int:
        """One register [cycles]."""
        return 1

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_register``, spelled as in the RTL."""
        return {"Width": self.width_bits}

    def area(self) -> Area:
        """Two registers and a multiplexer for each bit."""
        return Area(lut=3 + self.width_bits, ff=2 + 2 * self.width_bits)
