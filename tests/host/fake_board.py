"""A board of Python: the register map's behaviour over a memory, with faults on demand."""

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.host.package import Package
from rbonn_hw.packing import pack, unpack, word_bytes
from rbonn_hw.spec.registers import IDENT_VALUE, OFFSETS, ErrorCode
from tests.host.packages import answers

NAMES = {offset: name for name, offset in OFFSETS.items()}
BUSY, DONE, ERROR = 1, 2, 4
BASE = 0x1000_0000
CYCLES_PER_FRAME = 100


class FakeBuffer:
    """Two copies of some memory: the processor's and the accelerator's."""

    def __init__(self, board: "FakeBoard", address: int, size: int) -> None:
        self.array: NDArray[np.uint8] = np.zeros(size, np.uint8)
        self.address = address
        self._board = board

    def flush(self) -> None:
        """Copy to the accelerator."""
        self._board.memory[self._slice()] = self.array

    def invalidate(self) -> None:
        """Copy to the processor."""
        self.array[...] = self._board.memory[self._slice()]

    def free(self) -> None:
        """Count."""
        self._board.freed += 1

    def _slice(self) -> slice:
        return slice(self.address - BASE, self.address - BASE + len(self.array))


class FakeBoard:
    """Answers jobs of the toy accelerator some polls after their start.

    Args:
        package: Streams and identity.
        polls: Reads of STATUS until a job is done.
        fault: Error that every job ends with.
        deaf: Ignore even an abort.
    """

    def __init__(
        self, package: Package, *, polls: int = 3, fault: ErrorCode = ErrorCode.NONE, deaf: bool = False
    ) -> None:
        self.clock_mhz = 100.0
        self.memory: NDArray[np.uint8] = np.zeros(1 << 22, np.uint8)
        self.registers = dict.fromkeys(OFFSETS, 0)
        self.registers |= {"IDENT": IDENT_VALUE, "VERSION": 1 << 16, "NETWORK": package.network}
        self.jobs: list[int] = []
        self.closed = False
        self.freed = 0
        self._package = package
        self._polls, self._fault, self._deaf = polls, fault, deaf
        self._left = 0
        self._top = BASE

    def allocate(self, size_bytes: int) -> FakeBuffer:
        """Return memory that is aligned to 8 bytes only."""
        buffer = FakeBuffer(self, self._top, size_bytes)
        self._top += (size_bytes + 7) // 8 * 8
        return buffer

    def close(self) -> None:
        """Note it."""
        self.closed = True

    def read(self, offset: int) -> int:
        """Return a register; polls of STATUS bring the running job nearer to its end."""
        name = NAMES[offset]
        if name == "STATUS" and self.registers["STATUS"] & BUSY:
            self._left -= 1
            if self._left == 0:
                self._finish()
        return self.registers[name]

    def write(self, offset: int, value: int) -> None:
        """Write a register, and start or abort a job."""
        name = NAMES[offset]
        busy = self.registers["STATUS"] & BUSY
        if name == "STATUS":
            self.registers["STATUS"] &= ~(value & (DONE | ERROR))
        elif name != "CONTROL":
            assert not busy, f"{name} written during a job"
            self.registers[name] = value
        elif value & 1:
            assert self.registers["STATUS"] & (BUSY | DONE | ERROR) == 0
            self.registers["STATUS"] = BUSY
            self._left = self._polls
        elif value & 2 and busy and not self._deaf:
            self.registers["STATUS"] = ERROR | ErrorCode.ABORTED << 8

    def _finish(self) -> None:
        values, streams = self.registers, self._package
        frames = values["FRAMES"]
        assert values["IN_BYTES"] == frames * streams.input.frame_bytes
        assert values["OUT_BYTES"] == frames * streams.output.frame_bytes
        assert not (values["IN_ADDR"] | values["OUT_ADDR"]) % 8
        self.jobs.append(frames)
        if self._fault:
            values["STATUS"] = ERROR | self._fault << 8
            return
        lanes, bits = streams.input.lanes, streams.input.bits
        start = values["IN_ADDR"] - BASE
        words = self.memory[start : start + values["IN_BYTES"]].reshape(-1, word_bytes(lanes * bits))
        x = unpack(words, lanes, bits, signed=False).reshape(frames, *streams.input.shape)
        out = pack(answers(x).reshape(-1, streams.output.lanes), streams.output.bits)
        start = values["OUT_ADDR"] - BASE
        self.memory[start : start + values["OUT_BYTES"]] = out.reshape(-1)
        values["STATUS"] = DONE
        values["FRAMES_DONE"] = frames
        values["CYCLES_LO"] = CYCLES_PER_FRAME * frames
