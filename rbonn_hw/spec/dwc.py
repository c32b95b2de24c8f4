"""What a data width converter (DWC) is, as plain data."""

from dataclasses import dataclass
from math import lcm
from typing import ClassVar

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec._stream import Area, StreamPort, ceil_log2


@dataclass(frozen=True, slots=True, kw_only=True)
class DwcSpec:
    """Regroups a stream of elements into beats of another number of lanes, first element in lane 0.

    Attributes:
        in_lanes: Elements per input beat.
        out_lanes: Elements per output beat; any number, a divisor or multiple of ``in_lanes`` is cheapest.
        dtype: Type of a lane.
        beats: Input beats per frame; a frame must be whole output beats too.

    Raises:
        SpecError: A number is below 1.
        FoldingError: A frame does not end with an output beat.
    """

    MODULE: ClassVar[str] = "rbonn_dwc"
    READY_THROUGH: ClassVar[bool] = True

    in_lanes: int
    out_lanes: int
    dtype: IntType
    beats: int

    def __post_init__(self) -> None:
        for name in ("in_lanes", "out_lanes", "beats"):
            if getattr(self, name) < 1:
                raise SpecError(f"{name}={getattr(self, name)} must be at least 1")
        if self.elements % self.out_lanes:
            legal = [lanes for lanes in range(1, self.elements + 1) if self.elements % lanes == 0]
            raise FoldingError(
                f"out_lanes={self.out_lanes} must divide the frame of in_lanes * beats = {self.in_lanes} * "
                f"{self.beats} = {self.elements} elements; try one of {legal}"
            )

    @property
    def elements(self) -> int:
        """Elements per frame."""
        return self.in_lanes * self.beats

    @property
    def wide_lanes(self) -> int:
        """Elements of the widest word inside: the wide side where one side divides the other."""
        return lcm(self.in_lanes, self.out_lanes)

    @property
    def inputs(self) -> tuple[StreamPort, ...]:
        """Stream ``in``."""
        return (StreamPort("in", self.in_lanes, self.dtype, self.beats),)

    @property
    def outputs(self) -> tuple[StreamPort, ...]:
        """Stream ``out``."""
        return (StreamPort("out", self.out_lanes, self.dtype, self.elements // self.out_lanes),)

    @property
    def cycles_per_frame(self) -> int:
        """The narrow side moves one beat per cycle [cycles]."""
        return max(self.inputs[0].beats, self.outputs[0].beats)

    @property
    def latency_cycles(self) -> int:
        """From the first input beat to the first output beat when nothing stalls [cycles]."""
        gather = 0 if self.wide_lanes == self.in_lanes else self.wide_lanes // self.in_lanes
        scatter = 0 if self.wide_lanes == self.out_lanes else 1
        return gather + scatter

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_dwc``, spelled as in the RTL."""
        return {"InLanes": self.in_lanes, "OutLanes": self.out_lanes, "LaneBits": self.dtype.bits}

    def area(self) -> Area:
        """One wide shift register for gathering, one with parallel load for scattering."""
        wide_bits = self.wide_lanes * self.dtype.bits
        lut = flip_flops = 0
        if self.wide_lanes != self.in_lanes:
            counter_bits = ceil_log2(self.wide_lanes // self.in_lanes)
            lut, flip_flops = 3 + counter_bits, wide_bits + counter_bits + 1
        if self.wide_lanes != self.out_lanes:
            counter_bits = ceil_log2(self.wide_lanes // self.out_lanes)
            lut += wide_bits - self.out_lanes * self.dtype.bits + 3 + counter_bits
            flip_flops += wide_bits + counter_bits + 1
        return Area(lut=lut, ff=flip_flops)
