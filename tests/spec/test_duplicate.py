"""rbonn_hw.spec.duplicate: derived figures, and what it refuses."""

from typing import Any

import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.spec.duplicate import DuplicateSpec


def make(**changes: Any) -> DuplicateSpec:
    """Return a legal specification with some fields changed."""
    fields: dict[str, Any] = {"lanes": 5, "dtype": IntType(3, signed=False), "copies": 3, "beats": 4}
    return DuplicateSpec(**(fields | changes))


def test_streams_and_cycles() -> None:
    spec = make()

    assert [port.name for port in spec.outputs] == ["out0", "out1", "out2"]
    assert {port.width_bits for port in (*spec.inputs, *spec.outputs)} == {15}
    assert (spec.cycles_per_frame, spec.latency_cycles) == (4, 1)
    assert spec.rtl_parameters() == {"Width": 15, "Copies": 3}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"copies": 1}, r"copies=1 must lie in 2 \.\. 8"),
        ({"copies": 9}, r"copies=9 must lie in 2 \.\. 8; chain several forks"),
        ({"lanes": 0}, "lanes=0 must be at least 1"),
        ({"beats": 0}, "beats=0 must be at least 1"),
    ],
)
def test_contradictions_name_value_and_rule(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make(**changes)
