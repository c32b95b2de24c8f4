"""hls/mvau.hpp, compiled by the C++ compiler: against the golden model and against the RTL."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from hls.golden import write_mvau
from rbonn_hw.errors import ToolError
from rbonn_hw.packing import Ints, unpack
from rbonn_hw.ref.mvau import mvau
from rbonn_hw.ref.stimulus import random_mvau_case
from rbonn_hw.spec.mvau import MvauSpec
from rbonn_hw.toolchain import cxx, run_tool
from tests.rtl.mvau_cases import MVAU_CASES, build_model, results, stream

HLS = Path(__file__).resolve().parents[2] / "hls"
VECTORS = 24
NAMES = (
    "xnor-unfolded-wider-than-64-bits",
    "xnor-7-steps-in-block-ram",
    "int4-by-bipolar-with-15-steps",
    "uint8-by-int3-fully-folded",
)


def ap_types() -> Path:
    """Return the folder of ap_int.h and hls_stream.h in the hls4ml wheel, which is not imported."""
    spec = importlib.util.find_spec("hls4ml")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "templates" / "vivado" / "ap_types"


def compile_csim(folder: Path) -> Path:
    """Compile the bench for the case in ``folder``; everything but the vectors is compiled in."""
    program = folder / "csim"
    run_tool(
        [
            cxx(), "-std=c++14", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas",
            f"-I{HLS}", f"-I{folder}", "-isystem", ap_types(), f"@{folder / 'flags.txt'}",
            HLS / "mvau_top.cpp", HLS / "mvau_csim.cpp", "-o", program,
        ],
        install_hint="install g++",
    )  # fmt: skip
    return program


def read_words(path: Path, spec: MvauSpec) -> Ints:
    """Return the output vectors [n, mh] of a file of words."""
    port = spec.outputs[0]
    size = (port.width_bits + 7) // 8
    words = [int(line, 16).to_bytes(size, "little") for line in path.read_text().splitlines()]
    lanes = np.frombuffer(b"".join(words), dtype=np.uint8).reshape(-1, size)
    return unpack(lanes, port.lanes, port.dtype.bits, signed=port.dtype.signed).reshape(-1, spec.mh)


@pytest.mark.verilator
@pytest.mark.parametrize("name", NAMES)
def test_twin_equals_golden_model_and_rtl(name: str, tmp_path: Path) -> None:
    spec = MVAU_CASES[name]
    case = random_mvau_case(spec, VECTORS, seed=1)
    write_mvau(spec, case, tmp_path)

    said = run_tool([compile_csim(tmp_path), tmp_path], install_hint="compile it")

    twin = read_words(tmp_path / "out.csim.hex", spec)
    assert said.split()[-2:] == ["0", "differ"]
    np.testing.assert_array_equal(twin, mvau(spec, *case))
    rtl = results(stream(build_model(spec, case, tmp_path), spec, case.x), spec)
    np.testing.assert_array_equal(twin, rtl)


def test_bench_passes_on_the_example_and_reports_a_wrong_word(tmp_path: Path) -> None:
    run_tool([sys.executable, HLS / "golden.py", tmp_path, "--vectors", "3"], install_hint="install Python")
    program, golden = compile_csim(tmp_path), tmp_path / "out.hex"

    said = run_tool([program, tmp_path], install_hint="compile it")

    assert said == "12 words, 12 expected, 0 differ\n"
    first, *others = golden.read_text().splitlines()
    golden.write_text("\n".join([f"{int(first, 16) ^ 1:x}", *others]) + "\n")
    with pytest.raises(ToolError, match="12 words, 12 expected, 1 differ"):
        run_tool([program, tmp_path], install_hint="compile it")
    golden.unlink()
    with pytest.raises(ToolError, match=r"out.hex: not found or empty"):
        run_tool([program, tmp_path], install_hint="compile it")
