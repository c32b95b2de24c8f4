"""rbonn_hw/rtl/rbonn_dwc.sv, rbonn_gather.sv and rbonn_scatter.sv: every bit and every cycle."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ToolError
from rbonn_hw.packing import Ints, pack, unpack
from rbonn_hw.ref.dwc import dwc
from rbonn_hw.sim.model import Run, build, kernel_design
from rbonn_hw.spec.dwc import DwcSpec
from tests.rtl.beats import assert_modelled

pytestmark = pytest.mark.verilator

FRAMES = 3
BIT, INT5 = IntType(1, signed=False), IntType(5, signed=True)
SPECS = [
    pytest.param(DwcSpec(in_lanes=2, out_lanes=6, dtype=INT5, beats=12), id="gather"),
    pytest.param(DwcSpec(in_lanes=72, out_lanes=1, dtype=BIT, beats=4), id="scatter-wider-than-64-bits"),
    pytest.param(DwcSpec(in_lanes=4, out_lanes=6, dtype=INT5, beats=15), id="common-multiple-up"),
    pytest.param(DwcSpec(in_lanes=5, out_lanes=3, dtype=INT5, beats=12), id="common-multiple-down"),
    pytest.param(DwcSpec(in_lanes=3, out_lanes=3, dtype=INT5, beats=7), id="wires"),
]


def frames(spec: DwcSpec) -> Ints:
    """Return random frames [FRAMES, beats, in_lanes]."""
    rng = np.random.default_rng(1)
    return rng.integers(spec.dtype.min, spec.dtype.max + 1, (FRAMES, spec.beats, spec.in_lanes))


def simulate(spec: DwcSpec, build_dir: Path, *, in_stall: float = 0.0, out_stall: float = 0.0) -> Run:
    """Stream random frames through the converter and check every word."""
    x = frames(spec)
    run = build(kernel_design(spec), build_dir).run(
        [pack(x.reshape(-1, spec.in_lanes), spec.dtype.bits)],
        [FRAMES * spec.outputs[0].beats],
        in_stall=in_stall,
        out_stall=out_stall,
        seed=1,
    )
    y = unpack(run.outputs[0], spec.out_lanes, spec.dtype.bits, signed=spec.dtype.signed)
    np.testing.assert_array_equal(y.reshape(FRAMES, -1, spec.out_lanes), dwc(spec, x))
    assert_modelled(spec, run, in_stall=in_stall, out_stall=out_stall)
    return run


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dwc")


@pytest.mark.parametrize("spec", SPECS)
def test_unstalled_narrow_side_has_no_bubble(spec: DwcSpec, build_dir: Path) -> None:
    run = simulate(spec, build_dir)

    narrow = run.in_cycles[0] if spec.in_lanes < spec.out_lanes else run.beat_cycles[0]
    assert run.beat_cycles[0][0] == spec.latency_cycles
    np.testing.assert_array_equal(np.diff(narrow), 1)
    assert len(narrow) == FRAMES * spec.cycles_per_frame


@pytest.mark.parametrize("spec", SPECS)
def test_random_stalls_change_no_word(spec: DwcSpec, build_dir: Path) -> None:
    simulate(spec, build_dir, in_stall=0.4, out_stall=0.4)


@pytest.mark.parametrize("parameter", ["InLanes", "OutLanes", "LaneBits"])
def test_illegal_parameter_fails_elaboration(parameter: str, build_dir: Path) -> None:
    spec = DwcSpec(in_lanes=1, out_lanes=1, dtype=BIT, beats=1)

    with pytest.raises(ToolError, match=f"{parameter}=0"):
        build(kernel_design(spec, {parameter: 0}), build_dir)
