"""hls/dwc.hpp: every element, against the golden model."""

from pathlib import Path

import numpy as np

from hls.golden import Example
from hls.netlist import single
from rbonn_hw.datatypes import IntType
from rbonn_hw.ref.dwc import dwc
from rbonn_hw.spec.dwc import DwcSpec
from tests.hls.csim import check, specs
from tests.rtl.test_dwc import SPECS, frames


def drawn(seed: int) -> DwcSpec:
    """Return a shape at random."""
    rng = np.random.default_rng(seed)
    in_lanes, out_lanes, frame = (int(value) for value in rng.integers((1, 1, 1), (10, 10, 4)))
    dtype = IntType(int(rng.integers(1, 6)), signed=bool(rng.integers(2)))
    return DwcSpec(in_lanes=in_lanes, out_lanes=out_lanes, dtype=dtype, beats=frame * out_lanes)


def case(spec: DwcSpec) -> Example:
    """Return the stimulus of the RTL's test and its answer."""
    x = frames(spec)
    return Example(single("dwc", spec), [x], [dwc(spec, x)])


def test_twin_equals_golden_model(tmp_path: Path) -> None:
    check([case(spec) for spec in [*specs(DwcSpec, SPECS), *map(drawn, range(2))]], tmp_path)
