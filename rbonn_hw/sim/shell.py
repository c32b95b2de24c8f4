"""Simulates the whole Zynq shell with its accelerator: registers, DMA and memory, as software sees them.

What the shell is connected to is written in C++ from the AXI specification (``harness/axi_memory.hpp``,
``harness/lite_master.hpp``): a memory with latency and back-pressure that checks every rule of the protocol,
and a processor that reads and writes registers. The clock stands still between calls.
"""

import contextlib
import ctypes
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.errors import ConfigError, DeadlockError, SimulationError
from rbonn_hw.results import read_result
from rbonn_hw.sim.accelerator import interface
from rbonn_hw.sim.design import RTL_DIR
from rbonn_hw.sim.memory_bus import Channel, MemoryTiming, load_shell
from rbonn_hw.sim.verilated import Verilation, compiled
from rbonn_hw.spec.shell import ShellSpec, network_id

DEFAULT_BASE_ADDRESS: Final = 0x1000_0000
DEFAULT_MEMORY_BYTES: Final = 64 << 20
# Opening a model changes the folder of the process, in which Verilator looks for memory files.
_FOLDER_LOCK: Final = threading.Lock()


class ShellModel:
    """A shell with its accelerator, a memory and a processor's port; use it as a context manager.

    Attributes:
        memory: Content of the memory, [bytes]; read and write it at will between calls.
        base_address: Bus address of ``memory[0]`` [bytes].

    Args:
        library: The compiled model, from :func:`build_shell`.
        memory_dir: Folder in which relative ``$readmemh`` names are found.
        timing: The memory's behaviour.
        memory_bytes: Size of the memory, a multiple of 4096 [bytes].
        base_address: Where it starts, a multiple of 4096 [bytes].

    Raises:
        ConfigError: The memory does not lie in the 32-bit address space in whole pages.
        SimulationError: A memory file is missing.
    """

    def __init__(
        self,
        library: Path,
        memory_dir: Path,
        *,
        timing: MemoryTiming | None = None,
        memory_bytes: int = DEFAULT_MEMORY_BYTES,
        base_address: int = DEFAULT_BASE_ADDRESS,
    ) -> None:
        if base_address % 4096 or memory_bytes % 4096 or not 0 < base_address + memory_bytes <= 1 << 32:
            raise ConfigError(
                f"memory of {memory_bytes:#x} bytes at {base_address:#x} must be whole pages of 0x1000 bytes "
                "that end below 2**32"
            )
        self.memory: NDArray[np.uint8] = np.zeros(memory_bytes, dtype=np.uint8)
        self.base_address = base_address
        self._library = load_shell(library)
        how = timing or MemoryTiming()
        self._model: int | None = self._library.rbonn_shell_new(
            self.memory.ctypes.data,
            base_address,
            memory_bytes,
            how.latency,
            how.stall,
            how.outstanding,
            how.seed,
        )
        with _FOLDER_LOCK, contextlib.chdir(memory_dir):
            self._check(self._library.rbonn_shell_reset(self._model))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read_register(self, offset: int) -> int:
        """Read a register over AXI-Lite; takes a few cycles.

        Raises:
            SimulationError: A protocol rule or an assertion was broken.
        """
        value = ctypes.c_uint32()
        self._check(self._library.rbonn_shell_read(self._open(), offset, ctypes.byref(value)))
        return value.value

    def write_register(self, offset: int, value: int, *, strobes: int = 0xF) -> None:
        """Write a register over AXI-Lite; takes a few cycles.

        Args:
            offset: Byte offset, a multiple of 4 [bytes].
            value: 32 bits.
            strobes: Which of the four bytes are written, bit 0 for bits 7:0.

        Raises:
            SimulationError: A protocol rule or an assertion was broken.
        """
        self._check(self._library.rbonn_shell_write(self._open(), offset, value, strobes))

    def run(self, cycles: int) -> None:
        """Let the clock run.

        Raises:
            SimulationError: A protocol rule or an assertion was broken.
        """
        self._check(self._library.rbonn_shell_run(self._open(), cycles))

    def run_until_idle(self, limit_cycles: int = 10_000_000) -> int:
        """Let the clock run, polling STATUS, until no job is busy; returns the cycles that took.

        Raises:
            DeadlockError: It is busy after ``limit_cycles``.
            SimulationError: A protocol rule or an assertion was broken.
        """
        start = self.cycles
        busy = ctypes.c_uint32()
        self._check(self._library.rbonn_shell_run_until_idle(self._open(), limit_cycles, ctypes.byref(busy)))
        if busy.value:
            raise DeadlockError(
                f"the shell is busy after {limit_cycles} cycles; raise the limit, or abort the job"
            )
        return self.cycles - start

    @property
    def interrupt(self) -> bool:
        """Level of the interrupt output."""
        return bool(self._library.rbonn_shell_interrupt(self._open()))

    @property
    def cycles(self) -> int:
        """Clock cycles since the reset [cycles]."""
        return int(self._library.rbonn_shell_cycles(self._open()))

    def reset(self) -> None:
        """Reset the shell; the memory keeps its content and forgets its bursts and logs."""
        self._check(self._library.rbonn_shell_reset(self._open()))

    def fail_reads(self, address: int, length: int) -> None:
        """Answer reads of these bus addresses with SLVERR from now on; a length of 0 ends that."""
        self._library.rbonn_shell_fail(self._open(), 0, address, length)

    def fail_writes(self, address: int, length: int) -> None:
        """Answer writes to these bus addresses with SLVERR from now on; a length of 0 ends that."""
        self._library.rbonn_shell_fail(self._open(), 1, address, length)

    def log(self, channel: Channel) -> NDArray[np.int64]:
        """Return the transfers of a channel so far.

        Returns:
            [n, 3]: cycle, address, and beats of the burst (address channels), strobes (write data) or
            response (read data, write response).
        """
        count = int(self._library.rbonn_shell_log(self._open(), int(channel), None))
        rows = np.zeros((count, 3), dtype=np.int64)
        self._library.rbonn_shell_log(self._open(), int(channel), rows.ctypes.data)
        return rows

    def close(self) -> None:
        """Unload the model; a second call does nothing."""
        if self._model is not None:
            self._library.rbonn_shell_delete(self._model)
            self._model = None

    def _open(self) -> int:
        if self._model is None:
            raise SimulationError("the shell's model is closed; open it again")
        return self._model

    def _check(self, error: bytes | None) -> None:
        if error is not None:
            message = error.decode()
            self.close()
            raise SimulationError(f"{ShellSpec.MODULE}: {message}")


def open_shell(
    build_dir: Path,
    *,
    latency: int = 20,
    stall: float = 0.0,
    seed: int = 0,
    memory_bytes: int = DEFAULT_MEMORY_BYTES,
    base_address: int = DEFAULT_BASE_ADDRESS,
) -> ShellModel:
    """Return the shell around the accelerator of a build folder, out of reset.

    Args:
        build_dir: Folder written by ``rbonn compile``.
        latency: The memory's latency [cycles].
        stall: Chance per cycle that a channel of the memory pauses, 0 <= stall < 1.
        seed: Seeds the pauses.
        memory_bytes: Size of the memory [bytes].
        base_address: Bus address of its first byte [bytes].

    Raises:
        ConfigError: The folder holds no compiled accelerator, or a setting is out of its range.
        ToolError: Verilator or the C++ compiler is missing or refuses the sources.
        SimulationError: A memory file is missing.
    """
    rtl_dir = (build_dir / "rtl").absolute()
    hint = f"rbonn compile NETWORK --out {build_dir}"
    listing = rtl_dir / "sources.txt"
    if not listing.is_file():
        raise ConfigError(f"{listing} does not exist; run `{hint}` first")
    spec = ShellSpec.of(interface(build_dir), network_id(read_result(build_dir / "compile.json", hint)))
    sources = [rtl_dir / name for name in listing.read_text().split()]
    library = build_shell(spec, sources, (build_dir / "sim").absolute())
    return ShellModel(
        library,
        rtl_dir,
        timing=MemoryTiming(latency=latency, stall=stall, seed=seed),
        memory_bytes=memory_bytes,
        base_address=base_address,
    )


def build_shell(
    spec: ShellSpec, accelerator: Sequence[Path], build_dir: Path, *, options: Sequence[str] = ()
) -> Path:
    """Compile the shell and an accelerator to a shared library below ``build_dir``, or find it there.

    Args:
        spec: The shell.
        accelerator: Sources of module ``accelerator``.
        build_dir: Folder for compiled models.
        options: Further Verilator options.

    Raises:
        ToolError: Verilator or the C++ compiler is missing or refuses the sources.
    """
    build_dir.mkdir(parents=True, exist_ok=True)
    verilation = Verilation(
        top=spec.MODULE,
        sources=(*(source.absolute() for source in accelerator), RTL_DIR / f"{spec.MODULE}.sv"),
        options=(
            "--assert", "--x-assign", "unique", "--x-initial", "unique",
            "-Wno-fatal", "-Wno-lint", "-Wno-style",  # what the compiler stitched is not all ours
            *(f"-G{name}=32'd{value}" for name, value in spec.rtl_parameters().items()), *options,
        ),
        harness=("shell_model.cpp",),
        headers=(),
        product="shell.so",
        trace=False,
    )  # fmt: skip
    return compiled(verilation, build_dir)
