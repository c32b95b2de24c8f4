"""Compiles C++: Verilator's runtime and our engines once a machine, and what Verilator makes of a design."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rbonn_hw import drafts
from rbonn_hw.toolchain import cache_dir, cpu_count, cxx, run_tool, verilator_root

HARNESS_DIR = Path(__file__).resolve().parent / "harness"
OPTIMIZED, QUICK = "-O2", "-O0"
_HINT = "install g++ (Debian: apt install g++) or set CXX"
_FLAGS = (
    "-std=c++20", "-fPIC", "-fno-gnu-unique", "-DVERILATOR=1", "-DVM_COVERAGE=0", "-DVM_SC=0",
    "-DVM_TIMING=0", "-DVM_TRACE_VCD=0", "-DVM_TRACE_SAIF=0",
    "-DVL_USER_STOP", "-DVL_USER_FATAL", "-DVL_USER_WARN",  # see harness/fault.cpp
)  # fmt: skip
_ENGINE_FLAGS = ("-std=c++20", "-O3", "-fPIC", "-shared", "-fno-exceptions")
_HEADER = "runtime.hpp"
_HEADER_TEXT = '#include "verilated.h"\n'


@dataclass(frozen=True, slots=True)
class Runtime:
    """Verilator's runtime and the stream driver, compiled.

    Attributes:
        objects: Object files to link.
        header: Precompiled header of the runtime; it must be included first.
    """

    objects: tuple[Path, ...]
    header: Path


def fill_atomically(folder: Path, fill: Callable[[Path], None], is_good: Callable[[Path], bool]) -> None:
    """Fill a temporary folder and move it into place, so that no other process sees half of it.

    Args:
        folder: The folder to make.
        fill: Fills the folder that it is given.
        is_good: Says of an existing folder whether it can stay; then it does, for others may be using it.
    """
    with drafts.folder_in(folder.parent, folder.name) as draft:
        part = draft / "part"
        part.mkdir()
        fill(part)
        if folder.exists() and not is_good(folder):
            folder.rename(draft / "stale")
        try:
            part.rename(folder)
        except OSError:
            # Another process was quicker; its folder has the same content.
            if not is_good(folder):
                raise


def digest(file: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def cxx_flags(*, trace: bool) -> list[str]:
    """Return the flags that the runtime and every model are compiled with."""
    include = verilator_root() / "include"
    # The folder fst holds what Verilator's FST writer wants of two compression libraries.
    traced = [f"-DVM_TRACE={int(trace)}", f"-DVM_TRACE_FST={int(trace)}", f"-I{HARNESS_DIR / 'fst'}"]
    return [*_FLAGS, *traced, f"-I{include}", f"-I{include / 'vltstd'}", f"-I{HARNESS_DIR}"]


def compile_units(units: Sequence[tuple[Path, str]], flags: Sequence[str], folder: Path) -> list[Path]:
    """Compile C++ files, as many at once as there are processors.

    Args:
        units: Source files, each with its optimization flag.
        flags: Further flags.
        folder: Where the objects go.

    Returns:
        The objects, in the order of ``units``.

    Raises:
        ToolError: There is no C++ compiler, or it refuses a file.
    """

    def compile_one(unit: tuple[Path, str]) -> Path:
        source, optimization = unit
        target = folder / f"{source.stem}.o"
        run_tool([cxx(), *flags, optimization, "-c", source, "-o", target], install_hint=_HINT)
        return target

    with ThreadPoolExecutor(cpu_count()) as pool:
        return list(pool.map(compile_one, units))


def link(objects: Sequence[Path], product: Path) -> None:
    """Link objects to a program, or to a shared library where ``product`` ends in ``.so``.

    Raises:
        ToolError: There is no C++ compiler, or linking fails.
    """
    shared = ["-shared"] if product.suffix == ".so" else []
    run_tool([cxx(), *shared, *objects, "-o", product, "-lpthread", "-latomic"], install_hint=_HINT)


def engine_library(name: str, source: Path, harness: Sequence[str] = ()) -> Path:
    """Return an engine of ours as a shared library, compiled on the first call on this machine.

    Args:
        name: What its folder in the cache is called.
        source: Its C++ file, which includes others of the same folder.
        harness: Files of the harness that these include, too.

    Raises:
        ToolError: There is no C++ compiler, or it refuses the engine.
    """
    files = [*sorted(source.parent.glob("*.[ch]pp")), *(HARNESS_DIR / file for file in harness)]
    text = "\0".join([cxx(), *_ENGINE_FLAGS, *(file.read_text() for file in files)])
    folder = cache_dir() / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    product = f"{name}.so"

    def fill(part: Path) -> None:
        command = [cxx(), *_ENGINE_FLAGS, f"-I{HARNESS_DIR}", str(source), "-o", str(part / product)]
        run_tool(command, install_hint=_HINT)

    if not folder.is_dir():
        fill_atomically(folder, fill, Path.is_dir)
    return folder / product


def runtime_key(*, trace: bool) -> str:
    """Return what the compiled runtime depends on: compiler, flags, Verilator, and our part of it.

    Folders are left out, so that several checkouts share one runtime.
    """
    ours = [file for file in _sources(trace=trace) if file.parent == HARNESS_DIR]
    texts = [file.read_text() for file in [*sorted(HARNESS_DIR.rglob("*.h*")), *ours]]
    version = digest(verilator_root() / "include" / "verilated.cpp")
    flags = [flag for flag in cxx_flags(trace=trace) if not flag.startswith("-I")]
    parts = [cxx(), *flags, OPTIMIZED, _HEADER_TEXT, *texts, version]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def runtime(*, trace: bool) -> Runtime:
    """Return the runtime, compiled on the first call on this machine.

    Raises:
        ToolError: There is no C++ compiler.
    """
    folder = cache_dir() / f"verilator-{runtime_key(trace=trace)[:16]}"
    sources = _sources(trace=trace)

    def fill(part: Path) -> None:
        flags = cxx_flags(trace=trace)
        compile_units([(source, OPTIMIZED) for source in sources], flags, part)
        header = part / _HEADER
        header.write_text(_HEADER_TEXT)
        precompiled = header.with_name(f"{_HEADER}.gch")
        command: list[str | Path] = [cxx(), *flags, OPTIMIZED, "-x", "c++-header", header, "-o", precompiled]
        run_tool(command, install_hint=_HINT)

    if not folder.is_dir():
        fill_atomically(folder, fill, Path.is_dir)
    return Runtime(tuple(folder / f"{source.stem}.o" for source in sources), folder / _HEADER)


def _sources(*, trace: bool) -> list[Path]:
    include = verilator_root() / "include"
    names = ["verilated.cpp", "verilated_threads.cpp", *(["verilated_fst_c.cpp"] if trace else [])]
    return [*(include / name for name in names), HARNESS_DIR / "fault.cpp", HARNESS_DIR / "stream_driver.cpp"]
