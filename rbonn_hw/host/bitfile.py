"""Reads the header of a Xilinx .bit file, and finds the synchronization word behind it.

The file starts with a fixed field, then has fields of a letter, a length and that many bytes: design (a),
part (b), date (c), time (d), and data (e, with a length of four bytes). All numbers are big-endian.
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import BitstreamError, WrongBoardError

MAGIC = bytes.fromhex("00090ff00ff00ff00ff0000001")
SYNC = bytes.fromhex("aa995566")
SYNC_WITHIN_BYTES = 4096


@dataclass(frozen=True)
class BitHeader:
    """What a .bit file says of itself.

    Attributes:
        design: Name of the design, with the tool's remarks.
        part: Device, as the tool that wrote it spells it.
        data_bytes: Length of the configuration data [bytes].
    """

    design: str
    part: str
    data_bytes: int


def read_bit_header(content: bytes, name: str) -> BitHeader:
    """Parse the header and check that the file is whole.

    Args:
        content: The file.
        name: Its name, for error messages.

    Raises:
        BitstreamError: It is no .bit file, or truncated.
    """
    if not content.startswith(MAGIC):
        raise BitstreamError(
            f"{name}: starts with {content[: len(MAGIC)].hex() or 'nothing'}, a .bit file starts with "
            f"{MAGIC.hex()}; give the .bit, not the .bin"
        )
    fields = {}
    offset = len(MAGIC)
    while content[offset : offset + 1] in (b"a", b"b", b"c", b"d"):
        length = int.from_bytes(content[offset + 1 : offset + 3], "big")
        text = content[offset + 3 : offset + 3 + length]
        fields[content[offset : offset + 1]] = text.rstrip(b"\0").decode("ascii", "replace")
        offset += 3 + length
    if content[offset : offset + 1] != b"e" or b"b" not in fields:
        raise BitstreamError(f"{name}: its header breaks off at byte {offset}; copy or build the file again")
    expected = int.from_bytes(content[offset + 1 : offset + 5], "big")
    data = content[offset + 5 :]
    if len(data) != expected:
        raise BitstreamError(
            f"{name}: holds {len(data)} bytes of configuration, its header says {expected}; "
            "the file is truncated or damaged: copy or build it again"
        )
    if SYNC not in data[:SYNC_WITHIN_BYTES]:
        raise BitstreamError(f"{name}: has no synchronization word {SYNC.hex()}; build it again")
    return BitHeader(fields.get(b"a", ""), fields[b"b"], expected)


def check_bit(content: bytes, name: str, part: str) -> BitHeader:
    """Read a .bit file that must be for ``part``.

    Raises:
        BitstreamError: See :func:`read_bit_header`.
        WrongBoardError: It is for another device.
    """
    header = read_bit_header(content, name)
    if not same_device(header.part, part):
        raise WrongBoardError(
            f"{name}: is for {header.part}, the design for {part}; give the bitstream of this build"
        )
    return header


def same_device(one: str, other: str) -> bool:
    """Whether two part names mean one device and package; tools differ in prefix, hyphens and speed grade."""
    return _device(one) == _device(other)


def _device(part: str) -> str:
    name = part.lower().replace(" ", "")
    name = name[2:] if name.startswith("xc") else name
    return name.split("-")[0]
