"""rbonn_hw/rtl/rbonn_labelselect.sv: every index and every cycle, against rbonn_hw.ref.labelselect."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import ToolError
from rbonn_hw.packing import Ints, pack, unpack
from rbonn_hw.ref.labelselect import labelselect
from rbonn_hw.sim.model import build, kernel_design
from rbonn_hw.spec.labelselect import LabelSelectSpec
from tests.rtl.beats import assert_modelled

pytestmark = pytest.mark.verilator

UNITS = [
    pytest.param(LabelSelectSpec(labels=10, pe=1, input=IntType(8, signed=True)), id="fully-folded"),
    pytest.param(LabelSelectSpec(labels=12, pe=3, input=IntType(5, signed=False)), id="partly-folded-odd"),
    pytest.param(
        LabelSelectSpec(labels=10, pe=10, input=IntType(9, signed=True)), id="unfolded-over-64-bits"
    ),
]


def scores(spec: LabelSelectSpec, seed: int) -> Ints:
    """Return vectors of random values, of close values with ties, and each label once as the only best."""
    rng = np.random.default_rng(seed)
    low, high, labels = spec.input.min, spec.input.max, spec.labels
    anywhere = rng.integers(low, high + 1, (20, labels))
    close = rng.integers(-1 if spec.input.signed else 0, 2, (30, labels))
    only_best = np.where(np.eye(labels, dtype=bool), low + 1, low)
    falling = np.clip(high - np.arange(labels), low, high)[None]  # the first label must not be replaced
    return np.concatenate([anywhere, close, only_best, falling, np.full((1, labels), low)])


@pytest.mark.parametrize("spec", UNITS)
def test_matches_golden_model(spec: LabelSelectSpec, tmp_path: Path) -> None:
    x = scores(spec, seed=1)
    model = build(kernel_design(spec), tmp_path)
    words = pack(x.reshape(-1, spec.pe), spec.input.bits)

    for stall in (0.0, 0.4):
        run = model.run([words], [len(x)], in_stall=stall, out_stall=stall, seed=1)

        assert_modelled(spec, run, in_stall=stall, out_stall=stall)
        y = unpack(run.outputs[0], 1, spec.output.bits, signed=False)
        np.testing.assert_array_equal(y, labelselect(spec, x))
        if stall == 0.0:
            assert run.cycles == len(words) + spec.latency_cycles


def test_pe_that_does_not_divide_fails_elaboration(tmp_path: Path) -> None:
    design = kernel_design(LabelSelectSpec(labels=10, pe=1, input=IntType(8, signed=True)), {"Pe": 4})

    with pytest.raises(ToolError, match="Pe=4 must divide Labels=10"):
        build(design, tmp_path)
