"""rbonn_hw/rtl/rbonn_upsample.sv: every bit and every cycle, against rbonn_hw.ref.upsample."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ToolError
from rbonn_hw.packing import pack, unpack
from rbonn_hw.ref.upsample import upsample
from rbonn_hw.sim.model import build, kernel_design
from rbonn_hw.spec.upsample import UpsampleSpec
from tests.rtl.beats import assert_modelled

pytestmark = pytest.mark.verilator

FRAMES = 2
UINT3, INT4 = IntType(3, signed=False), IntType(4, signed=True)


def make(
    channels: int, pe: int, scale: tuple[int, int], width: int = 4, element: IntType = INT4
) -> UpsampleSpec:
    """Return a specification over three rows."""
    return UpsampleSpec(
        channels=channels, pe=pe, height=3, width=width, scale_h=scale[0], scale_w=scale[1], element=element
    )


SPECS = [
    pytest.param(make(6, 2, (2, 2)), id="folded"),
    pytest.param(make(4, 2, (3, 1)), id="rows-only"),
    pytest.param(make(2, 2, (2, 1)), id="rows-only-unfolded"),
    pytest.param(make(24, 24, (2, 3)), id="unfolded-wider-than-64-bits"),
    pytest.param(make(2, 1, (1, 2), width=1, element=UINT3), id="one-column"),
]


@pytest.mark.parametrize("spec", SPECS)
def test_matches_golden_model(spec: UpsampleSpec, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(spec.element.min, spec.element.max + 1, (FRAMES, spec.height, spec.width, spec.channels))
    model, words = build(kernel_design(spec), tmp_path), pack(x.reshape(-1, spec.pe), spec.element.bits)
    expected = upsample(spec, x)

    for stall in (0.0, 0.4, 0.8):
        run = model.run([words], [FRAMES * spec.outputs[0].beats], in_stall=stall, out_stall=stall, seed=1)
        assert_modelled(spec, run, in_stall=stall, out_stall=stall)
        y = unpack(run.outputs[0], spec.pe, spec.element.bits, signed=spec.element.signed)
        np.testing.assert_array_equal(y.reshape(expected.shape), expected)
        if stall == 0.0:
            assert run.cycles == FRAMES * spec.cycles_per_frame + spec.latency_cycles


def test_block_ram_behaves_as_lut_ram(tmp_path: Path) -> None:
    spec = make(4, 4, (2, 2))
    x = np.arange(FRAMES * 3 * 4 * 4).reshape(FRAMES, 3, 4, 4) % 16 - 8

    model = build(kernel_design(spec, {"BlockRam": 1}), tmp_path)
    run = model.run([pack(x.reshape(-1, 4), 4)], [FRAMES * spec.outputs[0].beats])

    y = unpack(run.outputs[0], 4, 4, signed=True)
    np.testing.assert_array_equal(y.reshape(FRAMES, 6, 8, 4), upsample(spec, x))


@pytest.mark.parametrize(("parameter", "value"), [("Fold", 0), ("ScaleH", 0)])
def test_illegal_parameter_fails_elaboration(parameter: str, value: int, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=f"{parameter}={value}"):
        build(kernel_design(make(6, 2, (2, 2)), {parameter: value}), tmp_path)
