"""rbonn_hw.spec.depthwise: derived figures, and what it refuses."""

from typing import Any

import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec.depthwise import DepthwiseSpec


def make(**changes: Any) -> DepthwiseSpec:
    """Return a legal specification with some fields changed."""
    fields: dict[str, Any] = {
        "channels": 12, "taps": 9, "pe": 3, "input": IntType(4, signed=False), "weight_bits": 4, "vectors": 5
    }  # fmt: skip
    return DepthwiseSpec(**(fields | changes))


def test_streams_and_cycles_follow_the_folding() -> None:
    spec = make()

    assert (spec.inputs[0].beats, spec.inputs[0].lanes) == (5 * 9 * 4, 3)
    assert (spec.outputs[0].beats, spec.outputs[0].lanes) == (5 * 4, 3)
    assert (spec.cycles_per_frame, spec.latency_cycles) == (180, 5)
    assert (spec.weight_rows, spec.weight_row_bits) == (36, 12)


def test_taps_side_by_side_need_all_channels() -> None:
    spec = make(pe=12, simd=9)
    assert (spec.inputs[0].lanes, spec.cycles_per_frame, spec.latency_cycles) == (108, 5, 7)

    with pytest.raises(FoldingError, match="simd=3 taps a beat need pe=6 to be all 12 channels"):
        make(pe=6, simd=3)


def test_block_ram_takes_a_cycle_more() -> None:
    assert make(ram_style="block").latency_cycles == make().latency_cycles + 1


def test_result_holds_the_extremes() -> None:
    assert make().output_type == IntType(12, signed=True)  # -9 * 15 * 8 .. 9 * 15 * 7
    assert make(weight_bits=1, input=IntType(1, signed=False)).output_type == IntType(5, signed=True)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"pe": 5}, FoldingError, "pe=5 must divide channels=12"),
        ({"pe": 12, "simd": 2}, FoldingError, "simd=2 must divide taps=9"),
        ({"weight_bits": 9}, SpecError, "weight_bits=9 must lie in 1 .. 8"),
        ({"input": IntType(17, signed=True)}, SpecError, "INT17 is wider than 16 bits"),
        ({"vectors": 0}, SpecError, "vectors=0"),
        ({"ram_style": "ultra"}, SpecError, "ram_style='ultra'"),
    ],
)
def test_contradictions_name_value_and_rule(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make(**changes)
