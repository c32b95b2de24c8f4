"""rbonn_hw/rtl/rbonn_threshold.sv: every value and every cycle, against rbonn_hw.ref.threshold."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ToolError
from rbonn_hw.memory import flip_words, threshold_words
from rbonn_hw.packing import pack, readmemh_text, unpack
from rbonn_hw.ref.stimulus import ThresholdCase, random_threshold_case
from rbonn_hw.ref.threshold import threshold
from rbonn_hw.sim.model import Model, build, kernel_design
from rbonn_hw.spec.threshold import ThresholdSpec
from tests.rtl.beats import assert_modelled

pytestmark = pytest.mark.verilator

VECTORS = 40


def make(
    channels: int, pe: int, steps: int, dtype: IntType, out_bias: int = 0, *, flip: bool = False
) -> ThresholdSpec:
    """Return a unit whose output type is the narrowest."""
    output = IntType.holding(out_bias, out_bias + steps)
    return ThresholdSpec(
        channels=channels, pe=pe, steps=steps, input=dtype, output=output, out_bias=out_bias, flip=flip
    )


UNITS = [
    pytest.param(make(8, 1, 3, IntType(8, signed=True)), id="pe1-three-steps"),
    pytest.param(make(12, 4, 6, IntType(6, signed=False), -2, flip=True), id="partly-folded-6-steps-flipped"),
    pytest.param(make(6, 6, 1, IntType(16, signed=True)), id="unfolded-sign-wider-than-64-bits"),
    pytest.param(make(10, 5, 15, IntType(9, signed=True), -8, flip=True), id="int4-output-flipped"),
    pytest.param(make(64, 1, 1, IntType(4, signed=True)), id="table-of-64"),
    pytest.param(make(6, 2, 255, IntType(10, signed=False)), id="255-steps-deep-table"),
]


def build_model(spec: ThresholdSpec, case: ThresholdCase, folder: Path) -> Model:
    """Write the memories of a case and compile the unit."""
    words = threshold_words(spec, case.thresholds, case.flip)
    (folder / "thresholds.mem").write_text(readmemh_text(words, spec.threshold_row_bits))
    if case.flip is not None:
        (folder / "flip.mem").write_text(readmemh_text(flip_words(spec, case.flip), spec.pe))
    return build(kernel_design(spec), folder)


@pytest.mark.parametrize("spec", UNITS)
def test_matches_golden_model(spec: ThresholdSpec, tmp_path: Path) -> None:
    case = random_threshold_case(spec, VECTORS, seed=1)
    model = build_model(spec, case, tmp_path)
    beats = VECTORS * spec.folds
    expected = threshold(spec, *case)
    words = pack(case.x.reshape(beats, spec.pe), spec.input.bits)

    for stall in (0.0, 0.4):
        run = model.run([words], [beats], in_stall=stall, out_stall=stall, seed=1)

        assert_modelled(spec, run, in_stall=stall, out_stall=stall)
        y = unpack(run.outputs[0], spec.pe, spec.output.bits, signed=spec.output.signed)
        np.testing.assert_array_equal(y.reshape(expected.shape), expected)
        if stall == 0.0:
            assert run.cycles == beats + spec.latency_cycles


@pytest.mark.parametrize("flipped", [False, True])
def test_every_input_meets_every_threshold(tmp_path: Path, *, flipped: bool) -> None:
    """All 16 inputs against all 17 thresholds that differ: equality and both extremes, exhaustively."""
    dtype = IntType(4, signed=True)
    spec = make(17, 17, 1, dtype, flip=flipped)
    flip = np.ones(17, dtype=bool) if flipped else None
    low = -dtype.max if flipped else dtype.min
    x = np.repeat(np.arange(dtype.min, dtype.max + 1)[:, None], 17, axis=1)
    case = ThresholdCase(low + np.arange(17)[:, None], x, flip)

    run = build_model(spec, case, tmp_path).run([pack(x, 4)], [16])

    y = unpack(run.outputs[0], 17, 1, signed=False)
    np.testing.assert_array_equal(y, (-x if flipped else x) >= case.thresholds.T)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Pe": 5}, "Pe=5 must divide Channels=8"),
        ({"Steps": 256, "OutWidth": 9}, r"Steps=256 must lie in 1 \.\. 255"),
        ({"OutWidth": 1}, r"OutWidth=1 does not hold 0 \.\. 3"),
        ({"ThresholdFile": ""}, "ThresholdFile is empty"),
        ({"Flip": 1, "FlipFile": ""}, "FlipFile is empty"),
    ],
)
def test_illegal_parameters_fail_elaboration(
    parameters: dict[str, int | str], message: str, tmp_path: Path
) -> None:
    design = kernel_design(make(8, 1, 3, IntType(8, signed=True)), parameters)

    with pytest.raises(ToolError, match=message):
        build(design, tmp_path)
