"""Jobs on the simulated shell whose accelerator adds one to every byte (stubs/accelerator.sv)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.sim.design import RTL_DIR
from rbonn_hw.sim.memory_bus import MemoryTiming
from rbonn_hw.sim.shell import ShellModel, build_shell
from rbonn_hw.spec.registers import OFFSETS, ErrorCode, register
from rbonn_hw.spec.shell import ShellSpec
from rbonn_hw.toolchain import run_verilator

STUBS = Path(__file__).parent / "stubs"
MEMORY_BYTES = 1 << 18
OUT_START = 1 << 17
"""Where answers go unless a test says otherwise, from the start of the memory [bytes]."""
START, ABORT, IRQ_ENABLE = 1, 2, 4
BUSY, DONE, ERROR = 1, 2, 4
ID = 0xC0FFEE11


def shell_spec(in_bytes: int, out_bytes: int, frame_bytes: int) -> ShellSpec:
    """Return a shell of stream words of so many bytes; a frame has as many in as out."""
    return ShellSpec(
        in_bits=8 * in_bytes,
        in_beats=frame_bytes // in_bytes,
        out_bits=8 * out_bytes,
        out_beats=frame_bytes // out_bytes,
        network_id=ID,
    )


def defines(spec: ShellSpec) -> list[str]:
    return [f"+define+IN_BYTES={spec.in_bits // 8}", f"+define+OUT_BYTES={spec.out_bits // 8}"]


def shell(spec: ShellSpec, build_dir: Path, timing: MemoryTiming | None = None) -> ShellModel:
    library = build_shell(spec, [STUBS / "accelerator.sv"], build_dir, options=defines(spec))
    return ShellModel(library, build_dir, timing=timing, memory_bytes=MEMORY_BYTES)


def lint(module: str, **parameters: int) -> None:
    """Elaborate one of our modules with these parameters.

    Raises:
        ToolError: Verilator refuses it.
    """
    overrides = [f"-G{name}={value}" for name, value in parameters.items()]
    folders = [f"-I{RTL_DIR}", f"-I{STUBS}"]
    run_verilator(["--lint-only", *folders, *overrides, "--top-module", module, RTL_DIR / f"{module}.sv"])


def read(model: ShellModel, name: str) -> int:
    return model.read_register(OFFSETS[name])


def write(model: ShellModel, name: str, value: int) -> None:
    model.write_register(OFFSETS[name], value)


def interrupt(model: ShellModel) -> bool:
    """Return the level of the interrupt, two cycles after what changed it."""
    model.run(2)
    return model.interrupt


def cycles(model: ShellModel) -> int:
    return read(model, "CYCLES_HI") << 32 | read(model, "CYCLES_LO")


def error_code(model: ShellModel) -> ErrorCode:
    """Return the code of an ended job, and check that the flags agree with it."""
    status = read(model, "STATUS")
    code = ErrorCode((status & register("STATUS").field("ERROR_CODE").mask) >> 8)
    assert status & 0xFF == (ERROR if code else DONE)
    return code


def start_job(
    model: ShellModel, spec: ShellSpec, frames: int, change: Mapping[str, int] | None = None
) -> NDArray[np.uint8]:
    """Fill the memory with random bytes and start a job; returns what the memory must hold after it.

    Args:
        model: The shell.
        spec: What it is.
        frames: Frames of the job.
        change: Values of registers other than the job's; addresses count from the start of the memory.
    """
    rng = np.random.default_rng(frames)
    model.memory[:] = rng.integers(0, 256, len(model.memory), dtype=np.uint8)
    length = frames * spec.in_frame_bytes
    job = {"IN_ADDR": 0, "IN_BYTES": length, "OUT_ADDR": OUT_START, "OUT_BYTES": length, "FRAMES": frames}
    job.update(change or {})
    expected = model.memory.copy()
    first, answer = job["IN_ADDR"], job["OUT_ADDR"]
    if max(first, answer) + length <= len(expected):
        expected[answer : answer + length] = model.memory[first : first + length] + np.uint8(1)
    for name in ("IN_ADDR", "OUT_ADDR"):
        job[name] = (job[name] + model.base_address) % 2**32
    for name, value in job.items():
        write(model, name, value)
    write(model, "CONTROL", START)
    return expected


def check_job(
    model: ShellModel, spec: ShellSpec, frames: int, change: Mapping[str, int] | None = None
) -> None:
    """Run a job and check every byte of the memory, also those that are nobody's."""
    expected = start_job(model, spec, frames, change)
    model.run_until_idle(1_000_000)
    assert error_code(model) is ErrorCode.NONE
    assert read(model, "FRAMES_DONE") == frames
    np.testing.assert_array_equal(model.memory, expected)
