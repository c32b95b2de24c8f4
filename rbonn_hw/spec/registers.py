"""The register map of the Zynq shell: one row per register, and the only place where offsets are decided.

The RTL (``rbonn_registers.sv``) repeats them as local parameters and a test compares; the board's driver
reads the copy that a package carries, as :func:`register_document` makes it.

AXI4-Lite, 32-bit registers in 4 KiB; byte strobes are honoured. An offset without a register reads as zero,
and writes to it, or to what is read only, have no effect; both answer OKAY, so that a stray access cannot
abort a program. While STATUS.BUSY is set, writes to the job registers (IN_ADDR .. FRAMES) and START have no
effect.
"""

import difflib
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any, Final

from rbonn_hw.errors import SpecError

IDENT_VALUE: Final = 0x52424E4E
"""What register IDENT holds: "RBNN", first letter in the most significant byte."""

VERSION_MAJOR: Final = 1
"""A driver refuses another one."""

VERSION_MINOR: Final = 0
"""Grows when something is added that an older driver need not know."""

SPAN_BYTES: Final = 4096
"""Address range of the register block [bytes]."""


class Access(Enum):
    """What software may do with a field."""

    READ_ONLY = "RO"
    READ_WRITE = "RW"
    WRITE_ONE_TO_CLEAR = "W1C"
    SELF_CLEARING = "SC"
    """Writing 1 triggers; reads as 0."""


class ErrorCode(IntEnum):
    """STATUS.ERROR_CODE: why the last job ended without its answers."""

    NONE = 0
    UNALIGNED = 1
    """IN_ADDR or OUT_ADDR is no multiple of 8."""
    LENGTH = 2
    """IN_BYTES or OUT_BYTES is not FRAMES times the bytes of a frame, or FRAMES is 0."""
    READ_RESPONSE = 3
    """The memory answered a read with SLVERR or DECERR."""
    WRITE_RESPONSE = 4
    """The memory answered a write with SLVERR or DECERR."""
    ABORTED = 5
    """CONTROL.ABORT was written during the job."""


@dataclass(frozen=True, slots=True)
class Field:
    """Some bits of a register.

    Attributes:
        name: Upper case, unique in its register.
        low: Lowest bit.
        bits: Width [bits].
        access: What software may do with it.
        meaning: One line.
    """

    name: str
    low: int
    bits: int
    access: Access
    meaning: str

    @property
    def mask(self) -> int:
        """The field's bits in the register."""
        return ((1 << self.bits) - 1) << self.low


@dataclass(frozen=True, slots=True)
class Register:
    """One 32-bit register.

    Attributes:
        name: Upper case, unique.
        offset: Byte offset in the block, a multiple of 4 [bytes].
        fields: Fields, lowest bit first; bits in no field read as zero.
    """

    name: str
    offset: int
    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        if self.offset % 4 or not 0 <= self.offset < SPAN_BYTES:
            raise SpecError(
                f"register {self.name}: offset {self.offset:#x} must be a multiple of 4 below {SPAN_BYTES:#x}"
            )
        end = 0
        for entry in self.fields:
            if entry.low < end or entry.bits < 1 or entry.low + entry.bits > 32:
                raise SpecError(
                    f"register {self.name}: field {entry.name} takes bits {entry.low} .. "
                    f"{entry.low + entry.bits - 1}, but bits {end} .. 31 are free; list fields by bit"
                )
            end = entry.low + entry.bits

    def field(self, name: str) -> Field:
        """Return the field called ``name``.

        Raises:
            SpecError: There is none.
        """
        for entry in self.fields:
            if entry.name == name:
                return entry
        raise SpecError(f"register {self.name} has no field {name!r}, but {[f.name for f in self.fields]}")


def _whole(name: str, offset: int, access: Access, meaning: str) -> Register:
    return Register(name, offset, (Field("VALUE", 0, 32, access, meaning),))


_RO, _RW, _SC, _W1C = (
    Access.READ_ONLY,
    Access.READ_WRITE,
    Access.SELF_CLEARING,
    Access.WRITE_ONE_TO_CLEAR,
)
REGISTERS: Final = (
    _whole("IDENT", 0x00, _RO, "constant 0x52424E4E"),
    Register(
        "VERSION",
        0x04,
        (
            Field("MINOR", 0, 16, _RO, "grows with additions"),
            Field("MAJOR", 16, 16, _RO, "grows with changes a driver must know"),
        ),
    ),
    _whole("NETWORK", 0x08, _RO, "identity of the network"),
    Register(
        "CONTROL",
        0x0C,
        (
            Field(
                "START", 0, 1, _SC, "start a job, and clear DONE, ERROR and ERROR_CODE; ignored while BUSY"
            ),
            Field("ABORT", 1, 1, _SC, "end the job early; ignored while idle"),
            Field("IRQ_ENABLE", 2, 1, _RW, "raise the interrupt while DONE or ERROR is set"),
        ),
    ),
    Register(
        "STATUS",
        0x10,
        (
            Field("BUSY", 0, 1, _RO, "a job runs, or its last transfers drain"),
            Field("DONE", 1, 1, _W1C, "a job ended and every answer is in memory"),
            Field("ERROR", 2, 1, _W1C, "a job ended otherwise; ERROR_CODE says why"),
            Field("ERROR_CODE", 8, 8, _RO, "ErrorCode of the last job, 0 after a good one"),
        ),
    ),
    _whole("IN_ADDR", 0x14, _RW, "first byte of the frames, a multiple of 8"),
    _whole("IN_BYTES", 0x18, _RW, "length of the frames [bytes]"),
    _whole("OUT_ADDR", 0x1C, _RW, "first byte of the answers, a multiple of 8"),
    _whole("OUT_BYTES", 0x20, _RW, "length of the answers [bytes]"),
    _whole("FRAMES", 0x24, _RW, "frames of the job"),
    _whole("FRAMES_DONE", 0x28, _RO, "frames whose last answer left the accelerator in this job"),
    _whole("CYCLES_LO", 0x2C, _RO, "cycles from the first input beat to the last output beat, bits 31:0"),
    _whole("CYCLES_HI", 0x30, _RO, "the same, bits 63:32"),
    _whole("IN_STALLS", 0x34, _RO, "cycles between first and last input beat with ready and no input"),
    _whole("OUT_STALLS", 0x38, _RO, "cycles in which an output beat waited"),
)
"""The registers by offset."""

OFFSETS: Final = {row.name: row.offset for row in REGISTERS}
"""Byte offset of every register by name."""


def register(name: str) -> Register:
    """Return the register called ``name``.

    Raises:
        SpecError: There is none; the message has the nearest names.
    """
    for row in REGISTERS:
        if row.name == name:
            return row
    near = difflib.get_close_matches(name, OFFSETS, n=2, cutoff=0.4)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {', '.join(OFFSETS)}"
    raise SpecError(f"register {name!r} is not known; {hint}")


def register_document() -> dict[str, Any]:
    """Return the map as plain data, for a package's metadata."""
    return {
        "ident": IDENT_VALUE,
        "version_major": VERSION_MAJOR,
        "version_minor": VERSION_MINOR,
        "span_bytes": SPAN_BYTES,
        "registers": {
            row.name: {
                "offset": row.offset,
                "fields": {
                    entry.name: {"low": entry.low, "bits": entry.bits, "access": entry.access.value}
                    for entry in row.fields
                },
            }
            for row in REGISTERS
        },
        "error_codes": {code.name: int(code) for code in ErrorCode},
    }
