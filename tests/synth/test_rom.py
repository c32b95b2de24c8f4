"""rbonn_hw.synth.rom: the mapped netlist, evaluated gate by gate, reads every word of the memory."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from rbonn_hw.synth.levels import module_depths, read_modules
from rbonn_hw.synth.yosys import Synthesis, synthesize

pytestmark = pytest.mark.slow

WIDTH = 6
MUXES = ("MUXF7", "MUXF8")


def _evaluate(cells: dict[str, Any], net: Any, known: dict[Any, int]) -> int:
    """Return the value of ``net`` when the nets in ``known`` have their values."""
    if net in ("0", "1"):
        return int(net)
    if net not in known:
        cell = next(cell for cell in cells.values() if cell["connections"].get("O") == [net])
        pins = {name: bits[0] for name, bits in cell["connections"].items() if name != "O"}
        value = {name: _evaluate(cells, bit, known) for name, bit in pins.items()}
        if cell["type"] in MUXES:
            known[net] = value["I1"] if value["S"] else value["I0"]
        else:
            assert cell["type"].startswith("LUT")
            known[net] = int(
                cell["parameters"]["INIT"][::-1][sum(value[f"I{n}"] << n for n in range(len(pins)))]
            )
    return known[net]


def _synthesize(folder: Path, words: list[int], attribute: str, reached: int | None = None) -> Synthesis:
    (folder / "words.mem").write_text("".join(f"{word:x}\n" for word in words))
    (folder / "rom.sv").write_text(f"""
module rom (input logic clk_i, input logic [{((reached or len(words)) - 1).bit_length() - 1}:0] address_i,
            output logic [{WIDTH - 1}:0] data_o);
  (* {attribute} *) logic [{WIDTH - 1}:0] words [{len(words)}];
  initial $readmemh("words.mem", words);
  always_ff @(posedge clk_i) data_o <= words[{(len(words) - 1).bit_length()}'(address_i)];
endmodule
""")
    return synthesize([folder / "rom.sv"], "rom", folder / "work", data=[folder / "words.mem"])


def _check_words(result: Synthesis, words: list[int]) -> None:
    """Check what the netlist reads at every address against ``words``."""
    with gzip.open(result.netlist) as file:
        module = json.load(file)["modules"]["rom"]
    address, data = (module["ports"][name]["bits"] for name in ("address_i", "data_o"))
    registers = {cell["connections"]["Q"][0]: cell["connections"]["D"][0] for cell in module["cells"].values()
                 if cell["type"] in ("FDRE", "FDSE")}  # fmt: skip
    for number, word in enumerate(words):
        pins = {net: number >> position & 1 for position, net in enumerate(address)}
        read = [_evaluate(module["cells"], registers[net], dict(pins)) for net in data]
        assert sum(bit << position for position, bit in enumerate(read)) == word


@pytest.mark.parametrize(
    ("depth", "attribute", "lut"),
    [
        pytest.param(40, 'ram_style = "distributed"', 1, id="one-lut-a-bit"),
        pytest.param(72, 'rom_style = "distributed"', 2, id="two-luts-and-muxf7"),
        pytest.param(200, "logic_block = 1", 4, id="four-luts-and-muxf8"),
        pytest.param(300, "logic_block = 1", 6, id="two-banks"),
        pytest.param(700, "logic_block = 1", 13, id="three-banks"),
    ],
)
def test_every_word_is_read(depth: int, attribute: str, lut: int, tmp_path: Path) -> None:
    draw = random.Random(depth)
    words = [draw.getrandbits(WIDTH) for _ in range(depth)]

    result = _synthesize(tmp_path, words, attribute)

    assert result.total.lut <= lut * WIDTH
    assert result.total.ff == WIDTH
    _check_words(result, words)


@pytest.mark.parametrize(
    ("attribute", "ramb18", "lut"),
    [
        pytest.param("logic_block = 1", 0, 16, id="luts"),
        pytest.param('ram_style = "block"', 1, 0, id="block-ram"),
    ],
)
def test_a_column_that_is_read_is_all_that_is_kept(
    attribute: str, ramb18: int, lut: int, tmp_path: Path
) -> None:
    """Bits 5 and 6 of 40, in the first 512 of 2,048 words; all of them would fill three RAMB36."""
    draw = random.Random(5)
    words = [draw.getrandbits(40) for _ in range(2048)]
    (tmp_path / "words.mem").write_text("".join(f"{word:x}\n" for word in words))
    (tmp_path / "rom.sv").write_text(f"""
module rom (input logic clk_i, en_i, input logic [8:0] address_i, output logic [1:0] data_o);
  (* {attribute} *) logic [39:0] words [2048];
  initial $readmemh("words.mem", words);
  always_ff @(posedge clk_i) if (en_i) data_o <= words[{{2'b0, address_i}}][6:5];
endmodule
""")

    result = synthesize([tmp_path / "rom.sv"], "rom", tmp_path / "work", data=[tmp_path / "words.mem"])

    assert result.total.ramb18 == 2 * result.total.ramb36 == ramb18
    assert result.total.lut <= lut + lut // 8
    if not ramb18:
        _check_words(result, [word >> 5 & 3 for word in words[:512]])


def test_words_beyond_the_address_cost_nothing(tmp_path: Path) -> None:
    # Regular contents: the logic optimizer, if it gets them, makes three levels of fewer LUTs.
    words = [(number * number >> 8) % (1 << WIDTH) for number in range(2048)]

    result = _synthesize(tmp_path, words, "logic_block = 1", reached=256)

    depth = module_depths(read_modules(result.netlist)["rom"]).into
    assert depth is not None
    assert depth.luts == 1
    assert result.total.lut <= 4 * WIDTH
    _check_words(result, words[:256])
