"""The accelerator's registers by name, from the register map that the package carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from .fields import Fields

DIAGNOSTIC = (
    "STATUS", "FRAMES", "FRAMES_DONE", "IN_ADDR", "IN_BYTES", "OUT_ADDR", "OUT_BYTES", "CYCLES_LO",
    "IN_STALLS", "OUT_STALLS",
)  # fmt: skip


USED = {
    "IDENT": (), "VERSION": ("MAJOR",), "NETWORK": (), "CONTROL": ("START", "ABORT"),
    "STATUS": ("BUSY", "DONE", "ERROR", "ERROR_CODE"), "CYCLES_HI": (), **dict.fromkeys(DIAGNOSTIC[1:], ()),
}  # fmt: skip
"""Registers and fields that the driver asks for."""
MAX_SPAN_BYTES = 1 << 20


class Port(Protocol):
    """32-bit access to the register block."""

    def read(self, offset: int) -> int:
        """Return the register at a byte offset."""

    def write(self, offset: int, value: int) -> None:
        """Write the register at a byte offset."""


@dataclass(frozen=True)
class RegisterMap:
    """Offsets, fields and constants.

    Attributes:
        ident: What register IDENT holds.
        version_major: What VERSION.MAJOR must be.
        span_bytes: Length of the block [bytes].
        offsets: Byte offset by register.
        fields: (lowest bit, width) by register and field.
        error_codes: Meaning by STATUS.ERROR_CODE.
    """

    ident: int
    version_major: int
    span_bytes: int
    offsets: Mapping[str, int]
    fields: Mapping[tuple[str, str], tuple[int, int]]
    error_codes: Mapping[int, str]

    @classmethod
    def from_document(cls, entry: Fields) -> RegisterMap:
        """Read the map from a package's metadata.

        Raises:
            PackageError: A register or field that the driver uses is missing, or no number.
        """
        span_bytes = entry.integer("span_bytes", 4, MAX_SPAN_BYTES)
        rows = entry.child("registers")
        offsets, fields = {}, {}
        for name, used in USED.items():
            row = rows.child(name)
            offsets[name] = row.integer("offset", 0, span_bytes - 4)
            if offsets[name] % 4:
                raise row.wrong("offset", "a multiple of 4")
            for field in used:
                bits = row.child("fields").child(field)
                low = bits.integer("low", 0, 31)
                fields[name, field] = (low, bits.integer("bits", 1, 32 - low))
        codes = entry.child("error_codes")
        return cls(
            ident=entry.integer("ident", 0, 0xFFFF_FFFF),
            version_major=entry.integer("version_major", 0, 0xFFFF),
            span_bytes=span_bytes,
            offsets=offsets,
            fields=fields,
            error_codes={codes.integer(name, 0, 255): name for name in codes.names()},
        )

    def mask(self, register: str, field: str) -> int:
        """Return the bits of a field in its register."""
        low, bits = self.fields[register, field]
        return ((1 << bits) - 1) << low


class Registers:
    """The registers of one accelerator."""

    def __init__(self, port: Port, register_map: RegisterMap) -> None:
        self.map = register_map
        self._port = port

    def read(self, name: str) -> int:
        """Return a register."""
        return int(self._port.read(self.map.offsets[name]))

    def write(self, name: str, value: int) -> None:
        """Write a register."""
        self._port.write(self.map.offsets[name], int(value))

    def field(self, name: str, field: str, value: int) -> int:
        """Return a field of a register's value."""
        return (value & self.map.mask(name, field)) >> self.map.fields[name, field][0]

    def cycles(self) -> int:
        """Return the cycle counter of the last job."""
        return self.read("CYCLES_HI") << 32 | self.read("CYCLES_LO")

    def describe(self) -> str:
        """Return the registers that tell what a job is waiting for, for an error message."""
        status = self.read("STATUS")
        code = self.field("STATUS", "ERROR_CODE", status)
        flags = [name for name in ("BUSY", "DONE", "ERROR") if self.field("STATUS", name, status)]
        values = ", ".join(f"{name} {self.read(name):#x}" for name in DIAGNOSTIC)
        return (
            f"{' '.join(flags) or 'idle'}, error {code} {self.map.error_codes.get(code, 'unknown')}; {values}"
        )
