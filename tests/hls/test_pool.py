"""hls/pool.hpp: every element, against the golden model."""

from pathlib import Path

import numpy as np

from hls.golden import Example
from hls.netlist import single
from rbonn_hw.datatypes import IntType
from rbonn_hw.ref.pool import pool
from rbonn_hw.spec.pool import PoolSpec
from tests.hls.csim import check, specs
from tests.rtl.test_pool import SPECS, frames, make


def drawn(seed: int) -> PoolSpec:
    """Return a shape at random."""
    rng = np.random.default_rng(seed)
    kernel = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    pe, fold = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    element = IntType(int(rng.integers(2, 6)), signed=bool(rng.integers(2)))
    size = kernel[0] * int(rng.integers(1, 4)), kernel[1] * int(rng.integers(1, 4))
    return make(str(rng.choice(["max", "sum"])), element, size, kernel, channels=pe * fold, pe=pe)


def case(spec: PoolSpec) -> Example:
    """Return the stimulus of the RTL's test and its answer."""
    x = frames(spec)
    return Example(single("pool", spec), [x], [pool(spec, x)])


def test_twin_equals_golden_model(tmp_path: Path) -> None:
    check([case(spec) for spec in [*specs(PoolSpec, SPECS), *map(drawn, range(2))]], tmp_path)
