"""rbonn_hw.spec.threshold: derived figures, and what it refuses."""

from typing import Any

import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec.threshold import ThresholdSpec

INT8, INT32, UINT2 = IntType(8, signed=True), IntType(32, signed=True), IntType(2, signed=False)


def make(**changes: Any) -> ThresholdSpec:
    """Return a legal specification with some fields changed."""
    return ThresholdSpec(
        **{"channels": 12, "pe": 4, "steps": 3, "input": INT8, "output": UINT2, "vectors": 5, **changes}
    )


def test_streams_and_cycles_follow_the_folding() -> None:
    spec = make()

    assert (spec.folds, spec.stages, spec.cycles_per_frame, spec.latency_cycles) == (3, 2, 15, 2)
    assert (spec.inputs[0].width_bits, spec.outputs[0].width_bits, spec.inputs[0].beats) == (32, 8, 15)


@pytest.mark.parametrize(("steps", "stages"), [(1, 1), (2, 2), (6, 3), (7, 3), (8, 4), (255, 8)])
def test_stages_hold_every_count(steps: int, stages: int) -> None:
    assert make(steps=steps, output=IntType(8, signed=False)).stages == stages


def test_a_deep_table_costs_a_cycle() -> None:
    deep = make(channels=65, pe=1, steps=1, output=IntType(1, signed=False))

    assert deep.latency_cycles == 2
    assert make(channels=64, pe=1, steps=1, output=IntType(1, signed=False)).latency_cycles == 1


def test_folding_that_does_not_divide_lists_those_that_do() -> None:
    with pytest.raises(FoldingError, match=r"pe=5 must divide channels=12; try one of \[1, 2, 3, 4, 6, 12\]"):
        make(pe=5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, r"steps=0 must lie in 1 \.\. 255"),
        ({"steps": 256}, r"steps=256 must lie in 1 \.\. 255"),
        ({"vectors": 0}, r"vectors=0 must be at least 1"),
        ({"steps": 4}, r"output=UINT2 does not hold 0 \.\. 4; use UINT3"),
        ({"out_bias": -1}, r"output=UINT2 does not hold -1 \.\. 2; use INT3"),
    ],
)
def test_contradictions_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make(**changes)


def test_area_grows_with_lanes_and_steps() -> None:
    areas = [make().area(), make(pe=12).area(), make(pe=12, steps=2).area()]

    assert areas[0].lut < areas[1].lut
    assert areas[0].ff < areas[1].ff
    assert areas[2] == areas[1], "two and three steps both take two comparisons"


def test_only_deep_tables_take_block_ram() -> None:
    assert make().area().ramb18 == 0
    for channels, ramb18 in ((320, 0), (321, 1)):  # 6 and 7 LUTs for each of 9 bits
        area = make(channels=channels, pe=1, steps=1, output=IntType(1, signed=False)).area()
        assert area.ramb18 == ramb18
    deep = make(channels=128, pe=2, steps=63, output=IntType(6, signed=False))
    assert deep.area().ramb18 == 2 * (1 + 1 + 1)  # 512, 1,024 and 2,048 words of 9 bits a lane
    assert make(channels=512, pe=1, steps=1, output=IntType(1, signed=False), input=UINT2).area().ramb18 == 0
    for channels in (256, 257):  # 33 bits: more LUTs than a block RAM is worth
        area = make(channels=channels, pe=1, steps=1, output=IntType(1, signed=False), input=INT32).area()
        assert (area.ramb18 > 0) == (channels == 257)
