"""rbonn_hw.spec.select: derived figures, and what it refuses."""

from typing import Any

import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec.select import SelectSpec, block


def make(**changes: Any) -> SelectSpec:
    """Return a legal specification with some fields changed."""
    fields: dict[str, Any] = {
        "channels": 12, "kept": (0, 1, 2, 3, 8, 9), "pe": 2, "element": IntType(4, signed=False), "vectors": 5
    }  # fmt: skip
    return SelectSpec(**(fields | changes))


def test_streams_and_cycles_follow_the_folding() -> None:
    spec = make()

    assert spec.keep == (1, 1, 0, 0, 1, 0)
    assert (spec.inputs[0].beats, spec.outputs[0].beats, spec.cycles_per_frame) == (30, 15, 30)


@pytest.mark.parametrize(
    ("kept", "expected"),
    [((0, 1, 2, 3), 4), ((4, 5, 6, 7), 4), ((0, 1, 6, 7), 2), ((0, 1, 2), 1), ((1, 3), 1)],
)
def test_block_is_what_all_runs_share(kept: tuple[int, ...], expected: int) -> None:
    assert block(8, kept) == expected


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"pe": 4}, FoldingError, "pe=4 must divide 2"),
        ({"pe": 5}, FoldingError, "pe=5 must divide channels=12"),
        ({"kept": ()}, SpecError, r"kept=\[\] must be some"),
        ({"kept": tuple(range(12))}, SpecError, "some, not all"),
        ({"kept": (2, 1)}, SpecError, "ascending"),
        ({"kept": (11, 12)}, SpecError, r"channels 0 \.\. 11"),
        ({"vectors": 0}, SpecError, "vectors=0"),
    ],
)
def test_contradictions_name_value_and_rule(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make(**changes)
