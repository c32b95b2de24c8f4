"""Compiles twins with the C++ compiler, sanitizers on, and runs them on golden vectors."""

import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from hls.golden import Example
from rbonn_hw.toolchain import cxx, run_tool

T = TypeVar("T")
HLS = Path(__file__).resolve().parents[2] / "hls"


def specs(kind: type[T], parameters: Iterable[Any]) -> list[T]:
    """Return the specifications in the parameter sets of a test."""
    found = [parameter.values[0] for parameter in parameters]
    assert all(isinstance(spec, kind) for spec in found)
    return found


def ap_types() -> Path:
    """Return the folder of ap_int.h and hls_stream.h in the hls4ml wheel, which is not imported."""
    spec = importlib.util.find_spec("hls4ml")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "templates" / "vivado" / "ap_types"


def compile_csim(sources: Sequence[Path], folder: Path) -> Path:
    """Compile a bench with headers of ``folder``; everything but the vectors is compiled in.

    The ap_types headers shift signed values to the left, which C++ defines from C++20 on: that check is off.
    """
    program = folder / "csim"
    run_tool(
        [
            cxx(), "-std=c++14", "-O0", "-fsanitize=address,undefined", "-fno-sanitize=shift-base",
            "-fno-sanitize-recover=all", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas",
            f"-I{HLS}", f"-I{folder}", "-isystem", ap_types(), *sources, "-o", program,
        ],
        install_hint="install g++",
    )  # fmt: skip
    return program


def run_csim(program: Path, folder: Path) -> str:
    """Run the bench on the vectors in ``folder`` and return what it says."""
    return run_tool([program, folder], install_hint="compile it")


def check(examples: Sequence[Example], folder: Path) -> None:
    """Assert that every design answers with its golden words, bit for bit; one program runs them all."""
    named = [
        replace(example, design=replace(example.design, name=f"{example.design.name}{index}"))
        for index, example in enumerate(examples)
    ]
    totals = [example.write(folder / str(index)) for index, example in enumerate(named)]
    headers = sorted({item.header for example in named for item in example.design.instances})
    lines = [f'#include "{name}.hpp"' for name in ("csim", *headers)]
    for index in range(len(named)):
        lines += [f"namespace case{index} {{"]
        lines += [f'#include "{index}/{name}"' for name in ("bench.hpp", "top.cpp")]
        lines += ["}"]
    runs = [f'  wrong += case{index}::RunBench("{folder / str(index)}");' for index in range(len(named))]
    lines += ["int main() {", "  int wrong = 0;", *runs, "  return wrong;", "}", ""]
    (folder / "cases.cpp").write_text("\n".join(lines))

    said = run_csim(compile_csim([folder / "cases.cpp"], folder), folder)

    assert said.splitlines() == [f"{total} words, {total} expected, 0 differ" for total in totals]
