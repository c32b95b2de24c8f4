"""What a stream fork is, as plain data."""

from dataclasses import dataclass
from typing import ClassVar

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.spec._stream import Area, StreamPort

MAX_COPIES = 8
"""Output streams that ``rbonn_duplicate`` has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateSpec:
    """Every input beat goes to each output, which may accept it in a cycle of its own.

    Attributes:
        lanes: Elements per beat.
        dtype: Type of a lane.
        copies: Output streams, 2 .. 8.
        beats: Beats per frame.

    Raises:
        SpecError: A number is out of its range.
    """

    MODULE: ClassVar[str] = "rbonn_duplicate"
    READY_THROUGH: ClassVar[bool] = True

    lanes: int
    dtype: IntType
    copies: int
    beats: int

    def __post_init__(self) -> None:
        if not 2 <= self.copies <= MAX_COPIES:
            raise SpecError(
                f"copies={self.copies} must lie in 2 .. {MAX_COPIES}; chain several forks for more outputs"
            )
        for name, value in (("lanes", self.lanes), ("beats", self.beats)):
            if value < 1:
                raise SpecError(f"{name}={value} must be at least 1")

    @property
    def inputs(self) -> tuple[StreamPort, ...]:
        """Stream ``in``."""
        return (StreamPort("in", self.lanes, self.dtype, self.beats),)

    @property
    def outputs(self) -> tuple[StreamPort, ...]:
        """Streams ``out0`` .. ``out<copies - 1>``."""
        return tuple(
            StreamPort(f"out{copy}", self.lanes, self.dtype, self.beats) for copy in range(self.copies)
        )

    @property
    def cycles_per_frame(self) -> int:
        """One beat per cycle [cycles]."""
        return self.beats

    @property
    def latency_cycles(self) -> int:
        """One register [cycles]."""
        return 1

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_duplicate``, spelled as in the RTL."""
        return {"Width": self.inputs[0].width_bits, "Copies": self.copies}

    def area(self) -> Area:
        """A data register and a flag for each output."""
        return Area(lut=2 * self.copies, ff=self.inputs[0].width_bits + self.copies)
