"""hls/window.hpp: every element, against the golden model."""

from pathlib import Path

import pytest

from hls.golden import Example
from hls.netlist import single
from rbonn_hw.ref.window import window
from rbonn_hw.spec.window import WindowSpec
from tests.hls.csim import check
from tests.rtl.test_window import CASES, drawn, frames

QUICK = ("parts-of-pixels", "tap-rows", "windows-wider-than-64-bits", "channel-major", "border-between-taps")


def case(spec: WindowSpec) -> Example:
    """Return the frames of the RTL's test and their windows."""
    x = frames(spec)
    return Example(single("window", spec), [x], [window(spec, x)])


def test_twin_equals_golden_model(tmp_path: Path) -> None:
    check([case(CASES[name]) for name in QUICK] + [case(drawn(seed)) for seed in range(3)], tmp_path)


@pytest.mark.slow
def test_other_shapes(tmp_path: Path) -> None:
    others = [case(spec) for name, spec in CASES.items() if name not in QUICK]
    check(others + [case(drawn(seed)) for seed in range(3, 8)], tmp_path)
