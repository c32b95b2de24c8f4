"""rbonn_hw/rtl/rbonn_threshold_node.sv: every table entry met from below, exactly and from above."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.packing import pack, readmemh_text, unpack
from rbonn_hw.sim.model import Design, StreamPins, build

pytestmark = pytest.mark.verilator

FOLDS, PREFIXES, BITS = 64, 4, 6  # as in the bench


@pytest.mark.parametrize("stall", [0.0, 0.4], ids=["no-stall", "random-stall"])
@pytest.mark.parametrize("register_rom", [0, 1], ids=["direct", "registered"])
def test_appends_the_comparison_with_the_entry_of_fold_and_prefix(
    register_rom: int, stall: float, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    table = rng.integers(
        1, 1 << BITS, (FOLDS * PREFIXES, 2)
    )  # of the two columns, the bench reads the second
    table[5] = 1 << BITS  # no value reaches it
    text = readmemh_text(pack(table, BITS + 1), 2 * (BITS + 1))
    (tmp_path / "node.mem").write_text(text)
    cases = np.array(list(product((-1, 0, 1), range(FOLDS), range(PREFIXES))))
    offset, fold, prefix = rng.permutation(cases).T
    entry = table[fold * PREFIXES + prefix, 1]
    value = np.minimum(entry + offset, (1 << BITS) - 1)
    design = Design(
        top="threshold_node_stream",
        sources=(Path(__file__).parent / "threshold_node_stream.sv",),
        inputs=(StreamPins("in_valid_i", "in_ready_o", "in_data_i", 3 * BITS),),
        outputs=(StreamPins("out_valid_o", "out_ready_i", "out_data_o", 2 * BITS),),
        parameters={"RegisterRom": register_rom},
    )

    run = build(design, tmp_path).run(
        [pack(np.stack([value, fold, prefix], axis=1), BITS)], [len(value)], in_stall=stall, out_stall=stall
    )

    out_value, out_prefix = unpack(run.outputs[0], 2, BITS, signed=False).T
    np.testing.assert_array_equal(out_value, value)
    np.testing.assert_array_equal(out_prefix, 2 * prefix + (value >= entry))
    if stall == 0.0:
        assert run.cycles == len(value) + 1 + register_rom
