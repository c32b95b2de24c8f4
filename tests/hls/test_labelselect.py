"""hls/labelselect.hpp: every label, against the golden model."""

from pathlib import Path

import numpy as np

from hls.golden import Example
from hls.netlist import single
from rbonn_hw.datatypes import IntType
from rbonn_hw.ref.labelselect import labelselect
from rbonn_hw.spec.labelselect import LabelSelectSpec
from tests.hls.csim import check, specs
from tests.rtl.test_labelselect import UNITS, scores


def drawn(seed: int) -> LabelSelectSpec:
    """Return a shape at random."""
    rng = np.random.default_rng(seed)
    pe, folds, bits = (int(value) for value in rng.integers((1, 1, 2), (6, 6, 20)))
    return LabelSelectSpec(labels=pe * folds, pe=pe, input=IntType(bits, signed=bool(rng.integers(2))))


def case(spec: LabelSelectSpec) -> Example:
    """Return the stimulus of the RTL's test and its answer."""
    x = scores(spec, seed=1)
    return Example(single("labelselect", spec), [x], [labelselect(spec, x)])


def test_twin_equals_golden_model(tmp_path: Path) -> None:
    check([case(spec) for spec in [*specs(LabelSelectSpec, UNITS), *map(drawn, range(2))]], tmp_path)
