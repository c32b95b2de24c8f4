"""rbonn_hw.spec.mvau: derived figures, and what it refuses."""

from typing import Any

import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import FoldingError, SpecError
from rbonn_hw.spec.mvau import MvauSpec

INT8 = IntType(8, signed=True)


def make(**changes: Any) -> MvauSpec:
    """Return a legal specification with some fields changed."""
    return MvauSpec(**{"mw": 144, "mh": 12, "pe": 3, "simd": 16, "xnor": True, "vectors": 10, **changes})


def test_streams_and_cycles_follow_the_folding() -> None:
    spec = make()

    assert (spec.synapse_fold, spec.neuron_fold) == (9, 4)
    assert (spec.cycles_per_vector, spec.cycles_per_frame) == (36, 360)
    assert (spec.inputs[0].width_bits, spec.inputs[0].beats) == (16, 90)
    assert (spec.outputs[0].width_bits, spec.outputs[0].beats) == (24, 40)
    assert (spec.weight_rows, spec.weight_row_bits) == (36, 48)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "UINT8"),  # 0 .. 144: FINN's INT8 would read the all-match popcount as -112
        ({"mw": 128}, "UINT8"),
        ({"mw": 112}, "UINT7"),
        ({"xnor": False, "input": INT8, "mw": 16}, "INT13"),  # -2048 .. 2048, not .. 2047
        ({"xnor": False, "input": IntType(8, signed=False), "mw": 16}, "INT13"),
        ({"xnor": False, "mw": 16}, "INT6"),
        ({"xnor": False, "input": INT8, "weight_bits": 8, "mw": 16}, "INT20"),  # 16 * 128 * 128
        ({"accumulator": IntType(16, signed=False)}, "UINT16"),
    ],
)
def test_accumulator_holds_both_extremes(changes: dict[str, Any], name: str) -> None:
    assert make(**changes).accumulator_type.qonnx_name == name


def test_output_type_is_the_narrowest_unless_given() -> None:
    assert make().output_type.qonnx_name == "UINT8"
    assert make(steps=1).output_type.qonnx_name == "BINARY"
    assert make(steps=14, out_bias=-8).output_type.qonnx_name == "INT4"
    assert make(steps=3, output=INT8).output_type == INT8


def test_thresholds_add_their_latency() -> None:
    without, with_steps = make(), make(steps=7)

    assert with_steps.threshold is not None
    assert with_steps.latency_cycles == without.latency_cycles + with_steps.threshold.latency_cycles


@pytest.mark.parametrize(
    ("changes", "stages", "fifo"),
    [
        ({}, 2, False),
        ({"simd": 36}, 2, True),
        ({"simd": 144}, 3, True),
        ({"simd": 1}, 2, False),
        ({"xnor": False, "simd": 1}, 0, False),
        ({"xnor": False, "simd": 9}, 2, False),
        ({"xnor": False, "simd": 9, "weight_bits": 2}, 3, False),
    ],
)
def test_pipeline_depth(changes: dict[str, Any], stages: int, *, fifo: bool) -> None:
    spec = make(**changes)

    assert (spec.dot_stages, spec.output_fifo) == (stages, fifo)
    assert spec.latency_cycles == stages + 3 + fifo


@pytest.mark.parametrize(("mw", "fifo"), [(112, False), (96, True)])
def test_block_ram_takes_a_cycle_more(mw: int, *, fifo: bool) -> None:
    # Seven beats a vector leave time for one register behind the pipeline, six do not.
    spec = make(mw=mw, ram_style="block")

    assert spec.output_fifo is fifo
    assert spec.latency_cycles == spec.dot_stages + 4 + fifo
    assert not make(mw=96).output_fifo


def test_auto_takes_block_ram_for_deep_and_large_memories_only() -> None:
    assert not make().block_rom
    assert make(mw=1152, mh=64, pe=4, simd=32).block_rom  # 576 x 128 bits
    assert not make(mw=1152, mh=64, pe=1, simd=1152).block_rom  # 64 deep
    assert not make(mw=32, mh=16, pe=1, simd=1).block_rom  # 512 bits
    assert make(ram_style="block").block_rom
    assert not make(mw=1152, mh=64, pe=4, simd=32, ram_style="distributed").block_rom


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pe": 5}, r"pe=5 must divide mh=12; try one of \[1, 2, 3, 4, 6, 12\]"),
        ({"simd": 7}, r"simd=7 must divide mw=144"),
    ],
)
def test_folding_that_does_not_divide_lists_those_that_do(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FoldingError, match=message):
        make(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weight_bits": 9}, r"weight_bits=9 must lie in 1 \.\. 8"),
        ({"xnor": False, "input": IntType(17, signed=True)}, r"input=INT17 is wider than 16 bits"),
        ({"input": INT8}, r"xnor needs BIPOLAR inputs .* not INT8"),
        ({"accumulator": INT8}, r"accumulator=INT8 does not hold a popcount of 144; use UINT8"),
        ({"accumulator": IntType(7, signed=False)}, r"accumulator=UINT7 does not hold .* use UINT8"),
        ({"steps": -1}, r"steps=-1 must be 0"),
        ({"out_bias": 1}, r"out_bias=1 needs thresholds"),
        ({"output": INT8}, r"output=INT8 must be accumulator=UINT8 with steps=0"),
        ({"steps": 3, "output": IntType(1, signed=False)}, r"output=BINARY does not hold 0 \.\. 3"),
        ({"vectors": 0}, r"vectors=0 must be at least 1"),
        ({"ram_style": "ultra"}, r"ram_style='ultra' must be one of"),
    ],
)
def test_contradictions_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make(**changes)


def test_area_grows_with_parallelism_and_moves_to_block_ram() -> None:
    small, large = make().area(), make(pe=12, simd=144).area()

    assert small.lut < large.lut
    assert small.ff < large.ff
    assert make(ram_style="block").area().ramb18 == 2
    assert make(xnor=False, weight_bits=8, input=INT8).area().dsp == 48


def test_a_deep_narrow_memory_takes_the_deep_narrow_shape_of_a_block_ram() -> None:
    # 512 * 512 / 4 = 65,536 rows of 4 bits: 15 RAMB18 of 2048 x 9 in banks, not 128 of 512 x 36.
    deep = make(mw=512, mh=512, pe=1, simd=4, accumulator=IntType(10, signed=False), ram_style="block")

    assert deep.area().ramb18 == 15
