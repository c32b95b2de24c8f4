"""A virtual board for pynq: a device whose registers and memory are those of a simulation of the whole shell.

The simulation is another process (``rbonn board --virtual`` starts both), because pynq and the simulator
need different versions of NumPy. What pynq asks of a device is here: register access, memory that is visible
to the other side after a flush or an invalidate only, the processor's clock registers, and a loader.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pynq.ps
from pynq.buffer import PynqBuffer
from pynq.metadata.runtime_metadata_parser import RuntimeMetadataParser
from pynq.pl_server.device import Device
from pynqmetadata.frontends import Metadata

from .errors import HandoffError, VirtualBoardError
from .package import IP_NAME
from .pages import PageAllocator
from .wire import ANSWER, DONE, LOAD, READ, REQUEST, STORE, VALUE, WRITE, receive

SLCR_BASE = 0xF8000000
SLCR_BYTES = 0x200
# Feedback 20 of a 50 MHz crystal as pynq assumes it; FCLK0 divided by 5 and 2, as boards boot: 100 MHz.
PLL, FCLK = 20 << 12, 5 << 8 | 2 << 20
ARCHITECTURE = "armv7l"
SLCR = {0x100: PLL, 0x104: PLL, 0x108: PLL, 0x120: 2 << 8, 0x170: FCLK, 0x180: FCLK, 0x190: FCLK, 0x1A0: FCLK}


class VirtualDevice(Device):
    """A pynq device in front of a simulation; the machine's only one, as on a board.

    pynq 3.0 finds out by itself which processor it runs on, and sets the clocks of the active device; later
    ones ask the device. What both use is set here. Clock registers are the processor's: devices share them.

    Args:
        address: Unix socket of the simulation.
        memory_base: Bus address of its memory.
        memory_bytes: Size of its memory [bytes].
        board_name: Name of the board that it stands for.
    """

    needs_bitstream = False
    arch = ARCHITECTURE
    _slcr: ClassVar = dict(SLCR)

    def __init__(self, address: str, memory_base: int, memory_bytes: int, board_name: str) -> None:
        super().__init__(f"virtual_{address}")
        pynq.ps.CPU_ARCH = ARCHITECTURE
        Device.active_device = self
        self.board_name = board_name
        self.capabilities = {"REGISTER_RW": True}
        self.bitfile_name = ""
        self.timestamp = ""
        self._memory = PageAllocator(memory_base, memory_bytes)
        self._base_address = -1
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(address)

    def close(self) -> None:
        """End the connection, and with it the simulation."""
        self._connection.close()

    def read_registers(self, address: int, length: int) -> bytes:
        """Return ``length`` bytes of the shell's registers or of the processor's clock registers."""
        return b"".join(VALUE.pack(self._read(address + offset)) for offset in range(0, length, 4))

    def write_registers(self, address: int, data: bytes) -> None:
        """Write the shell's registers or the processor's clock registers."""
        for position, (value,) in enumerate(VALUE.iter_unpack(bytes(data))):
            self._write(address + 4 * position, value)

    def _read(self, address: int) -> int:
        if SLCR_BASE <= address < SLCR_BASE + SLCR_BYTES:
            return self._slcr.get(address - SLCR_BASE, 0)
        return int(VALUE.unpack(self._ask(READ, self._offset(address)))[0])

    def _write(self, address: int, value: int) -> None:
        if SLCR_BASE <= address < SLCR_BASE + SLCR_BYTES:
            self._slcr[address - SLCR_BASE] = value
        else:
            self._ask(WRITE, self._offset(address), value)

    def _offset(self, address: int) -> int:
        if self._base_address < 0:
            raise VirtualBoardError("no design is loaded, so there are no registers; load an overlay first")
        return address - self._base_address

    def _ask(self, operation: int, address: int, number: int = 0, payload: bytes = b"") -> bytes:
        try:
            self._connection.sendall(REQUEST.pack(operation, address, number) + payload)
            status, length = ANSWER.unpack(receive(self._connection, ANSWER.size))
            content = receive(self._connection, length)
        except OSError as error:
            raise VirtualBoardError(
                f"the simulation has gone ({error}); start the virtual board again"
            ) from None
        if status != DONE:
            raise VirtualBoardError(content.decode())
        return content

    def allocate(self, shape: Any, dtype: Any, **_: Any) -> Any:
        """Return a buffer; the simulation has its own copy of it."""
        kind = np.dtype(dtype)
        size = int(np.prod(shape)) * kind.itemsize
        base, pages = self._memory.take(size)
        copy = bytearray(size)
        buffer = PynqBuffer(
            shape, kind, buffer=copy, device=self, device_address=base, bo=(base, copy), coherent=False
        )
        # With these pynq hands the pages back when the buffer is freed, and does not unmap them by itself.
        buffer.memory, buffer.pointer, buffer.return_to, buffer.freed = self, (base, pages), self, True
        return buffer

    def return_pointer(self, pointer: tuple[int, int]) -> None:
        """Take the pages of a freed buffer back."""
        self._memory.give(*pointer)

    def flush(self, bo: tuple[int, bytearray], offset: int, virtual_address: int, nbytes: int) -> None:
        """Copy from the processor to the simulation."""
        del virtual_address
        self._ask(STORE, bo[0] + offset, nbytes, bytes(bo[1][offset : offset + nbytes]))

    def invalidate(self, bo: tuple[int, bytearray], offset: int, virtual_address: int, nbytes: int) -> None:
        """Copy from the simulation to the processor."""
        del virtual_address
        bo[1][offset : offset + nbytes] = self._ask(LOAD, bo[0] + offset, nbytes)

    def get_bitfile_metadata(self, bitfile_name: str, partial: bool = False) -> Any:
        """Return pynq's view of the .hwh beside the bitstream."""
        del partial
        return RuntimeMetadataParser(Metadata(input=str(Path(bitfile_name).with_suffix(".hwh"))))

    def download(self, bitstream: Any, parser: Any = None) -> None:
        """Put the registers where the .hwh says; the design itself is in the simulation already.

        Raises:
            HandoffError: The .hwh has no register block.
        """
        found = (parser or self.parser).ip_dict
        if IP_NAME not in found:
            raise HandoffError(f"the .hwh has {list(found)}, but no {IP_NAME}; make the package again")
        self._base_address = int(found[IP_NAME]["phys_addr"])
        self.bitfile_name = bitstream.bitfile_name

    def gen_cache(self, bitstream: Any, parser: Any = None) -> None:
        """Keep nothing: a virtual board is empty again at the next start."""
