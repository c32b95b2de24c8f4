"""rbonn_hw/rtl/rbonn_rom.sv: every word one cycle after its address, in block RAM two."""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.packing import pack, readmemh_text, unpack
from rbonn_hw.sim.model import Design, StreamPins, build

pytestmark = pytest.mark.verilator

DEPTH, LANES = 37, 9


@pytest.mark.parametrize("block", [0, 1], ids=["distributed", "block"])
def test_reads_the_word_of_every_address(block: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    words = rng.integers(0, 256, (DEPTH, LANES))
    addresses = rng.permutation(np.repeat(np.arange(DEPTH), 3))
    (tmp_path / "rom.mem").write_text(readmemh_text(pack(words, 8), 8 * LANES))
    design = Design(
        top="rom_stream",
        sources=(Path(__file__).parent / "rom_stream.sv",),
        inputs=(StreamPins("in_valid_i", "in_ready_o", "in_data_i", 6),),
        outputs=(StreamPins("out_valid_o", "out_ready_i", "out_data_o", 8 * LANES),),
        parameters={"Width": 8 * LANES, "Depth": DEPTH, "Block": block},
    )

    run = build(design, tmp_path).run([pack(addresses[:, None], 6)], [len(addresses)])

    np.testing.assert_array_equal(unpack(run.outputs[0], LANES, 8, signed=False), words[addresses])
    assert run.cycles == len(addresses) + 1 + block
