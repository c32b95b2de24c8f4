"""FPGA parts and what they hold; a new part is one row of :data:`DEVICES`."""

import difflib
from dataclasses import dataclass
from typing import Final

from rbonn_hw.errors import SpecError


@dataclass(frozen=True, slots=True)
class Device:
    """The resources of one FPGA part.

    Attributes:
        part: Vendor's name with package and speed grade.
        family: Yosys's name of the architecture.
        lut: Six-input look-up tables.
        ff: Flip-flops.
        ramb36: Block RAMs of 36 kbit; each splits into two of 18 kbit.
        dsp: DSP slices.
        boards: Boards that carry the part.
    """

    part: str
    family: str
    lut: int
    ff: int
    ramb36: int
    dsp: int
    boards: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("lut", "ff", "ramb36", "dsp"):
            if getattr(self, name) < 1:
                raise SpecError(f"device {self.part!r}: {name}={getattr(self, name)} must be at least 1")

    @property
    def ramb18(self) -> int:
        """Block RAMs of 18 kbit, when none is used as one of 36 kbit."""
        return 2 * self.ramb36


_ROWS: Final = (
    # Source: Xilinx DS190, Zynq-7000 SoC overview, table 1.
    Device("xc7z010clg400-1", "xc7", 17_600, 35_200, 60, 80, ("Zybo Z7-10",)),
    Device("xc7z020clg400-1", "xc7", 53_200, 106_400, 140, 220, ("PYNQ-Z1", "PYNQ-Z2", "Zybo Z7-20")),
    Device("xc7z020clg484-1", "xc7", 53_200, 106_400, 140, 220, ("ZedBoard",)),
    Device("xc7z045ffg900-2", "xc7", 218_600, 437_200, 545, 900, ("ZC706",)),
)
DEVICES: Final = {row.part: row for row in _ROWS}
"""Known parts by name."""


def device(part: str) -> Device:
    """Return the part called ``part``.

    Raises:
        SpecError: No such part is known; the message has the nearest names, and all.
    """
    if part not in DEVICES:
        near = difflib.get_close_matches(part, DEVICES, n=2, cutoff=0.4)
        hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
        raise SpecError(
            f"part {part!r} is not known; {hint}known: {', '.join(DEVICES)}. A new part is one row in "
            "rbonn_hw/spec/device.py"
        )
    return DEVICES[part]
