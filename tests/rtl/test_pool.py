"""rbonn_hw/rtl/rbonn_pool.sv: every bit and every cycle, against rbonn_hw.ref.pool."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ToolError
from rbonn_hw.packing import Ints, pack, unpack
from rbonn_hw.ref.pool import pool
from rbonn_hw.sim.model import Run, build, kernel_design
from rbonn_hw.spec.pool import PoolSpec
from tests.rtl.beats import assert_modelled

pytestmark = pytest.mark.verilator

FRAMES = 3
BIT, UINT2, INT4 = IntType(1, signed=False), IntType(2, signed=False), IntType(4, signed=True)


def make(
    kind: str, element: IntType, map_size: tuple[int, int], kernel: tuple[int, int], **rest: Any
) -> PoolSpec:
    """Return a specification with the exact output type."""
    output = PoolSpec.result_type(kind, element, kernel[0] * kernel[1])
    return PoolSpec(
        kind=kind, height=map_size[0], width=map_size[1], kernel_h=kernel[0], kernel_w=kernel[1],
        input=element, output=output, **rest,
    )  # fmt: skip


SPECS = [
    pytest.param(make("max", BIT, (4, 6), (2, 2), channels=72, pe=72), id="max-bits-wider-than-64"),
    pytest.param(make("max", INT4, (6, 6), (3, 2), channels=6, pe=2), id="max-signed-folded"),
    pytest.param(make("max", UINT2, (4, 8), (2, 4), channels=2, pe=1), id="max-unsigned-two-folds"),
    pytest.param(make("sum", UINT2, (4, 4), (4, 4), channels=5, pe=5), id="sum-global-unfolded"),
    pytest.param(make("sum", INT4, (3, 5), (3, 5), channels=6, pe=1), id="sum-global-folded"),
    pytest.param(make("sum", INT4, (4, 6), (2, 3), channels=3, pe=3), id="sum-signed-unfolded"),
    pytest.param(make("sum", BIT, (2, 4), (2, 1), channels=4, pe=4), id="sum-column"),
]


def frames(spec: PoolSpec) -> Ints:
    """Return random frames [FRAMES, height, width, channels].

    A quarter of the frames' elements is the largest or the smallest value; max over windows of few bits is
    seldom small, so the values lean to the small side.
    """
    rng = np.random.default_rng(1)
    shape = (FRAMES, spec.height, spec.width, spec.channels)
    x: Ints = np.minimum(*rng.integers(spec.input.min, spec.input.max + 1, (2, *shape)))
    x[0, : spec.kernel_h, : spec.kernel_w] = spec.input.max
    x[1, : spec.kernel_h, : spec.kernel_w] = spec.input.min
    return x


def simulate(
    spec: PoolSpec, build_dir: Path, *, stall: float, out_stall: float | None = None, **parameters: int
) -> Run:
    """Stream random frames through the pool and check every element."""
    x = frames(spec)
    run = build(kernel_design(spec, parameters), build_dir).run(
        [pack(x.reshape(-1, spec.pe), spec.input.bits)],
        [FRAMES * spec.outputs[0].beats],
        in_stall=stall,
        out_stall=stall if out_stall is None else out_stall,
        seed=1,
    )
    expected = pool(spec, x)
    y = unpack(run.outputs[0], spec.pe, spec.output.bits, signed=spec.output.signed)
    np.testing.assert_array_equal(y.reshape(expected.shape), expected)
    assert_modelled(spec, run, in_stall=stall, out_stall=stall if out_stall is None else out_stall)
    return run


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pool")


@pytest.mark.parametrize("spec", SPECS)
def test_unstalled_takes_a_beat_every_cycle(spec: PoolSpec, build_dir: Path) -> None:
    run = simulate(spec, build_dir, stall=0.0)

    np.testing.assert_array_equal(run.in_cycles[0], np.arange(FRAMES * spec.cycles_per_frame))
    assert run.cycles == FRAMES * spec.cycles_per_frame + spec.latency_cycles


@pytest.mark.parametrize("stall", [0.3, 0.7])
@pytest.mark.parametrize("spec", SPECS)
def test_random_stalls_change_nothing(spec: PoolSpec, stall: float, build_dir: Path) -> None:
    simulate(spec, build_dir, stall=stall)


def test_a_result_that_waits_lets_the_next_window_begin(build_dir: Path) -> None:
    spec = make("max", BIT, (4, 6), (2, 2), channels=72, pe=72)

    run = simulate(spec, build_dir, stall=0.0, out_stall=0.8)

    row, column = np.divmod(np.arange(FRAMES * spec.cycles_per_frame), spec.width)
    taken = run.beat_cycles[0]
    offered = run.in_cycles[0][(row % 2 == 1) & (column % 2 == 1)] + spec.latency_cycles
    offered[1:] = np.maximum(offered[1:], taken[:-1] + 1)
    waiting = [np.arange(start, end) for start, end in zip(offered, taken, strict=True)]
    # Behind the last window of a row a whole row passes, and the next but for its second pixel.
    assert max(int(np.isin(run.in_cycles[0], cycles).sum()) for cycles in waiting) > 2


def test_block_ram_behaves_as_lut_ram(build_dir: Path) -> None:
    spec = make("sum", INT4, (4, 6), (2, 3), channels=4, pe=2)
    assert not spec.block_ram

    run = simulate(spec, build_dir, stall=0.0, BlockRam=1)

    assert run.cycles == FRAMES * spec.cycles_per_frame + spec.latency_cycles


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("Sum", 2), ("KernelW", 4), ("Fold", 0), ("OutBits", 5), ("InSigned", 2), ("BlockRam", 2)],
)
def test_illegal_parameter_fails_elaboration(parameter: str, value: int, build_dir: Path) -> None:
    spec = make("max", INT4, (6, 6), (3, 2), channels=6, pe=2)

    with pytest.raises(ToolError, match=f"{parameter}={value}"):
        build(kernel_design(spec, {parameter: value}), build_dir)
