"""rbonn_hw/rtl/rbonn_select.sv: every bit and every cycle, against rbonn_hw.ref.select."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ToolError
from rbonn_hw.packing import pack, readmemh_text, unpack
from rbonn_hw.ref.select import select
from rbonn_hw.sim.model import build, kernel_design
from rbonn_hw.spec.select import SelectSpec
from tests.rtl.beats import assert_modelled

pytestmark = pytest.mark.verilator

FRAMES = 2
UINT3, INT4 = IntType(3, signed=False), IntType(4, signed=True)
SPECS = [
    pytest.param(SelectSpec(channels=7, kept=(1, 3, 4), pe=1, element=UINT3, vectors=5), id="folded"),
    pytest.param(SelectSpec(channels=8, kept=(0, 1, 6, 7), pe=2, element=INT4, vectors=5), id="two-blocks"),
    pytest.param(
        SelectSpec(channels=48, kept=tuple(range(24, 48)), pe=24, element=INT4, vectors=5), id="half"
    ),
]


def write_table(spec: SelectSpec, folder: Path) -> None:
    """Write the memory of the unit."""
    rows = pack(np.array(spec.keep, np.int64)[:, None], 1)
    (folder / "keep.mem").write_text(readmemh_text(rows, 1))


@pytest.mark.parametrize("stall", [0.0, 0.4], ids=["no-stall", "random-stall"])
@pytest.mark.parametrize("spec", SPECS)
def test_matches_golden_model(spec: SelectSpec, stall: float, tmp_path: Path) -> None:
    write_table(spec, tmp_path)
    rng = np.random.default_rng(1)
    x = rng.integers(spec.element.min, spec.element.max + 1, (FRAMES, spec.vectors, spec.channels))

    run = build(kernel_design(spec), tmp_path).run(
        [pack(x.reshape(-1, spec.pe), spec.element.bits)],
        [FRAMES * spec.outputs[0].beats],
        in_stall=stall,
        out_stall=stall,
        seed=1,
    )

    assert_modelled(spec, run, in_stall=stall, out_stall=stall)
    y = unpack(run.outputs[0], spec.pe, spec.element.bits, signed=spec.element.signed)
    np.testing.assert_array_equal(y.reshape(FRAMES, spec.vectors, -1), select(spec, x))
    if stall == 0.0:
        beats = np.arange(FRAMES * spec.cycles_per_frame)
        np.testing.assert_array_equal(run.in_cycles[0], beats)
        kept = beats[np.tile(np.array(spec.keep, bool), FRAMES * spec.vectors)]
        np.testing.assert_array_equal(run.beat_cycles[0], kept + spec.latency_cycles)


def test_what_is_dropped_passes_while_the_output_waits(tmp_path: Path) -> None:
    spec = SelectSpec(channels=16, kept=(0,), pe=1, element=UINT3, vectors=8)
    write_table(spec, tmp_path)
    x = np.random.default_rng(1).integers(0, 8, (spec.vectors * spec.channels, 1))

    run = build(kernel_design(spec), tmp_path).run([pack(x, 3)], [spec.vectors], out_stall=0.8, seed=1)

    # Sinks that take one cycle in five are waited for by nobody: 15 beats pass meanwhile.
    assert len(run.in_cycles[0]) >= (spec.vectors - 1) * spec.channels
    np.testing.assert_array_equal(run.in_cycles[0], np.arange(len(run.in_cycles[0])))


@pytest.mark.parametrize(("parameter", "value"), [("Fold", 1), ("PE", 0)])
def test_illegal_parameter_fails_elaboration(parameter: str, value: int, tmp_path: Path) -> None:
    spec = SelectSpec(channels=7, kept=(1, 3, 4), pe=1, element=UINT3, vectors=5)
    write_table(spec, tmp_path)

    with pytest.raises(ToolError, match=f"{parameter}={value}"):
        build(kernel_design(spec, {parameter: value}), tmp_path)
