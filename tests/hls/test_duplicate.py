"""hls/duplicate.hpp: every word of every output, against the golden model."""

from pathlib import Path

import numpy as np

from hls.golden import Example
from hls.netlist import single
from rbonn_hw.datatypes import IntType
from rbonn_hw.ref.duplicate import duplicate
from rbonn_hw.spec.duplicate import DuplicateSpec
from tests.hls.csim import check, specs
from tests.rtl.test_duplicate import SPECS, frames


def drawn(seed: int) -> DuplicateSpec:
    """Return a shape at random."""
    rng = np.random.default_rng(seed)
    dtype = IntType(int(rng.integers(2, 9)), signed=bool(rng.integers(2)))
    lanes, copies, beats = (int(value) for value in rng.integers((1, 2, 1), (9, 9, 20)))
    return DuplicateSpec(lanes=lanes, dtype=dtype, copies=copies, beats=beats)


def case(spec: DuplicateSpec) -> Example:
    """Return the stimulus of the RTL's test and its answer."""
    x = frames(spec)
    return Example(single("duplicate", spec), [x], list(duplicate(spec, x)))


def test_twin_equals_golden_model(tmp_path: Path) -> None:
    check([case(spec) for spec in [*specs(DuplicateSpec, SPECS), *map(drawn, range(1))]], tmp_path)
