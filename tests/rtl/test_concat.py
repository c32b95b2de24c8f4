"""rbonn_hw/rtl/rbonn_concat.sv: every bit and every cycle, against rbonn_hw.ref.concat."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ToolError
from rbonn_hw.packing import pack, unpack
from rbonn_hw.ref.concat import concat
from rbonn_hw.sim.model import build, kernel_design
from rbonn_hw.spec.concat import ConcatSpec
from tests.rtl.beats import assert_modelled

pytestmark = pytest.mark.verilator

FRAMES = 2
BIT, UINT3, INT4 = IntType(1, signed=False), IntType(3, signed=False), IntType(4, signed=True)


def make(sizes: tuple[int, int], types: tuple[IntType, IntType, IntType], pe: int) -> ConcatSpec:
    """Return a specification over five pixels."""
    return ConcatSpec(
        channels0=sizes[0],
        channels1=sizes[1],
        pe=pe,
        input0=types[0],
        input1=types[1],
        output=types[2],
        vectors=5,
    )


SPECS = [
    pytest.param(make((4, 6), (UINT3, INT4, INT4), 1), id="folded"),
    pytest.param(make((6, 2), (INT4, UINT3, INT4), 2), id="partly-folded"),
    pytest.param(make((72, 72), (BIT, BIT, BIT), 72), id="unfolded-wider-than-64-bits"),
]


@pytest.mark.parametrize("stall", [0.0, 0.4], ids=["no-stall", "random-stall"])
@pytest.mark.parametrize("spec", SPECS)
def test_matches_golden_model(spec: ConcatSpec, stall: float, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    shapes = [(FRAMES, spec.vectors, size) for size in (spec.channels0, spec.channels1)]
    x = [
        rng.integers(port.dtype.min, port.dtype.max + 1, shape)
        for port, shape in zip(spec.inputs, shapes, strict=True)
    ]
    words = [
        pack(values.reshape(-1, spec.pe), port.dtype.bits)
        for values, port in zip(x, spec.inputs, strict=True)
    ]

    run = build(kernel_design(spec), tmp_path).run(
        words, [FRAMES * spec.outputs[0].beats], in_stall=stall, out_stall=stall, seed=1
    )

    assert_modelled(spec, run, in_stall=stall, out_stall=stall)
    y = unpack(run.outputs[0], spec.pe, spec.output.bits, signed=spec.output.signed)
    np.testing.assert_array_equal(y.reshape(FRAMES, spec.vectors, -1), concat(spec, *x))
    if stall == 0.0:
        assert run.cycles == FRAMES * spec.cycles_per_frame + spec.latency_cycles


@pytest.mark.parametrize(("parameter", "value"), [("Fold0", 0), ("In0Signed", 2), ("OutBits", 3)])
def test_illegal_parameter_fails_elaboration(parameter: str, value: int, tmp_path: Path) -> None:
    spec = make((4, 6), (UINT3, INT4, INT4), 1)

    with pytest.raises(ToolError, match=f"{parameter}={value}"):
        build(kernel_design(spec, {parameter: value}), tmp_path)
