"""Compiles SystemVerilog to machine code: Verilator, then g++ on its output and on Verilator's runtime.

Verilator's runtime takes longer to compile than a kernel, so it is compiled once per Verilator version and
set of flags, into a cache folder. A verilated model is compiled once per content of its sources.
"""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rbonn_hw.errors import ToolError
from rbonn_hw.sim.design import RTL_DIR
from rbonn_hw.toolchain import cache_dir, cpu_count, cxx, run_tool, run_verilator, verilator_root

HARNESS_DIR = Path(__file__).resolve().parent / "harness"
PREFIX = "Vmodel"
_CXX_HINT = "install g++ (Debian: apt install g++) or set CXX"
_CXX_FLAGS = (
    "-std=c++20", "-fPIC", "-fno-gnu-unique", "-DVERILATOR=1", "-DVM_COVERAGE=0", "-DVM_SC=0",
    "-DVM_TIMING=0", "-DVM_TRACE_VCD=0", "-DVM_TRACE_SAIF=0",
    "-DVL_USER_STOP", "-DVL_USER_FATAL", "-DVL_USER_WARN",
)  # fmt: skip
_SPLIT_BYTES = 400_000
"""Generated C++ above this size is compiled in several pieces at once [bytes]."""


@dataclass(frozen=True, slots=True)
class Verilation:
    """One call of Verilator and of the C++ compiler.

    Attributes:
        top: Top module.
        sources: Files to read.
        options: Further Verilator options.
        harness: Our C++ files compiled with the model.
        headers: Generated headers for them, name and text.
        product: File name of the result; ``.so`` makes a shared library, otherwise a program.
        trace: Whether the model can write an FST waveform.
    """

    top: str
    sources: tuple[Path, ...]
    options: tuple[str, ...]
    harness: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    product: str
    trace: bool


def compiled(verilation: Verilation, build_dir: Path) -> Path:
    """Return the product, compiled below ``build_dir`` unless it is there already.

    Raises:
        ToolError: A tool is missing, or the sources do not pass Verilator or the C++ compiler.
    """
    missing = [str(source) for source in verilation.sources if not source.is_file()]
    if missing:
        raise ToolError(
            f"{verilation.top}: source file {missing[0]} does not exist; compile the design again"
        )
    folder = build_dir / f"{verilation.top}-{_key(verilation)[:12]}"
    if not _is_fresh(folder):
        _atomically(folder, lambda part: _compile(verilation, part))
    return folder / verilation.product


def _key(verilation: Verilation) -> str:
    harness = [(HARNESS_DIR / name).read_text() for name in verilation.harness]
    paths = [str(source) for source in verilation.sources]
    text = repr((verilation, paths, harness, _runtime_key(trace=verilation.trace)))
    return hashlib.sha256(text.encode()).hexdigest()


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _is_fresh(folder: Path) -> bool:
    """Say whether every file that Verilator read for this folder still has the same content."""
    stamp = folder / "sources.json"
    if not stamp.is_file():
        return False
    digests = json.loads(stamp.read_text())
    return all(Path(name).is_file() and _digest(Path(name)) == digest for name, digest in digests.items())


def _atomically(folder: Path, fill: Callable[[Path], None]) -> None:
    """Fill a temporary folder and move it into place, so that no other process sees half of it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        fill(part)
        old = part.with_name(f"{part.name}.old")
        if folder.exists():
            folder.rename(old)
        try:
            part.rename(folder)
        except OSError:
            if not folder.exists():
                raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _compile(verilation: Verilation, folder: Path) -> None:
    objects = runtime(trace=verilation.trace)
    folders = list(dict.fromkeys([*(source.parent for source in verilation.sources), RTL_DIR]))
    run_verilator(
        [
            "--cc", "--prefix", PREFIX, "--top-module", verilation.top, "-Mdir", folder, "-O3", "--no-timing",
            *(["--trace-fst"] if verilation.trace else []), *verilation.options,
            *(f"-I{path}" for path in folders), *verilation.sources,
        ]
    )  # fmt: skip
    for name, text in [*verilation.headers, ("pins.hpp", _pins_header(folder))]:
        (folder / name).write_text(text)
    units = _translation_units(verilation, folder)
    flags = [*_cxx_flags(trace=verilation.trace), f"-I{folder}"]
    made = _compile_units(units, flags, folder)
    shared = ["-shared"] if verilation.product.endswith(".so") else []
    libraries = [*(_trace_libraries() if verilation.trace else []), "-lpthread", "-latomic"]
    product = folder / verilation.product
    run_tool([cxx(), *shared, *made, *objects, "-o", product, *libraries], install_hint=_CXX_HINT)
    for generated in [*folder.glob("*.o"), *folder.glob("*.cpp"), *folder.glob("*.h")]:
        generated.unlink()
    (folder / "sources.json").write_text(json.dumps(_dependencies(folder), indent=1))


def _pins_header(folder: Path) -> str:
    """Return the ports that Verilator declares in the model's class, as a table for C++."""
    declared = re.findall(
        r"VL_(IN|OUT)(?:8|16|64|W)?\(&(\w+),(\d+),(\d+)", (folder / f"{PREFIX}.h").read_text()
    )
    rows = (f"X({name}, {int(high) - int(low) + 1}, {int(way == 'IN')})" for way, name, high, low in declared)
    return f"#pragma once\n#define RBONN_PINS(X) {' '.join(rows)}\n"


def _translation_units(verilation: Verilation, folder: Path) -> list[tuple[Path, str]]:
    """Return C++ files and their optimization; small files are joined, for headers dominate their cost."""
    generated = sorted(folder.glob(f"{PREFIX}*.cpp"))
    slow = [file for file in generated if "__Slow" in file.name or "__Syms" in file.name]
    fast = [file for file in generated if file not in slow]
    harness = [HARNESS_DIR / name for name in verilation.harness]
    if sum(file.stat().st_size for file in generated) < _SPLIT_BYTES:
        return [(_joined(folder / "unit_0.cpp", [*generated, *harness]), "-O2")]
    units = [(_joined(folder / "unit_slow.cpp", slow), "-O0")]
    units += [(file, "-O2") for file in fast]
    return [*units, (_joined(folder / "unit_harness.cpp", harness), "-O2")]


def _joined(unit: Path, parts: Sequence[Path]) -> Path:
    unit.write_text("".join(f'#include "{part}"\n' for part in parts))
    return unit


def _compile_units(units: Sequence[tuple[Path, str]], flags: Sequence[str], folder: Path) -> list[Path]:
    def one(unit: tuple[Path, str]) -> Path:
        source, optimization = unit
        target = folder / f"{source.stem}.o"
        run_tool([cxx(), *flags, optimization, "-c", source, "-o", target], install_hint=_CXX_HINT)
        return target

    with ThreadPoolExecutor(cpu_count()) as pool:
        return list(pool.map(one, units))


def _dependencies(folder: Path) -> dict[str, str]:
    """Return the digests of the sources that Verilator says it has read."""
    text = (folder / f"{PREFIX}__ver.d").read_text()
    names = re.split(r"(?<!\\)\s+", text.split(":", 1)[1].replace("\\\n", " "))
    files = [Path(name.replace("\\ ", " ")) for name in names if name.strip()]
    inside = {folder.resolve(), (verilator_root() / "bin").resolve()}
    return {str(f.absolute()): _digest(f) for f in files if f.is_file() and f.resolve().parent not in inside}


# Verilator's runtime


def _cxx_flags(*, trace: bool) -> list[str]:
    include = verilator_root() / "include"
    traced = [f"-DVM_TRACE={int(trace)}", f"-DVM_TRACE_FST={int(trace)}"]
    return [*_CXX_FLAGS, *traced, f"-I{include}", f"-I{include / 'vltstd'}", f"-I{HARNESS_DIR}"]


def _trace_libraries() -> list[str]:
    return ["-lz"]


def _runtime_sources(*, trace: bool) -> list[Path]:
    include = verilator_root() / "include"
    names = ["verilated.cpp", "verilated_threads.cpp", *(["verilated_fst_c.cpp"] if trace else [])]
    return [*(include / name for name in names), HARNESS_DIR / "fault.cpp", HARNESS_DIR / "stream_driver.cpp"]


def _runtime_key(*, trace: bool) -> str:
    harness = sorted(
        [*HARNESS_DIR.glob("*.hpp"), HARNESS_DIR / "fault.cpp", HARNESS_DIR / "stream_driver.cpp"]
    )
    parts = [cxx(), *_cxx_flags(trace=trace), *(file.read_text() for file in harness)]
    parts.append(_digest(verilator_root() / "include" / "verilated.cpp"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def runtime(*, trace: bool) -> list[Path]:
    """Return the objects of Verilator's runtime and of the stream driver, compiled on the first call.

    Raises:
        ToolError: There is no C++ compiler.
    """
    folder = cache_dir() / f"verilator-{_runtime_key(trace=trace)[:16]}"
    sources = _runtime_sources(trace=trace)

    def fill(part: Path) -> None:
        flags = _cxx_flags(trace=trace)
        _compile_units([(source, "-O2") for source in sources], flags, part)

    if not folder.is_dir():
        _atomically(folder, fill)
    return [folder / f"{source.stem}.o" for source in sources]


def verilated_name(name: str) -> str:
    """Return how Verilator spells an identifier in C++: ``__`` becomes ``___05F``."""
    return re.sub(r"__", "___05F", name)
