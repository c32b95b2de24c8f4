"""rbonn_hw/rtl/rbonn_add.sv: every bit and every cycle, against rbonn_hw.ref.add."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ToolError
from rbonn_hw.packing import Ints, pack, unpack
from rbonn_hw.ref.add import add
from rbonn_hw.sim.model import build, kernel_design
from rbonn_hw.spec.add import AddSpec, sum_type
from tests.rtl.beats import assert_modelled

pytestmark = pytest.mark.verilator

FRAMES = 2
BIT, UINT3 = IntType(1, signed=False), IntType(3, signed=False)
INT4, INT7 = IntType(4, signed=True), IntType(7, signed=True)


def make(
    input0: IntType,
    input1: IntType,
    *,
    pe: int,
    output: IntType | None = None,
    factors: tuple[int, int] = (1, 1),
) -> AddSpec:
    """Return a specification over 24 channels and 5 vectors."""
    return AddSpec(
        channels=24, pe=pe, input0=input0, input1=input1,
        output=output or sum_type(input0, input1), vectors=5, factor0=factors[0], factor1=factors[1],
    )  # fmt: skip


SPECS = [
    pytest.param(make(BIT, UINT3, pe=1), id="fully-folded-unsigned"),
    pytest.param(make(UINT3, INT7, pe=8, output=IntType(12, signed=True)), id="partly-folded-wide-output"),
    pytest.param(make(INT4, INT4, pe=24), id="unfolded-wider-than-64-bits"),
    pytest.param(make(UINT3, INT4, pe=4, output=IntType(8, signed=True), factors=(5, 12)), id="factors"),
    pytest.param(make(INT7, BIT, pe=1, output=IntType(10, signed=True), factors=(1, 9)), id="one-factor"),
]


def corners(rng: np.random.Generator, dtype: IntType, shape: tuple[int, ...]) -> Ints:
    """Draw values of which half are the smallest or the largest of their type."""
    ends = rng.choice([dtype.min, dtype.max], shape)
    return np.where(rng.random(shape) < 0.5, ends, rng.integers(dtype.min, dtype.max + 1, shape))


def summands(spec: AddSpec) -> list[Ints]:
    """Return FRAMES frames of each input [FRAMES, vectors, channels]."""
    rng = np.random.default_rng(1)
    return [corners(rng, port.dtype, (FRAMES, spec.vectors, spec.channels)) for port in spec.inputs]


@pytest.fixture(scope="module")
def build_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("add")


@pytest.mark.parametrize("stall", [0.0, 0.4], ids=["no-stall", "random-stall"])
@pytest.mark.parametrize("spec", SPECS)
def test_matches_golden_model(spec: AddSpec, stall: float, build_dir: Path) -> None:
    x = summands(spec)
    words = [
        pack(values.reshape(-1, spec.pe), port.dtype.bits)
        for values, port in zip(x, spec.inputs, strict=True)
    ]

    run = build(kernel_design(spec), build_dir).run(
        words, [FRAMES * spec.beats], in_stall=stall, out_stall=stall, seed=1
    )

    assert_modelled(spec, run, in_stall=stall, out_stall=stall)
    y = unpack(run.outputs[0], spec.pe, spec.output.bits, signed=spec.output.signed)
    np.testing.assert_array_equal(y.reshape(FRAMES, spec.vectors, spec.channels), add(spec, *x))
    if stall == 0.0:
        assert run.cycles == FRAMES * spec.cycles_per_frame + spec.latency_cycles


@pytest.mark.parametrize(
    ("parameter", "value"), [("PE", 0), ("In0Signed", 2), ("OutBits", 4), ("Factor1", 0)]
)
def test_illegal_parameter_fails_elaboration(parameter: str, value: int, build_dir: Path) -> None:
    with pytest.raises(ToolError, match=f"{parameter}={value}"):
        build(kernel_design(make(INT4, INT4, pe=1), {parameter: value}), build_dir)
