"""What a choice of channels is, as plain data."""

import math
from dataclasses import dataclass
from typing import ClassVar

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec._stream import Area, StreamPort, ceil_log2, check_divides


def block(channels: int, kept: tuple[int, ...]) -> int:
    """Return the largest number of neighbours that are kept or left together everywhere."""
    inside = set(kept)
    edges = [place for place in range(1, channels) if (place in inside) != (place - 1 in inside)]
    return math.gcd(channels, *edges)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectSpec:
    """Shape and type of one choice.

    Attributes:
        channels: Elements of a pixel.
        kept: Channels that stay, ascending; some, not all.
        pe: Elements per beat; a beat is kept or left whole.
        element: Type of an element.
        vectors: Vectors (pixels) per frame.

    Raises:
        FoldingError: ``pe`` does not divide the blocks in which channels are kept.
        SpecError: ``kept`` or ``vectors`` is out of range.
    """

    MODULE: ClassVar[str] = "rbonn_select"
    READY_THROUGH: ClassVar[bool] = True

    channels: int
    kept: tuple[int, ...]
    pe: int
    element: IntType
    vectors: int

    def __post_init__(self) -> None:
        ascending = list(self.kept) == sorted(set(self.kept)) and 0 < len(self.kept) < self.channels
        if not ascending or self.kept[0] < 0 or self.kept[-1] >= self.channels:
            raise SpecError(
                f"kept={list(self.kept)} must be some, not all, of channels 0 .. {self.channels - 1}, "
                "ascending"
            )
        if self.vectors < 1:
            raise SpecError(f"vectors={self.vectors} must be at least 1")
        check_divides("pe", self.pe, "channels", self.channels)
        whole = block(self.channels, self.kept)
        if whole % self.pe:
            raise FoldingError(f"pe={self.pe} must divide {whole}: channels are kept in blocks of so many")

    @property
    def keep(self) -> tuple[int, ...]:
        """Whether each beat of a pixel stays, 1 or 0."""
        inside = set(self.kept)
        return tuple(int(first in inside) for first in range(0, self.channels, self.pe))

    @property
    def inputs(self) -> tuple[StreamPort, ...]:
        """Stream ``in``."""
        return (StreamPort("in", self.pe, self.element, self.vectors * self.channels // self.pe),)

    @property
    def outputs(self) -> tuple[StreamPort, ...]:
        """Stream ``out``."""
        return (StreamPort("out", self.pe, self.element, self.vectors * len(self.kept) // self.pe),)

    @property
    def cycles_per_frame(self) -> int:
        """One input beat per cycle [cycles]."""
        return self.inputs[0].beats

    @property
    def latency_cycles(self) -> int:
        """One register [cycles]."""
        return 1

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of ``rbonn_select``, spelled as in the RTL; the memory file is not among them."""
        return {"PE": self.pe, "Fold": self.channels // self.pe, "Bits": self.element.bits}

    def area(self) -> Area:
        """A register for each bit, a counter and the table of a bit a beat."""
        fold = self.channels // self.pe
        count = ceil_log2(fold)
        return Area(lut=4 + count + -(-fold // 64), ff=2 + count + self.pe * self.element.bits)
