"""rbonn_hw.spec.register: derived figures, and what it refuses."""

import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.spec.register import RegisterSpec

INT4 = IntType(4, signed=True)


def test_streams_cycles_and_area() -> None:
    spec = RegisterSpec(lanes=3, dtype=INT4, beats=7)

    assert (spec.inputs[0].width_bits, spec.outputs[0].width_bits) == (12, 12)
    assert (spec.cycles_per_frame, spec.latency_cycles) == (7, 1)
    assert spec.rtl_parameters() == {"Width": 12}
    assert spec.area().ff == 2 + 2 * 12


@pytest.mark.parametrize("name", ["lanes", "beats"])
def test_less_than_one_is_refused(name: str) -> None:
    with pytest.raises(SpecError, match=f"{name}=0 must be at least 1"):
        RegisterSpec(**({"lanes": 1, "dtype": INT4, "beats": 1} | {name: 0}))  # type: ignore[arg-type]
