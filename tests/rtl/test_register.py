"""rbonn_hw/rtl/rbonn_register.sv: every bit, every cycle and the two words it holds."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ToolError
from rbonn_hw.packing import pack, unpack
from rbonn_hw.ref.register import register
from rbonn_hw.sim.model import Run, build, kernel_design
from rbonn_hw.spec.register import RegisterSpec
from tests.rtl.beats import assert_modelled

pytestmark = pytest.mark.verilator

FRAMES = 2
SPECS = [
    pytest.param(RegisterSpec(lanes=1, dtype=IntType(1, signed=False), beats=60), id="one-bit"),
    pytest.param(RegisterSpec(lanes=9, dtype=IntType(8, signed=True), beats=60), id="wider-than-64-bits"),
]


def simulate(spec: RegisterSpec, build_dir: Path, *, in_stall: float = 0.0, out_stall: float = 0.0) -> Run:
    """Stream random frames through the stage and check every word."""
    rng = np.random.default_rng(1)
    x = rng.integers(spec.dtype.min, spec.dtype.max + 1, (FRAMES, spec.beats, spec.lanes))
    words = pack(x.reshape(-1, spec.lanes), spec.dtype.bits)
    run = build(kernel_design(spec), build_dir).run(
        [words], [len(words)], in_stall=in_stall, out_stall=out_stall, seed=1
    )
    y = unpack(run.outputs[0], spec.lanes, spec.dtype.bits, signed=spec.dtype.signed)
    np.testing.assert_array_equal(y.reshape(x.shape), register(spec, x))
    assert_modelled(spec, run, in_stall=in_stall, out_stall=out_stall)
    return run


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("register")


@pytest.mark.parametrize("spec", SPECS)
def test_unstalled_moves_a_word_every_cycle(spec: RegisterSpec, build_dir: Path) -> None:
    run = simulate(spec, build_dir)

    np.testing.assert_array_equal(run.beat_cycles[0], np.arange(FRAMES * spec.beats) + spec.latency_cycles)
    assert run.cycles == FRAMES * spec.cycles_per_frame + spec.latency_cycles


@pytest.mark.parametrize(("in_stall", "out_stall"), [(0.4, 0.4), (0.7, 0.0)])
@pytest.mark.parametrize("spec", SPECS)
def test_random_stalls_change_no_word(
    spec: RegisterSpec, build_dir: Path, in_stall: float, out_stall: float
) -> None:
    simulate(spec, build_dir, in_stall=in_stall, out_stall=out_stall)


def test_a_slow_sink_costs_nobody_but_itself(build_dir: Path) -> None:
    """The output is never idle between the sink's words, and two words are held, never three."""
    run = simulate(SPECS[0].values[0], build_dir, out_stall=0.6)  # type: ignore[arg-type]

    change = np.zeros(run.cycles, dtype=np.int64)
    np.add.at(change, run.in_cycles[0], 1)
    np.add.at(change, run.beat_cycles[0], -1)
    held = np.cumsum(change)
    assert held.max() == 2
    assert held[: run.in_cycles[0][-1]].min() >= 1


def test_no_width_fails_elaboration(build_dir: Path) -> None:
    spec = RegisterSpec(lanes=1, dtype=IntType(1, signed=False), beats=1)

    with pytest.raises(ToolError, match="Width=0 must be"):
        build(kernel_design(spec, {"Width": 0}), build_dir)
