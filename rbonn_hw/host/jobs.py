"""Jobs: two pairs of buffers, of which the accelerator works on one while the processor has the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .board import Board, Buffer
from .errors import ClosedError, JobError, JobTimeoutError
from .package import Package
from .registers import Registers
from .streams import Array

ABORT_SECONDS = 1.0
"""How long an aborted job may take to drain its memory transfers [s]."""
SHORT_POLLS = 20
POLL_SECONDS = 0.0002
_LOST: list[Buffer] = []
"""Memory that hardware which ignored an abort may still write to; pynq frees what nobody holds any more."""


@dataclass(frozen=True)
class Counters:
    """What the hardware counted, summed over the jobs of a call.

    Attributes:
        jobs: Jobs.
        frames: Frames.
        cycles: From the first input beat to the last output beat of each job [cycles].
        in_stalls: Cycles that the accelerator waited for memory [cycles].
        out_stalls: Cycles that its output waited [cycles].
    """

    jobs: int = 0
    frames: int = 0
    cycles: int = 0
    in_stalls: int = 0
    out_stalls: int = 0


@dataclass(frozen=True)
class _Pair:
    frames: Buffer
    answers: Buffer


class JobEngine:
    """Runs frames through the accelerator, a buffer at a time.

    Args:
        package: Streams of the accelerator.
        board: Memory.
        registers: The accelerator's registers.
        buffer_frames: Frames per job.
        timeout_s: Longest time a job may take [s].
    """

    def __init__(
        self, package: Package, board: Board, registers: Registers, buffer_frames: int, timeout_s: float
    ) -> None:
        self.counters = Counters()
        self._input, self._output = package.input, package.output
        self._registers = registers
        self._capacity = buffer_frames
        self._timeout_s = timeout_s
        self._stuck = False
        self._buffers: list[Buffer] = []
        try:
            sizes = (self._input.frame_bytes, self._output.frame_bytes)
            for size in sizes * 2:
                self._buffers.append(board.allocate(size * buffer_frames))
        except BaseException:
            self.close()
            raise
        self._pairs = (_Pair(*self._buffers[:2]), _Pair(*self._buffers[2:]))

    def close(self) -> None:
        """Give the memory back, unless the hardware may still write to it."""
        if self._stuck:
            _LOST.extend(self._buffers)
        else:
            for buffer in self._buffers:
                buffer.free()
        self._buffers = []

    def run(self, frames: Array, to_integers: Callable[[Array], Array]) -> Array:
        """Return the answers to all frames.

        Args:
            frames: [n, ...].
            to_integers: What makes input integers [m, *input shape] of some of them.

        Raises:
            JobError: The hardware reports an error.
            JobTimeoutError: A job did not end in time.
            ClosedError: An earlier job never ended.
        """
        if self._stuck:
            raise ClosedError("an earlier job never ended; load the design again with Accelerator(package)")
        self.counters = Counters()
        answers = np.empty((len(frames), *self._output.shape), self._output.numpy_type)
        running: tuple[_Pair, int, int] | None = None
        try:
            for number, start in enumerate(range(0, len(frames), self._capacity)):
                chunk = to_integers(frames[start : start + self._capacity])
                pair = self._pairs[number % 2]
                self._input.pack(chunk, pair.frames.array[: len(chunk) * self._input.frame_bytes])
                pair.frames.flush()
                if running:
                    self._wait(running[2])
                self._start(pair, len(chunk))
                finished, running = running, (pair, start, len(chunk))
                if finished:
                    self._collect(finished, answers)
            if running:
                self._wait(running[2])
                finished, running = running, None
                self._collect(finished, answers)
        except BaseException:
            self._abort()
            raise
        return answers

    def _start(self, pair: _Pair, count: int) -> None:
        registers = self._registers
        finished = registers.map.mask("STATUS", "DONE") | registers.map.mask("STATUS", "ERROR")
        registers.write("STATUS", finished)
        registers.write("IN_ADDR", pair.frames.address)
        registers.write("IN_BYTES", count * self._input.frame_bytes)
        registers.write("OUT_ADDR", pair.answers.address)
        registers.write("OUT_BYTES", count * self._output.frame_bytes)
        registers.write("FRAMES", count)
        registers.write("CONTROL", registers.map.mask("CONTROL", "START"))

    def _wait(self, count: int) -> None:
        """Wait for the running job, and add its counters."""
        registers = self._registers
        deadline = time.monotonic() + self._timeout_s
        polls = 0
        while True:
            status = registers.read("STATUS")
            if registers.field("STATUS", "ERROR", status):
                raise JobError(f"a job of {count} frames failed: {registers.describe()}")
            if registers.field("STATUS", "DONE", status):
                break
            if time.monotonic() > deadline:
                raise JobTimeoutError(
                    f"a job of {count} frames did not end within {self._timeout_s} s; raise timeout_s if the "
                    f"network is that slow: {registers.describe()}"
                )
            polls += 1
            if polls > SHORT_POLLS:
                time.sleep(POLL_SECONDS)
        total = self.counters
        self.counters = Counters(
            total.jobs + 1,
            total.frames + count,
            total.cycles + registers.cycles(),
            total.in_stalls + registers.read("IN_STALLS"),
            total.out_stalls + registers.read("OUT_STALLS"),
        )

    def _collect(self, job: tuple[_Pair, int, int], answers: Array) -> None:
        pair, start, count = job
        pair.answers.invalidate()
        source = pair.answers.array[: count * self._output.frame_bytes]
        answers[start : start + count] = self._output.unpack(source)

    def _abort(self) -> None:
        """End the running job, if any; note it if the hardware does not even obey that."""
        registers = self._registers
        deadline = time.monotonic() + ABORT_SECONDS
        while registers.field("STATUS", "BUSY", registers.read("STATUS")):
            registers.write("CONTROL", registers.map.mask("CONTROL", "ABORT"))
            if time.monotonic() > deadline:
                self._stuck = True
                return
            time.sleep(POLL_SECONDS)
