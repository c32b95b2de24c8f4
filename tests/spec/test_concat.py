"""rbonn_hw.spec.concat: derived figures, and what it refuses."""

from typing import Any

import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec.concat import ConcatSpec

UINT4, INT4, INT5 = IntType(4, signed=False), IntType(4, signed=True), IntType(5, signed=True)


def make(**changes: Any) -> ConcatSpec:
    """Return a legal specification with some fields changed."""
    fields: dict[str, Any] = {
        "channels0": 4, "channels1": 6, "pe": 2, "input0": UINT4, "input1": INT4, "output": INT5, "vectors": 5
    }  # fmt: skip
    return ConcatSpec(**(fields | changes))


def test_streams_and_cycles_follow_the_folding() -> None:
    spec = make()

    assert [port.beats for port in (*spec.inputs, *spec.outputs)] == [10, 15, 25]
    assert [port.width_bits for port in (*spec.inputs, *spec.outputs)] == [8, 8, 10]
    assert (spec.cycles_per_frame, spec.latency_cycles) == (25, 1)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"pe": 4}, FoldingError, "pe=4 must divide channels1=6"),
        ({"output": UINT4}, SpecError, "UINT4 does not hold UINT4 and INT4; use INT5"),
        ({"output": INT4}, SpecError, "INT4 does not hold UINT4 and INT4; use INT5"),
        ({"vectors": 0}, SpecError, "vectors=0"),
    ],
)
def test_contradictions_name_value_and_rule(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make(**changes)
