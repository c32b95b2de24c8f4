"""The driver: images in, classes, boxes or integers out."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from .board import Board, PynqBoard
from .detector import Detections
from .errors import ClosedError, FrameError, IdentityError
from .jobs import Counters, JobEngine
from .package import Package
from .registers import Registers
from .streams import Array

DEFAULT_BUFFER_BYTES = 1 << 20
DEFAULT_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Measurement:
    """How fast the board classified.

    Attributes:
        frames: Frames per repetition.
        frames_per_second: Wall time of the whole driver, images in, integers out.
        latency_seconds: Median wall time of one frame alone.
        cycles_per_frame: Cycle counter over frames, all jobs together [cycles].
        accelerator_frames_per_second: What the cycle counter and the clock give.
        clock_mhz: FCLK0 [MHz].
    """

    frames: int
    frames_per_second: float
    latency_seconds: float
    cycles_per_frame: float
    accelerator_frames_per_second: float
    clock_mhz: float


class Accelerator:
    """The accelerator of a package, loaded on this board.

    All methods may be called from several threads; jobs run one after the other.

    Args:
        package: A package, or the path of its zip or folder.
        board: What this board is, such as "Pynq-Z2"; by default the name that the system has for it.
        device: pynq device; by default the board this runs on.
        hardware: Something else that has registers and memory, in place of pynq.
        buffer_frames: Frames per job; by default as many as fit 1 MiB. There are two buffers: while the
            accelerator works on one, the processor fills and empties the other.
        timeout_s: Longest time a job may take [s].

    Raises:
        HostError: The package, the board or the hardware is not right; see :mod:`errors`.
    """

    def __init__(
        self,
        package: Package | str | Path,
        *,
        board: str | None = None,
        device: Any = None,
        hardware: Board | None = None,
        buffer_frames: int | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> None:
        self.package = package if isinstance(package, Package) else Package.open(package)
        frame_bytes = max(self.package.input.frame_bytes, self.package.output.frame_bytes)
        frames = max(1, DEFAULT_BUFFER_BYTES // frame_bytes) if buffer_frames is None else buffer_frames
        if frames < 1 or timeout_s <= 0:
            raise FrameError(f"buffer_frames={frames} must be at least 1 and timeout_s={timeout_s} positive")
        self._lock = threading.Lock()
        self._board: Board = PynqBoard(self.package, device, board) if hardware is None else hardware
        try:
            self._registers = Registers(self._board, self.package.registers)
            self._check_identity()
            self._engine = JobEngine(self.package, self._board, self._registers, frames, timeout_s)
        except BaseException:
            self._board.close()
            raise
        self._open = True

    def __enter__(self) -> Accelerator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give memory and board back; a second call does nothing."""
        with self._lock:
            if self._open:
                self._open = False
                self._engine.close()
                self._board.close()

    def classify(self, frames: Array) -> Array:
        """Return the class of each frame, [n].

        Args:
            frames: [n, *frame shape] of the declared type: uint8 pixels, integers or floats.

        Raises:
            FrameError: Wrong shape, type or values, or the network answers with no class.
            JobError: The hardware failed; the message has its status registers.
            JobTimeoutError: It did not finish in time.
        """
        return self.package.answer.classes(self.infer(frames))

    def scores(self, frames: Array) -> Array:
        """Return what the network answers to each frame, float32 [n, ...]; see :meth:`classify`.

        Floats are the network's own in every bit where ``package.answer.exact``, and otherwise at most
        ``package.answer.bound`` away from those of any other right implementation.
        """
        return self.package.answer.outputs(self.infer(frames))

    def detect(self, frames: Array, threshold: float = 0.25, overlap: float = 0.5) -> list[Detections]:
        """Return boxes, scores and classes of what is in each frame, the best first; see :meth:`classify`.

        Args:
            frames: As of :meth:`classify`.
            threshold: Least score of a box, 0 .. 1.
            overlap: Intersection over union from which on the lesser of two boxes of a class is dropped.

        Raises:
            FrameError: As :meth:`classify`, or the network is no detector, or a setting is out of its range.
            JobError: As :meth:`classify`.
        """
        return self.package.answer.detect(self.infer(frames), threshold, overlap)

    def infer(self, frames: Array) -> Array:
        """Return the accelerator's integers for each frame, [n, *output shape]; see :meth:`classify`."""
        self.package.images.check(frames)
        return self._run(frames, self.package.images.integers)

    def run_integers(self, frames: Array) -> Array:
        """Return the accelerator's integers for input integers [n, *input shape]; BIPOLAR as 0 and 1."""
        frames = np.asarray(frames)
        self.package.input.check(frames)
        return self._run(frames, lambda chunk: chunk)

    def _run(self, frames: Array, to_integers: Any) -> Array:
        with self._lock:
            if not self._open:
                raise ClosedError("the accelerator has been closed; open it again with Accelerator(package)")
            return self._engine.run(frames, to_integers)

    @property
    def counters(self) -> Counters:
        """What the hardware counted during the last call of :meth:`infer` or :meth:`classify`."""
        return self._engine.counters

    @property
    def clock_mhz(self) -> float:
        """FCLK0 [MHz]."""
        return self._board.clock_mhz

    def measure(self, frames: Array, repeats: int = 3) -> Measurement:
        """Measure throughput on all frames and latency on the first ones, best of ``repeats``."""
        if not len(frames) or repeats < 1:
            raise FrameError(f"{len(frames)} frames and repeats={repeats} must be at least 1")
        seconds = []
        for _ in range(repeats):
            started = time.perf_counter()
            self.infer(frames)
            seconds.append(time.perf_counter() - started)
        cycles = self.counters.cycles / len(frames)
        single = []
        for frame in frames[: max(1, min(len(frames), 10))]:
            started = time.perf_counter()
            self.infer(frame[None])
            single.append(time.perf_counter() - started)
        return Measurement(
            frames=len(frames),
            frames_per_second=len(frames) / min(seconds),
            latency_seconds=float(np.median(single)),
            cycles_per_frame=cycles,
            accelerator_frames_per_second=self.clock_mhz * 1e6 / cycles,
            clock_mhz=self.clock_mhz,
        )

    def _check_identity(self) -> None:
        expected = self.package.registers
        ident = self._registers.read("IDENT")
        if ident != expected.ident:
            raise IdentityError(
                f"register IDENT reads {ident:#010x}, a shell of this project {expected.ident:#010x}; "
                "the loaded bitstream is not the package's: load it again"
            )
        major = self._registers.field("VERSION", "MAJOR", self._registers.read("VERSION"))
        if major != expected.version_major:
            raise IdentityError(
                f"the hardware has registers of version {major}, the package of version "
                f"{expected.version_major}; use the driver that came with the bitstream"
            )
        network = self._registers.read("NETWORK")
        if network != self.package.network:
            raise IdentityError(
                f"the hardware holds network {network:#010x}, the package {self.package.network:#010x}; "
                "load the bitstream of this package"
            )
