"""rbonn_hw.spec.labelselect: derived figures, and what it refuses."""

import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec.labelselect import LabelSelectSpec

INT8 = IntType(8, signed=True)


def test_streams_and_cycles_follow_the_folding() -> None:
    spec = LabelSelectSpec(labels=10, pe=5, input=INT8, vectors=3)

    assert (spec.folds, spec.cycles_per_frame, spec.latency_cycles) == (2, 6, 4)
    assert (spec.inputs[0].width_bits, spec.inputs[0].beats, spec.outputs[0].beats) == (40, 6, 3)


@pytest.mark.parametrize(("labels", "bits"), [(1, 1), (2, 1), (3, 2), (10, 4), (16, 4), (17, 5), (1000, 10)])
def test_output_holds_every_index(labels: int, bits: int) -> None:
    assert LabelSelectSpec(labels=labels, pe=1, input=INT8).output == IntType(bits, signed=False)


def test_folding_that_does_not_divide_lists_those_that_do() -> None:
    with pytest.raises(FoldingError, match=r"pe=4 must divide labels=10; try one of \[1, 2, 5, 10\]"):
        LabelSelectSpec(labels=10, pe=4, input=INT8)


def test_a_frame_has_a_vector() -> None:
    with pytest.raises(SpecError, match="vectors=0 must be at least 1"):
        LabelSelectSpec(labels=10, pe=1, input=INT8, vectors=0)


def test_area_grows_with_lanes() -> None:
    folded, unfolded = (LabelSelectSpec(labels=10, pe=pe, input=INT8).area() for pe in (1, 10))

    assert folded.lut < unfolded.lut
    assert folded.ff < unfolded.ff
