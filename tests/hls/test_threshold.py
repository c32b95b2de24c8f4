"""hls/threshold.hpp: every count, against the golden model."""

from pathlib import Path

import numpy as np

from hls.golden import threshold_example
from rbonn_hw.datatypes import IntType
from rbonn_hw.spec.threshold import ThresholdSpec
from tests.hls.csim import check, specs
from tests.rtl.test_threshold import UNITS, VECTORS, make


def drawn(seed: int) -> ThresholdSpec:
    """Return a shape at random."""
    rng = np.random.default_rng(seed)
    pe, folds, steps, bits = (int(value) for value in rng.integers((1, 1, 1, 1), (5, 5, 20, 15)))
    kind = IntType(bits, signed=bool(rng.integers(2)))
    return make(pe * folds, pe, steps, kind, int(rng.integers(-9, 9)), flip=bool(rng.integers(2)))


def test_twin_equals_golden_model(tmp_path: Path) -> None:
    check(
        [threshold_example(spec, VECTORS) for spec in [*specs(ThresholdSpec, UNITS), *map(drawn, range(2))]],
        tmp_path,
    )
