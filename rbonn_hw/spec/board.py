"""What a board is; each known one is a file of :mod:`rbonn_hw.spec.boards` (docs/boards.md).

The shell uses no pin of the programmable logic: its clock, its memory and its registers all come from the
processor, which the board's own boot loader has set up. So a board is little more than its part.
"""

from dataclasses import dataclass
from typing import Final

from rbonn_hw.errors import SpecError
from rbonn_hw.spec.device import Device, device

SHELL_RANGE_BYTES: Final = 0x1000
"""Register block of the shell, in the address range of general purpose master 0 [bytes]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One board.

    Attributes:
        name: As the board's PYNQ image calls itself (variable BOARD).
        part: Device.
        ddr_bytes: Memory that the high performance port reaches, from address 0 [bytes].
        fclk_source_mhz: PLL that the fabric clocks are divided from [MHz].
        max_clock_mhz: Fastest fabric clock of the speed grade [MHz].
        base_address: First byte of the registers, within 0x40000000 .. 0x7fffffff (GP0).
        finn_name: FINN's name of the board, for its own build.
    """

    name: str
    part: str
    ddr_bytes: int
    fclk_source_mhz: float
    max_clock_mhz: float
    base_address: int
    finn_name: str

    def __post_init__(self) -> None:
        if not self.part.startswith("xc7z"):
            raise SpecError(
                f"board {self.name!r}: part {self.part!r} has no Zynq-7000 processor; the shell needs it"
            )
        device(self.part)
        if not 0x4000_0000 <= self.base_address < 0x8000_0000 or self.base_address % SHELL_RANGE_BYTES:
            raise SpecError(
                f"board {self.name!r}: base_address={self.base_address:#x} must be a multiple of "
                f"{SHELL_RANGE_BYTES:#x} within GP0, 0x40000000 .. 0x7fffffff"
            )
        if self.ddr_bytes < 1:
            raise SpecError(f"board {self.name!r}: ddr_bytes={self.ddr_bytes} must be at least 1")

    @property
    def device(self) -> Device:
        """What the part holds."""
        return device(self.part)

    def check_clock(self, clock_mhz: float) -> None:
        """Check that the board can make a clock.

        Raises:
            SpecError: It is not above 0 and at most the fastest fabric clock.
        """
        if not 0 < clock_mhz <= self.max_clock_mhz:
            raise SpecError(
                f"a clock of {clock_mhz:g} MHz is beyond {self.name}, which makes up to "
                f"{self.max_clock_mhz:g} MHz; compile with a lower --clock-mhz, such as 100"
            )
