"""rbonn_threshold.sv: which tables Yosys may put into block RAM, and what the specification says of them."""

from pathlib import Path

import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.spec.threshold import ThresholdSpec
from rbonn_hw.synth.kernels import instance_of, synthesize_side_by_side

pytestmark = pytest.mark.slow


def test_a_table_of_256_entries_is_logic_and_a_larger_one_block_ram(tmp_path: Path) -> None:
    sign, wide = IntType(1, signed=False), IntType(32, signed=True)
    specs = {
        f"entries_{entries}": ThresholdSpec(channels=entries, pe=1, steps=1, input=wide, output=sign)
        for entries in (256, 257)
    }

    nodes = synthesize_side_by_side(
        {name: instance_of(name, spec) for name, spec in specs.items()}, tmp_path
    ).nodes

    for name, spec in specs.items():
        expected = spec.area().ramb18
        assert 2 * nodes[name].ramb36 == expected == (name == "entries_257")
