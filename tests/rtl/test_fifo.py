"""rbonn_hw/rtl/rbonn_fifo.sv and its memory rbonn_ram.sv: every bit, every cycle and the capacity."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ToolError
from rbonn_hw.packing import pack, unpack
from rbonn_hw.ref.fifo import fifo
from rbonn_hw.sim.model import Run, build, kernel_design
from rbonn_hw.spec.fifo import FifoSpec
from tests.rtl.beats import assert_modelled

pytestmark = pytest.mark.verilator

FRAMES = 2
BIT, INT8 = IntType(1, signed=False), IntType(8, signed=True)
SPECS = [
    pytest.param(FifoSpec(depth=2, lanes=1, dtype=BIT, beats=40), id="least-depth"),
    pytest.param(FifoSpec(depth=5, lanes=9, dtype=INT8, beats=40), id="odd-depth-wider-than-64-bits"),
    pytest.param(FifoSpec(depth=37, lanes=3, dtype=INT8, beats=80, ram_style="block"), id="block-ram"),
]


def simulate(spec: FifoSpec, build_dir: Path, *, in_stall: float = 0.0, out_stall: float = 0.0) -> Run:
    """Stream random frames through the FIFO and check every word."""
    rng = np.random.default_rng(1)
    x = rng.integers(spec.dtype.min, spec.dtype.max + 1, (FRAMES, spec.beats, spec.lanes))
    words = pack(x.reshape(-1, spec.lanes), spec.dtype.bits)
    run = build(kernel_design(spec), build_dir).run(
        [words], [len(words)], in_stall=in_stall, out_stall=out_stall, seed=1
    )
    y = unpack(run.outputs[0], spec.lanes, spec.dtype.bits, signed=spec.dtype.signed)
    np.testing.assert_array_equal(y.reshape(x.shape), fifo(spec, x))
    assert_modelled(spec, run, in_stall=in_stall, out_stall=out_stall)
    return run


def held_words(run: Run) -> NDArray[np.int64]:
    """Return the words inside after each cycle, [cycles]."""
    change = np.zeros(run.cycles, dtype=np.int64)
    change[run.in_cycles[0]] += 1
    change[run.beat_cycles[0]] -= 1
    held: NDArray[np.int64] = np.cumsum(change)
    return held


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fifo")


@pytest.mark.parametrize("spec", SPECS)
def test_unstalled_moves_a_word_every_cycle(spec: FifoSpec, build_dir: Path) -> None:
    run = simulate(spec, build_dir)

    np.testing.assert_array_equal(run.beat_cycles[0], np.arange(FRAMES * spec.beats) + spec.latency_cycles)
    assert run.cycles == FRAMES * spec.cycles_per_frame + spec.latency_cycles


@pytest.mark.parametrize(("in_stall", "out_stall"), [(0.4, 0.4), (0.7, 0.0)])
@pytest.mark.parametrize("spec", SPECS)
def test_random_stalls_change_no_word(
    spec: FifoSpec, build_dir: Path, in_stall: float, out_stall: float
) -> None:
    simulate(spec, build_dir, in_stall=in_stall, out_stall=out_stall)


@pytest.mark.parametrize("spec", SPECS)
def test_a_slow_sink_finds_the_promised_depth(spec: FifoSpec, build_dir: Path) -> None:
    run = simulate(spec, build_dir, out_stall=0.8)

    held = held_words(run)

    assert held.max() == spec.depth + 1  # + 1: the word on offer
    # A source that is never idle is held up only while the memory is full.
    blocked = np.setdiff1d(np.arange(run.in_cycles[0][-1]), run.in_cycles[0])
    assert held[blocked - 1].min() >= spec.depth


@pytest.mark.parametrize("out_stall", [0.3, 0.9])
def test_max_occupancy_is_what_an_independent_count_says(out_stall: float, build_dir: Path) -> None:
    spec = FifoSpec(depth=6, lanes=1, dtype=INT8, beats=60)
    watched = replace(
        kernel_design(spec), top="fifo_occupancy", sources=(Path(__file__).parent / "fifo_occupancy.sv",)
    )
    words = pack(np.arange(spec.beats)[:, None], spec.dtype.bits)

    # An assertion in fifo_occupancy.sv compares in every cycle.
    build(watched, build_dir).run([words], [spec.beats], in_stall=0.3, out_stall=out_stall, seed=1)


@pytest.mark.parametrize(("parameter", "value"), [("Depth", 1), ("Width", 0), ("BlockRam", 2)])
def test_illegal_parameter_fails_elaboration(parameter: str, value: int, build_dir: Path) -> None:
    spec = FifoSpec(depth=2, lanes=1, dtype=BIT, beats=1)

    with pytest.raises(ToolError, match=f"{parameter}={value} must be"):
        build(kernel_design(spec, {parameter: value}), build_dir)
