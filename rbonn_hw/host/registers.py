"""The accelerator's registers by name, from the register map that the package carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

DIAGNOSTIC = (
    "STATUS", "FRAMES", "FRAMES_DONE", "IN_ADDR", "IN_BYTES", "OUT_ADDR", "OUT_BYTES", "CYCLES_LO",
    "IN_STALLS", "OUT_STALLS",
)  # fmt: skip


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
    def from_document(cls, entry: Mapping[str, Any]) -> RegisterMap:
        """Read the map from a package's metadata."""
        rows = entry["registers"]
        return cls(
            ident=int(entry["ident"]),
            version_major=int(entry["version_major"]),
            span_bytes=int(entry["span_bytes"]),
            offsets={name: int(row["offset"]) for name, row in rows.items()},
            fields={
                (name, field): (int(bits["low"]), int(bits["bits"]))
                for name, row in rows.items()
                for field, bits in row["fields"].items()
            },
            error_codes={int(code): str(name) for name, code in entry["error_codes"].items()},
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
