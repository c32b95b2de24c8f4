"""rbonn_hw.spec.fifo: derived figures, and what it refuses."""

from typing import Any

import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.spec.fifo import FifoSpec


def make(**changes: Any) -> FifoSpec:
    """Return a legal specification with some fields changed."""
    fields: dict[str, Any] = {"depth": 100, "lanes": 3, "dtype": IntType(4, signed=True), "beats": 7}
    return FifoSpec(**(fields | changes))


def test_streams_and_cycles() -> None:
    spec = make()

    assert (spec.inputs[0].width_bits, spec.outputs[0].width_bits) == (12, 12)
    assert (spec.cycles_per_frame, spec.latency_cycles) == (7, 2)
    assert spec.rtl_parameters() == {"Width": 12, "Depth": 100, "BlockRam": 0}


@pytest.mark.parametrize(
    ("depth", "lanes", "ram_style", "block_ram"),
    [
        (64, 128, "auto", False),
        (1024, 16, "auto", True),
        (1024, 1, "auto", False),
        (1024, 16, "distributed", False),
        (2, 1, "block", True),
    ],
)
def test_memory_follows_size_and_style(depth: int, lanes: int, ram_style: str, block_ram: bool) -> None:
    spec = make(depth=depth, lanes=lanes, dtype=IntType(1, signed=False), ram_style=ram_style)

    assert spec.block_ram is block_ram
    assert (spec.area().ramb18 > 0) is block_ram


def test_block_ram_is_counted_in_its_best_shape() -> None:
    assert make(depth=512, lanes=9, ram_style="block").area().ramb18 == 1  # 512 x 36
    assert make(depth=513, lanes=9, ram_style="block").area().ramb18 == 2
    assert make(depth=16384, lanes=1, ram_style="block").area().ramb18 == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"depth": 1}, "depth=1 must be at least 2 words"),
        ({"lanes": 0}, "lanes=0 must be at least 1"),
        ({"beats": 0}, "beats=0 must be at least 1"),
        ({"ram_style": "ultra"}, "ram_style='ultra' must be one of 'auto', 'block', 'distributed'"),
    ],
)
def test_contradictions_name_value_and_rule(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make(**changes)
