"""hls/add.hpp: every sum, against the golden model."""

from pathlib import Path

import numpy as np

from hls.golden import Example
from hls.netlist import single
from rbonn_hw.datatypes import IntType
from rbonn_hw.ref.add import add
from rbonn_hw.spec.add import AddSpec
from tests.hls.csim import check, specs
from tests.rtl.test_add import SPECS, summands


def drawn(seed: int) -> AddSpec:
    """Return a shape at random."""
    rng = np.random.default_rng(seed)
    types = [IntType(int(rng.integers(1, 9)), signed=bool(rng.integers(2))) for _ in range(2)]
    factors = [int(factor) for factor in rng.integers(1, 20, 2)]
    return AddSpec(
        channels=12, pe=int(rng.choice([1, 3, 4, 12])), input0=types[0], input1=types[1],
        output=IntType(15, signed=types[0].signed or types[1].signed), vectors=3,
        factor0=factors[0], factor1=factors[1],
    )  # fmt: skip


def case(spec: AddSpec) -> Example:
    """Return the stimulus of the RTL's test and its answer."""
    x = summands(spec)
    return Example(single("add", spec), x, [add(spec, *x)])


def test_twin_equals_golden_model(tmp_path: Path) -> None:
    check([case(spec) for spec in [*specs(AddSpec, SPECS), *map(drawn, range(2))]], tmp_path)
