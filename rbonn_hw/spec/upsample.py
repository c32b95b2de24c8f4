"""What a repetition of pixels (nearest-neighbour resize) is, as plain data."""

from dataclasses import dataclass
from typing import ClassVar

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec._ram import AUTO, distributed_luts, in_block_ram, ramb18
from rbonn_hw.spec._stream import Area, StreamPort, ceil_log2, check_divides


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsampleSpec:
    """Shape and type of one repetition.

    Attributes:
        channels: Elements of a pixel.
        pe: Elements per beat; divides ``channels``.
        height: Rows of the input [pixels].
        width: Columns of the input [pixels].
        scale_h: Output rows per input row.
        scale_w: Output columns per input column.
        element: Type of an element.

    Raises:
        FoldingError: ``pe`` does not divide ``channels``, or leaves one word to the row buffer.
        SpecError: A size is below 1, or a row has one element only.
    """

    MODULE: ClassVar[str] = "rbonn_upsample"
    READY_THROUGH: ClassVar[bool] = True

    channels: int
    pe: int
    height: int
    width: int
    scale_h: int
    scale_w: int
    element: IntType

    def __post_init__(self) -> None:
        check_divides("pe", self.pe, "channels", self.channels)
        for name in ("height", "width", "scale_h", "scale_w"):
            if getattr(self, name) < 1:
                raise SpecError(f"{name}={getattr(self, name)} must be at least 1")
        if self.width * self.channels < 2:
            raise SpecError(
                "width=1 and channels=1: a row must have 2 elements; resize a map of more channels"
            )
        if self.words < 2:
            raise FoldingError(
                f"pe={self.pe} of {self.channels} channels and width=1: a row must have 2 words; lower pe"
            )

    @property
    def fold(self) -> int:
        """Beats per pixel."""
        return self.channels // self.pe

    @property
    def words(self) -> int:
        """Depth of the row buffer [words]."""
        return self.width * self.fold

    @property
    def block_ram(self) -> bool:
        """Whether the row buffer lies in block RAM, else in LUT RAM."""
        return in_block_ram(self.words, self.pe * self.element.bits, AUTO)

    @property
    def inputs(self) -> tuple[StreamPort, ...]:
        """Stream ``in``: pixels in rows, channels innermost."""
        return (StreamPort("in", self.pe, self.element, self.height * self.words),)

    @property
    def outputs(self) -> tuple[StreamPort, ...]:
        """Stream ``out``, in the same order."""
        beats = self.height * self.scale_h * self.words * self.scale_w
        return (StreamPort("out", self.pe, self.element, beats),)

    @property
    def cycles_per_frame(self) -> int:
        """One output beat per cycle [cycles]."""
        return self.outputs[0].beats

    @property
    def latency_cycles(self) -> int:
        """One register [cycles]."""
        return 1

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_upsample``, spelled as in the RTL."""
        return {
            "PE": self.pe,
            "Fold": self.fold,
            "Width": self.width,
            "ScaleH": self.scale_h,
            "ScaleW": self.scale_w,
            "Bits": self.element.bits,
            "BlockRam": int(self.block_ram),
        }

    def area(self) -> Area:
        """Row buffer, position, a multiplexer and a register for each bit."""
        bits = self.pe * self.element.bits
        counters = sum(ceil_log2(count) for count in (self.fold, self.scale_w, self.scale_h, self.words))
        lut, ff = 6 + 2 * counters + bits, 1 + counters + (3 if self.fold == 1 else 2) * bits
        if self.block_ram:
            return Area(lut=lut, ff=ff, ramb18=ramb18(self.words, bits))
        return Area(lut=lut + distributed_luts(self.words, bits), ff=ff)
