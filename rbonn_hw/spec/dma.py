"""How the shell's DMA cuts a buffer into AXI bursts.

Every burst ends at the end of its 128-byte block, or at the end of the buffer. So no burst crosses 4 KB, all
but the first and the last are 16 beats long, and the address of the next burst needs no adder.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from rbonn_hw.errors import SpecError

BEAT_BYTES: Final = 8
"""Bytes of a data beat; the HP ports of Zynq-7000 are 64 bits wide."""

BURST_BEATS: Final = 16
"""Longest burst that AXI3 knows, hence the HP ports [beats]."""

BLOCK_BYTES: Final = BEAT_BYTES * BURST_BEATS
"""Bursts do not cross a multiple of this, which divides AXI's 4096 [bytes]."""

ADDRESS_SPACE_BYTES: Final = 1 << 32
"""Bytes that a 32-bit address reaches [bytes]."""


@dataclass(frozen=True, slots=True)
class Burst:
    """One AXI transaction of incrementing addresses.

    Attributes:
        address: Address of the first beat [bytes].
        beats: Data beats, 1 .. 16.
    """

    address: int
    beats: int


def check_buffer(address: int, length_bytes: int) -> None:
    """Check that the DMA takes a buffer.

    Raises:
        SpecError: The address is unaligned, the buffer is empty or ends beyond the address space.
    """
    if address % BEAT_BYTES or not 0 <= address < ADDRESS_SPACE_BYTES:
        raise SpecError(f"address {address:#x} must be a multiple of {BEAT_BYTES} below 2**32")
    if not 1 <= length_bytes <= ADDRESS_SPACE_BYTES - address:
        raise SpecError(
            f"a buffer of {length_bytes} bytes at {address:#x} must hold 1 .. "
            f"{ADDRESS_SPACE_BYTES - address} bytes"
        )


def beats(length_bytes: int) -> int:
    """Return the data beats of a buffer; the last one may be partial."""
    return -(-length_bytes // BEAT_BYTES)


def bursts(address: int, length_bytes: int) -> tuple[Burst, ...]:
    """Return the bursts that move a buffer, in order.

    Raises:
        SpecError: See :func:`check_buffer`.
    """
    check_buffer(address, length_bytes)
    found = []
    end = address + BEAT_BYTES * beats(length_bytes)
    while address < end:
        stop = min(end, (address // BLOCK_BYTES + 1) * BLOCK_BYTES)
        found.append(Burst(address, (stop - address) // BEAT_BYTES))
        address = stop
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class DmaSpec:
    """A DMA in one direction: memory to stream, or stream to memory.

    Attributes:
        depth_words: 64-bit words that its FIFO holds. Reading, it bounds the beats in flight: at least the
            memory's latency in cycles for one beat per cycle. Writing, two bursts keep the bus busy.

    Raises:
        SpecError: The FIFO holds less than two bursts.
    """

    READ_MODULE: ClassVar[str] = "rbonn_dma_read"
    WRITE_MODULE: ClassVar[str] = "rbonn_dma_write"

    depth_words: int

    def __post_init__(self) -> None:
        if self.depth_words < 2 * BURST_BEATS:
            raise SpecError(
                f"depth_words={self.depth_words} must be at least {2 * BURST_BEATS}: one burst moves while "
                "the next is requested"
            )

    def rtl_parameters(self) -> dict[str, int]:
        """Parameters of the RTL module, spelled as there."""
        return {"Depth": self.depth_words}
