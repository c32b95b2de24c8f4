"""rbonn_mvau.sv and rbonn_mvau_issue.sv: every integer and every cycle, against rbonn_hw.ref.mvau."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.errors import ToolError
from rbonn_hw.ref.mvau import mvau
from rbonn_hw.ref.stimulus import MvauCase, random_mvau_case
from rbonn_hw.spec.mvau import MvauSpec
from rbonn_hw.toolchain import run_verilator
from tests.rtl.beats import assert_modelled
from tests.rtl.mvau_cases import MVAU_CASES, build_model, results, stream

pytestmark = pytest.mark.verilator

VECTORS = 24
RTL = Path(__file__).resolve().parents[2] / "rbonn_hw" / "rtl"


@pytest.mark.parametrize("name", MVAU_CASES)
def test_matches_golden_model(name: str, tmp_path: Path) -> None:
    spec = MVAU_CASES[name]
    case = random_mvau_case(spec, VECTORS, seed=1)
    model = build_model(spec, case, tmp_path)
    expected = mvau(spec, *case)

    unstalled = stream(model, spec, case.x)

    np.testing.assert_array_equal(results(unstalled, spec), expected)
    assert_modelled(spec, unstalled)
    assert unstalled.cycles == VECTORS * spec.cycles_per_vector + spec.latency_cycles
    for in_stall, out_stall in ((0.4, 0.4), (0.0, 0.98), (0.7, 0.0)):
        run = stream(model, spec, case.x, in_stall=in_stall, out_stall=out_stall)
        np.testing.assert_array_equal(results(run, spec), expected)
        assert_modelled(spec, run, in_stall=in_stall, out_stall=out_stall)


@pytest.mark.parametrize("simd", [1, 18, 36])
def test_accumulator_holds_the_all_match_vector(simd: int, tmp_path: Path) -> None:
    """A popcount of mw = 36 needs all six bits; 32 + 4 read as 5 bits would be 4."""
    spec = MvauSpec(mw=36, mh=2, pe=1, simd=simd, xnor=True)
    weights = np.stack([np.ones(36, dtype=np.int64), -np.ones(36, dtype=np.int64)])
    x = np.stack([np.ones(36, dtype=np.int64), np.zeros(36, dtype=np.int64)])
    model = build_model(spec, MvauCase(weights, x, None), tmp_path)

    run = stream(model, spec, x)

    assert results(run, spec).tolist() == [[36, 0], [0, 36]]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (("-GSIMD=5",), "SIMD=5 must divide MW=64"),
        (("-GPE=5",), "PE=5 must divide MH=32"),
        (("-GAccWidth=6", "-GOutWidth=6"), "AccWidth=6 must be at least 7"),
        (("-GOutWidth=3",), "OutWidth=3 must be AccWidth=7 when Steps is 0"),
        (("-GInWidth=2",), "Xnor needs InWidth=2 and WeightWidth=1 to be 1"),
        (('-GWeightFile=""',), "File must name"),
    ],
)
def test_illegal_parameters_fail_elaboration(parameters: tuple[str, ...], message: str) -> None:
    with pytest.raises(ToolError, match=message):
        run_verilator(["--lint-only", f"-I{RTL}", *parameters, RTL / "rbonn_mvau.sv"])
