"""Boards that the shell runs on; a new board is one row of :data:`BOARDS` (docs/boards.md).

The shell uses no pin of the programmable logic: its clock, its memory and its registers all come from the
processor, which the board's own boot loader has set up. So a board is little more than its part.
"""

import difflib
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


_ROWS: Final = (
    # Sources: Xilinx UG585 chapter 25, DS187 (fabric clocks); manuals of TUL and Digilent.
    Board(
        name="Pynq-Z2", part="xc7z020clg400-1", ddr_bytes=512 << 20, fclk_source_mhz=1000.0,
        max_clock_mhz=250.0, base_address=0x43C0_0000, finn_name="Pynq-Z2",
    ),
    Board(
        name="Pynq-Z1", part="xc7z020clg400-1", ddr_bytes=512 << 20, fclk_source_mhz=1000.0,
        max_clock_mhz=250.0, base_address=0x43C0_0000, finn_name="Pynq-Z1",
    ),
)  # fmt: skip
BOARDS: Final = {row.name: row for row in _ROWS}
"""Known boards by name."""


def board(name: str) -> Board:
    """Return the board called ``name``; upper and lower case are one.

    Raises:
        SpecError: No such board is known; the message has the nearest names.
    """
    by_lower = {key.lower(): row for key, row in BOARDS.items()}
    if name.lower() not in by_lower:
        near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
        hint = f"did you mean {by_lower[near[0]].name!r}?" if near else f"known: {', '.join(BOARDS)}."
        raise SpecError(
            f"board {name!r} is not known; {hint} A new board is one row in rbonn_hw/spec/board.py"
        )
    return by_lower[name.lower()]
