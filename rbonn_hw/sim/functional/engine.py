"""Runs a plan in the engine: compiled once on this machine, called with NumPy arrays, frames over threads."""

import ctypes
import functools
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import ConfigError, SimulationError
from rbonn_hw.packing import Ints
from rbonn_hw.sim.functional.graph import Tensor
from rbonn_hw.sim.functional.plan import GROUP, WORD_BITS, Plan, Step, Storage, storage
from rbonn_hw.sim.native import engine_library

ENGINE = Path(__file__).resolve().with_name("engine.cpp")
PATHS = ("portable", "avx2", "avx512", "avx512-vpopcntdq")
"""Instructions of the engine, as ``rbonn_can`` numbers them; the last that a processor has is taken."""
CHUNK = 32
"""Frames of one call of the engine."""
_ALIGNMENT = 64
_BYTES = {Storage.SHORT: 2, Storage.INT: 4, Storage.LONG: 8}


class _Tensor(ctypes.Structure):
    _fields_ = (
        ("rows", ctypes.c_int64),
        ("channels", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("storage", ctypes.c_int64),
    )


class _Step(ctypes.Structure):
    _fields_ = (
        ("kernel", ctypes.c_int32),
        ("wide", ctypes.c_int32),
        ("in0", ctypes.c_int32),
        ("in1", ctypes.c_int32),
        ("out", ctypes.c_int32),
        ("steps", ctypes.c_int32),
        ("bias", ctypes.c_int64),
        ("numbers", ctypes.c_void_p),
        ("weights", ctypes.c_void_p),
        ("thresholds", ctypes.c_void_p),
    )


@functools.cache
def library() -> ctypes.CDLL:
    """Return the engine, compiled on the first call on this machine.

    Raises:
        ToolError: There is no C++ compiler, or it refuses the engine.
    """
    return ctypes.CDLL(str(engine_library("functional", ENGINE)))


def paths() -> tuple[str, ...]:
    """Return those of :data:`PATHS` that this processor can run, the quickest last.

    Raises:
        ToolError: There is no C++ compiler.
    """
    return tuple(name for number, name in enumerate(PATHS) if library().rbonn_can(number))


def _path(name: str | None) -> int:
    """Return the number of a path, by default of the quickest."""
    able = paths()
    if name is not None and name not in able:
        raise ConfigError(f"path={name!r}: this processor runs {', '.join(able)}")
    return PATHS.index(name or able[-1])


class Engine:
    """A plan, ready to run; several threads may call it at once.

    Args:
        plan: What to run.
        wanted: Numbers of the tensors that are returned.
        path: One of :func:`paths`; None for the quickest.

    Raises:
        ConfigError: This processor has no such path.
        ToolError: There is no C++ compiler.
    """

    def __init__(self, plan: Plan, wanted: Iterable[int], path: str | None = None) -> None:
        self._path = _path(path)
        self._library = library()
        self._plan = plan
        self._wanted = frozenset(wanted)
        offsets, self._space_bytes = _offsets(plan)
        self._tensors = (_Tensor * len(plan.stored))(
            *(
                _Tensor(tensor.rows, tensor.channels, offset, storage(tensor))
                for tensor, offset in zip(plan.stored, offsets, strict=True)
            )
        )
        self._tables: list[NDArray[Any]] = []
        self._steps = (_Step * max(1, len(plan.steps)))(*map(self._step, plan.steps))
        widest = max(tensor.channels for tensor in plan.stored)
        self._scratch_bytes = 8 * 8 * (widest + GROUP)

    def _step(self, step: Step) -> _Step:
        numbers = np.array(step.numbers, np.int64)
        first, second = (*step.inputs, 0)[:2]
        steps = 0 if step.thresholds is None else len(step.thresholds)
        return _Step(
            step.kernel,
            step.wide,
            first,
            second,
            step.output,
            steps,
            step.bias,
            self._address(numbers),
            self._address(step.weights),
            self._address(step.thresholds),
        )

    def _address(self, table: NDArray[Any] | None) -> int | None:
        if table is None:
            return None
        self._tables.append(table)
        return int(table.ctypes.data)

    def run(
        self, frames: NDArray[Any], threads: int, progress: Callable[[int], None] | None = None
    ) -> Mapping[int, Ints]:
        """Run frames [n, ...] of the input stream.

        Args:
            frames: Within the type of the stream; BIPOLAR as BINARY.
            threads: Threads that share them.
            progress: Called with the frames done, from this thread.

        Returns:
            The wanted tensors by number, [n, rows, channels].

        Raises:
            SimulationError: There is not enough memory.
        """
        results = {number: self._place(number, len(frames)) for number in self._wanted}
        firsts = range(0, len(frames), CHUNK)
        pool = ThreadPoolExecutor(threads)
        try:
            done = 0
            for count in pool.map(
                lambda first: self._chunk(frames[first : first + CHUNK], first, results), firsts
            ):
                done += count
                if progress is not None:
                    progress(done)
        finally:
            # Who interrupts a run waits for the chunks that are under way alone.
            pool.shutdown(cancel_futures=True)
        return results

    def _place(self, number: int, frames: int) -> Ints:
        """Return where the values of a tensor go, [n, rows, channels]."""
        tensor = self._plan.stored[number]
        try:
            return np.empty((frames, tensor.rows, tensor.channels), np.int64)
        except MemoryError:
            raise SimulationError(
                f"no memory for {frames} frames of {tensor.name!r}; give fewer frames at a time"
            ) from None

    def _chunk(self, frames: NDArray[Any], first: int, results: Mapping[int, Ints]) -> int:
        values = np.ascontiguousarray(frames, np.int64)
        targets = (ctypes.c_void_p * len(self._plan.stored))(
            *(
                results[number][first:].ctypes.data if number in self._wanted else None
                for number in range(len(self._plan.stored))
            )
        )
        failed = self._library.rbonn_run(
            ctypes.c_int(self._path),
            self._steps,
            ctypes.c_int64(len(self._plan.steps)),
            self._tensors,
            ctypes.c_int64(self._plan.number[self._plan.graph.input]),
            ctypes.c_void_p(values.ctypes.data),
            ctypes.c_int64(len(frames)),
            targets,
            ctypes.c_int64(self._space_bytes),
            ctypes.c_int64(self._scratch_bytes),
        )
        if failed:
            raise SimulationError(
                f"no memory for {self._space_bytes:,} bytes of maps in each thread; give fewer threads"
            )
        return len(frames)


def _bytes(tensor: Tensor) -> int:
    kind = storage(tensor)
    if kind == Storage.BITS:
        return tensor.rows * -(-tensor.channels // WORD_BITS) * 8
    return tensor.rows * tensor.channels * _BYTES[kind]


def _offsets(plan: Plan) -> tuple[list[int], int]:
    """Place tensors, those that are not alive together over each other; return places and size [bytes]."""
    last = {number: place for place, step in enumerate(plan.steps) for number in step.inputs}
    first = {step.output: place for place, step in enumerate(plan.steps)}
    lives = [
        (first.get(number, -1), last.get(number, first.get(number, -1))) for number in range(len(plan.stored))
    ]
    offsets: list[int] = []
    for number, tensor in enumerate(plan.stored):
        born, dies = lives[number]
        taken = sorted(
            (offsets[other], offsets[other] + _bytes(plan.stored[other]))
            for other in range(number)
            if lives[other][1] >= born and lives[other][0] <= dies
        )
        place = 0
        for low, high in taken:
            if place + _bytes(tensor) <= low:
                break
            place = max(place, -(-high // _ALIGNMENT) * _ALIGNMENT)
        offsets.append(place)
    return offsets, max(offset + _bytes(tensor) for offset, tensor in zip(offsets, plan.stored, strict=True))
