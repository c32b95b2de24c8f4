"""rbonn_hw.spec.add: derived figures, and what it refuses."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec.add import AddSpec, sum_type

UINT4, INT4 = IntType(4, signed=False), IntType(4, signed=True)
types = st.builds(lambda bits, signed: IntType(bits, signed=signed), st.integers(1, 16), st.booleans())


def make(**changes: Any) -> AddSpec:
    """Return a legal specification with some fields changed."""
    fields: dict[str, Any] = {
        "channels": 12, "pe": 3, "input0": UINT4, "input1": INT4,
        "output": sum_type(UINT4, INT4), "vectors": 5,
    }  # fmt: skip
    return AddSpec(**(fields | changes))


def test_streams_and_cycles_follow_the_folding() -> None:
    spec = make()

    assert spec.output == IntType(6, signed=True)  # -8 .. 22
    assert [port.width_bits for port in (*spec.inputs, *spec.outputs)] == [12, 12, 18]
    assert (spec.beats, spec.cycles_per_frame, spec.latency_cycles) == (20, 20, 1)


def test_products_have_a_register_of_their_own() -> None:
    assert make(factor0=2, output=IntType(7, signed=True)).latency_cycles == 2


@given(a=types, b=types)
def test_the_sum_is_wider_than_either_summand(a: IntType, b: IntType) -> None:
    """The RTL's sign extension counts on it."""
    total = sum_type(a, b)

    assert total.bits > max(a.bits, b.bits)
    assert total.min <= a.min + b.min
    assert a.max + b.max <= total.max


def test_folding_that_does_not_divide_lists_those_that_do() -> None:
    with pytest.raises(FoldingError, match=r"pe=5 must divide channels=12; try one of \[1, 2, 3, 4, 6, 12\]"):
        make(pe=5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"output": IntType(5, signed=True)}, r"INT5 does not hold UINT4 \+ INT4, -8 \.\. 22; use INT6"),
        ({"output": IntType(8, signed=False)}, "UINT8 does not hold"),
        ({"vectors": 0}, "vectors=0 must be at least 1"),
        ({"factor1": 0}, "factor1=0 must be at least 1"),
        ({"factor0": 3}, r"INT6 does not hold 3 \* UINT4 \+ INT4, -8 \.\. 52; use INT7"),
    ],
)
def test_contradictions_name_value_and_rule(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make(**changes)
