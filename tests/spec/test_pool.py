"""rbonn_hw.spec.pool: derived figures, and what it refuses."""

from typing import Any

import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec.pool import PoolSpec

UINT4, INT4 = IntType(4, signed=False), IntType(4, signed=True)


def make(**changes: Any) -> PoolSpec:
    """Return a legal specification with some fields changed."""
    fields: dict[str, Any] = {
        "kind": "max", "channels": 12, "pe": 3, "height": 6, "width": 8, "kernel_h": 3, "kernel_w": 2,
        "input": UINT4, "output": UINT4,
    }  # fmt: skip
    return PoolSpec(**(fields | changes))


def test_streams_and_cycles_follow_the_folding() -> None:
    spec = make()

    assert (spec.fold, spec.partials, spec.block_ram) == (4, 16, False)
    assert (spec.inputs[0].beats, spec.outputs[0].beats) == (192, 32)
    assert (spec.cycles_per_frame, spec.latency_cycles) == (192, 2)


@pytest.mark.parametrize(
    ("kind", "element", "pixels", "expected"),
    [
        ("max", INT4, 6, INT4),
        ("sum", UINT4, 4, IntType(6, signed=False)),  # 60
        ("sum", INT4, 4, IntType(6, signed=True)),  # -32 .. 28
        ("sum", INT4, 9, IntType(8, signed=True)),  # -72 .. 63
        ("sum", IntType(1, signed=False), 64, IntType(7, signed=False)),
    ],
)
def test_result_type_is_exact(kind: str, element: IntType, pixels: int, expected: IntType) -> None:
    assert PoolSpec.result_type(kind, element, pixels) == expected


def test_a_large_row_buffer_goes_to_block_ram() -> None:
    spec = make(width=64, channels=256, pe=8)

    assert spec.block_ram
    assert spec.area().ramb18 == 2  # 1024 x 32


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pe": 5}, "pe=5 must divide channels=12"),
        ({"kernel_h": 4}, "kernel_h=4 must divide height=6"),
        ({"kernel_w": 3}, "kernel_w=3 must divide width=8"),
    ],
)
def test_windows_and_folding_must_divide(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FoldingError, match=message):
        make(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "average"}, "kind='average' must be 'max' or 'sum'"),
        ({"output": INT4}, "output INT4 of a max must be the input's type; use UINT4"),
        ({"output": IntType(5, signed=False)}, "output UINT5 of a max must be the input's type"),
        ({"kind": "sum", "output": IntType(6, signed=False)}, "UINT6 does not hold the sum .* use UINT7"),
        ({"kind": "sum", "output": IntType(7, signed=True)}, "INT7 does not hold the sum"),
    ],
)
def test_contradictions_name_value_and_rule(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make(**changes)
