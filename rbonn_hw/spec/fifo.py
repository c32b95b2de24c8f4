"""What a FIFO between two kernels is, as plain data."""

from dataclasses import dataclass
from typing import ClassVar

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.spec._ram import AUTO, distributed_luts, in_block_ram, ramb18
from rbonn_hw.spec._stream import Area, StreamPort, ceil_log2


@dataclass(frozen=True, slots=True, kw_only=True)
class FifoSpec:
    """Depth and width of one FIFO.

    Attributes:
        depth: Words it holds at least, 2 or more; need not be a power of two [words].
        lanes: Elements per beat.
        dtype: Type of a lane.
        beats: Beats per frame.
        ram_style: ``auto``, ``block`` or ``distributed``.

    Raises:
        SpecError: ``depth`` is below 2, ``lanes`` or ``beats`` below 1, or ``ram_style`` is unknown.
    """

    MODULE: ClassVar[str] = "rbonn_fifo"
    READY_THROUGH: ClassVar[bool] = False

    depth: int
    lanes: int
    dtype: IntType
    beats: int
    ram_style: str = AUTO

    def __post_init__(self) -> None:
        if self.depth < 2:
            raise SpecError(f"depth={self.depth} must be at least 2 words; use 2, or no FIFO at all")
        for name, value in (("lanes", self.lanes), ("beats", self.beats)):
            if value < 1:
                raise SpecError(f"{name}={value} must be at least 1")
        in_block_ram(self.depth, self.width_bits, self.ram_style)

    @property
    def width_bits(self) -> int:
        """Width of a word [bits]."""
        return self.lanes * self.dtype.bits

    @property
    def block_ram(self) -> bool:
        """Whether the words lie in block RAM, else in LUT RAM."""
        return in_block_ram(self.depth, self.width_bits, self.ram_style)

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
        """From a word's acceptance by an empty FIFO to its offer: write, then read [cycles]."""
        return 2

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_fifo``, spelled as in the RTL."""
        return {"Width": self.width_bits, "Depth": self.depth, "BlockRam": int(self.block_ram)}

    def area(self) -> Area:
        """Memory plus two pointers and a word count."""
        address_bits = ceil_log2(self.depth)
        control = 10 + 3 * address_bits + (10 if self.depth > 64 else 0)
        flip_flops = 4 + 3 * address_bits
        if self.block_ram:
            return Area(lut=control, ff=flip_flops, ramb18=ramb18(self.depth, self.width_bits))
        return Area(
            lut=control + distributed_luts(self.depth, self.width_bits), ff=flip_flops + self.width_bits
        )
