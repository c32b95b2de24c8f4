"""Compiles SystemVerilog to machine code: Verilator, then the C++ compiler; once per content."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rbonn_hw.errors import ToolError
from rbonn_hw.sim.design import RTL_DIR
from rbonn_hw.sim.native import (
    HARNESS_DIR,
    OPTIMIZED,
    QUICK,
    compile_units,
    cxx_flags,
    digest,
    fill_atomically,
    link,
    runtime,
    runtime_key,
)
from rbonn_hw.toolchain import run_verilator, verilator_root

PREFIX = "Vmodel"
SPLIT_BYTES = 400_000
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
        optimization: Of the C++ compiler: :data:`QUICK` compiles in a third of the time what runs little.
    """

    top: str
    sources: tuple[Path, ...]
    options: tuple[str, ...]
    harness: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    product: str
    trace: bool
    optimization: str = OPTIMIZED


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
    # Absolute, because the C++ compiler looks for what a file includes from another place.
    folder = build_dir.absolute() / f"{verilation.top}-{_key(verilation)[:12]}"
    if not _is_fresh(folder):
        fill_atomically(folder, lambda part: _compile(verilation, part), _is_fresh)
    return folder / verilation.product


def _key(verilation: Verilation) -> str:
    harness = [(HARNESS_DIR / name).read_text() for name in verilation.harness]
    paths = [str(source) for source in verilation.sources]
    text = repr((verilation, paths, harness, runtime_key(trace=verilation.trace)))
    return hashlib.sha256(text.encode()).hexdigest()


def _is_fresh(folder: Path) -> bool:
    """Say whether every file that Verilator read for this folder still has the same content."""
    stamp = folder / "sources.json"
    if not stamp.is_file():
        return False
    digests = json.loads(stamp.read_text())
    return all(Path(name).is_file() and digest(Path(name)) == known for name, known in digests.items())


def _compile(verilation: Verilation, folder: Path) -> None:
    native = runtime(trace=verilation.trace)
    folders = list(dict.fromkeys([*(source.parent for source in verilation.sources), RTL_DIR]))
    run_verilator(
        [
            "--cc", "--prefix", PREFIX, "--top-module", verilation.top, "-Mdir", folder, "-O3", "--no-timing",
            *(["--trace-fst"] if verilation.trace else []), *verilation.options,
            *(f"-I{path}" for path in folders), *verilation.sources,
        ]
    )  # fmt: skip
    read = _dependencies(folder)
    for name, text in [*verilation.headers, ("pins.hpp", _pins_header(folder))]:
        (folder / name).write_text(text)
    units = _translation_units(verilation, folder)
    # The precompiled header has to come first.
    flags = [*cxx_flags(trace=verilation.trace), f"-I{folder}", "-include", str(native.header)]
    link([*compile_units(units, flags, folder), *native.objects], folder / verilation.product)
    for generated in [*folder.glob("*.o"), *folder.glob("*.cpp"), *folder.glob("*.h")]:
        generated.unlink()
    (folder / "sources.json").write_text(json.dumps(read, indent=1))


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
    wanted = verilation.optimization
    if wanted == QUICK or sum(file.stat().st_size for file in generated) < SPLIT_BYTES:
        return [(_joined(folder / "unit_0.cpp", [*generated, *harness]), wanted)]
    units = [(_joined(folder / "unit_slow.cpp", slow), QUICK)]
    units += [(file, wanted) for file in fast]
    return [*units, (_joined(folder / "unit_harness.cpp", harness), wanted)]


def _joined(unit: Path, parts: Sequence[Path]) -> Path:
    unit.write_text("".join(f'#include "{part}"\n' for part in parts))
    return unit


def _dependencies(folder: Path) -> dict[str, str]:
    """Return the digests of the sources that Verilator says it has read."""
    text = (folder / f"{PREFIX}__ver.d").read_text()
    names = re.split(r"(?<!\\)\s+", text.split(":", 1)[1].replace("\\\n", " "))
    files = [Path(name.replace("\\ ", " ")) for name in names if name.strip()]
    inside = {folder.resolve(), (verilator_root() / "bin").resolve()}
    return {str(f.absolute()): digest(f) for f in files if f.is_file() and f.resolve().parent not in inside}


def verilated_name(name: str) -> str:
    """Return how Verilator spells an identifier in C++: ``__`` becomes ``___05F``."""
    return re.sub(r"__", "___05F", name)
