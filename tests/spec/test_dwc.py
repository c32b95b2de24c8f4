"""rbonn_hw.spec.dwc: derived figures, and what it refuses."""

from typing import Any

import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec.dwc import DwcSpec


def make(**changes: Any) -> DwcSpec:
    """Return a legal specification with some fields changed."""
    fields: dict[str, Any] = {"in_lanes": 4, "out_lanes": 6, "dtype": IntType(2, signed=False), "beats": 6}
    return DwcSpec(**(fields | changes))


@pytest.mark.parametrize(
    ("in_lanes", "out_lanes", "wide_lanes", "out_beats", "latency"),
    [(4, 6, 12, 4, 4), (4, 8, 8, 3, 2), (4, 2, 4, 12, 1), (4, 4, 4, 6, 0)],
)
def test_widths_cycles_and_latency(
    in_lanes: int, out_lanes: int, wide_lanes: int, out_beats: int, latency: int
) -> None:
    spec = make(in_lanes=in_lanes, out_lanes=out_lanes)

    assert spec.wide_lanes == wide_lanes
    assert (spec.inputs[0].width_bits, spec.outputs[0].width_bits) == (2 * in_lanes, 2 * out_lanes)
    assert (spec.outputs[0].beats, spec.cycles_per_frame) == (out_beats, max(6, out_beats))
    assert spec.latency_cycles == latency


def test_equal_widths_cost_nothing() -> None:
    area = make(out_lanes=4).area()

    assert (area.lut, area.ff) == (0, 0)


def test_frame_that_ends_inside_an_output_beat_lists_what_fits() -> None:
    with pytest.raises(FoldingError, match=r"out_lanes=7 must divide .* = 24 elements; .*\[1, 2, 3, 4, 6, 8"):
        make(out_lanes=7)


@pytest.mark.parametrize("name", ["in_lanes", "out_lanes", "beats"])
def test_numbers_below_one_are_refused(name: str) -> None:
    with pytest.raises(SpecError, match=f"{name}=0 must be at least 1"):
        make(**{name: 0})
