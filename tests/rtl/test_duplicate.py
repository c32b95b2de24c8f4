"""rbonn_hw/rtl/rbonn_duplicate.sv: every bit and every cycle of every output."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ToolError
from rbonn_hw.packing import Ints, pack, unpack
from rbonn_hw.ref.duplicate import duplicate
from rbonn_hw.sim.model import Run, build, kernel_design
from rbonn_hw.spec.duplicate import DuplicateSpec
from tests.rtl.beats import assert_modelled

pytestmark = pytest.mark.verilator

FRAMES = 3
BIT, INT4 = IntType(1, signed=False), IntType(4, signed=True)
SPECS = [
    pytest.param(DuplicateSpec(lanes=1, dtype=BIT, copies=2, beats=20), id="two-bits"),
    pytest.param(DuplicateSpec(lanes=18, dtype=INT4, copies=3, beats=20), id="wider-than-64-bits"),
    pytest.param(DuplicateSpec(lanes=2, dtype=INT4, copies=8, beats=20), id="every-output"),
]


def frames(spec: DuplicateSpec) -> Ints:
    """Return random frames [FRAMES, beats, lanes]."""
    rng = np.random.default_rng(1)
    return rng.integers(spec.dtype.min, spec.dtype.max + 1, (FRAMES, spec.beats, spec.lanes))


def simulate(spec: DuplicateSpec, build_dir: Path, *, in_stall: float = 0.0, out_stall: float = 0.0) -> Run:
    """Stream random frames through the fork and check every word of every output."""
    x = frames(spec)
    words = pack(x.reshape(-1, spec.lanes), spec.dtype.bits)
    run = build(kernel_design(spec), build_dir).run(
        [words], [len(words)] * spec.copies, in_stall=in_stall, out_stall=out_stall, seed=1
    )
    y = [unpack(output, spec.lanes, spec.dtype.bits, signed=spec.dtype.signed) for output in run.outputs]
    np.testing.assert_array_equal(np.stack(y).reshape(spec.copies, *x.shape), duplicate(spec, x))
    assert_modelled(spec, run, in_stall=in_stall, out_stall=out_stall)
    return run


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("duplicate")


@pytest.mark.parametrize("spec", SPECS)
def test_unstalled_every_output_moves_every_cycle(spec: DuplicateSpec, build_dir: Path) -> None:
    run = simulate(spec, build_dir)

    for cycles in run.beat_cycles:
        np.testing.assert_array_equal(cycles, np.arange(FRAMES * spec.beats) + spec.latency_cycles)


@pytest.mark.parametrize("spec", SPECS)
def test_outputs_accept_in_cycles_of_their_own(spec: DuplicateSpec, build_dir: Path) -> None:
    run = simulate(spec, build_dir, in_stall=0.3, out_stall=0.5)

    cycles = np.stack(run.beat_cycles)
    assert (cycles.min(axis=0) < cycles.max(axis=0)).any()
    # The next word is on offer in the cycle after the last output took this one.
    assert (cycles.min(axis=0)[1:] > cycles.max(axis=0)[:-1]).all()


def test_the_last_output_and_the_next_word_share_a_cycle(build_dir: Path) -> None:
    spec = DuplicateSpec(lanes=1, dtype=BIT, copies=2, beats=200)

    run = simulate(spec, build_dir, out_stall=0.5)

    np.testing.assert_array_equal(run.in_cycles[0][1:], np.stack(run.beat_cycles).max(axis=0)[:-1])


@pytest.mark.parametrize(("parameter", "value"), [("Copies", 1), ("Copies", 9), ("Width", 0)])
def test_illegal_parameter_fails_elaboration(parameter: str, value: int, build_dir: Path) -> None:
    spec = DuplicateSpec(lanes=1, dtype=BIT, copies=2, beats=1)

    with pytest.raises(ToolError, match=f"{parameter}={value} must"):
        build(kernel_design(spec, {parameter: value}), build_dir)
