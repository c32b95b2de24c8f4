"""rbonn_hw.spec.upsample: derived figures, and what it refuses."""

from typing import Any

import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec.upsample import UpsampleSpec


def make(**changes: Any) -> UpsampleSpec:
    """Return a legal specification with some fields changed."""
    fields: dict[str, Any] = {
        "channels": 6, "pe": 2, "height": 3, "width": 5, "scale_h": 2, "scale_w": 4,
        "element": IntType(4, signed=True),
    }  # fmt: skip
    return UpsampleSpec(**(fields | changes))


def test_streams_and_cycles_follow_the_folding() -> None:
    spec = make()

    assert (spec.inputs[0].beats, spec.outputs[0].beats) == (45, 360)
    assert (spec.words, spec.block_ram, spec.cycles_per_frame, spec.latency_cycles) == (15, False, 360, 1)


def test_a_large_row_goes_to_block_ram() -> None:
    spec = make(channels=256, pe=8, width=64)

    assert spec.block_ram
    assert spec.area().ramb18 == 4  # 2048 x 32


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"pe": 4}, FoldingError, "pe=4 must divide channels=6"),
        ({"scale_w": 0}, SpecError, "scale_w=0 must be at least 1"),
        ({"width": 1, "pe": 6}, FoldingError, "a row must have 2 words; lower pe"),
        ({"width": 1, "channels": 1, "pe": 1}, SpecError, "a row must have 2 elements"),
    ],
)
def test_contradictions_name_value_and_rule(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make(**changes)
