"""rbonn_hw.synth.yosys: known small circuits, refused circuits, and every module of the project."""

import gzip
import json
from pathlib import Path

import pytest

from rbonn_hw.errors import ToolError
from rbonn_hw.synth.yosys import Synthesis, synthesize

pytestmark = pytest.mark.slow

TWO_NODES = """
module counter #(parameter int unsigned Width = 4) (input logic clk_i, rst_i, output logic [Width-1:0] q_o);
  always_ff @(posedge clk_i) q_o <= rst_i ? '0 : q_o + 1'b1;
endmodule
module rom (input logic clk_i, input logic [8:0] address_i, output logic [17:0] data_o);
  (* ram_style = "block" *) logic [17:0] words [512];
  initial $readmemh("words.mem", words);
  always_ff @(posedge clk_i) data_o <= words[address_i];
endmodule
module top (input logic clk_i, rst_i, output logic [17:0] data_o);
  logic [8:0] address;
  counter #(.Width(9)) steps (.clk_i, .rst_i, .q_o(address));
  rom weights (.clk_i, .address_i(address), .data_o);
endmodule
"""

AROUND_A_HOLE = """
(* blackbox *) module core (input logic clk_i, input logic [3:0] d_i, output logic [3:0] q_o); endmodule
module around #(
  parameter int unsigned Width = 4,
  parameter logic [7:0] Id = 8'h00
) (input logic clk_i, input logic d_i, output logic [3:0] q_o, output logic [7:0] id_o);
  logic [Width-1:0] delay_q;
  always_ff @(posedge clk_i) delay_q <= {delay_q[Width-2:0] ^ {(Width-1){d_i}}, d_i};
  core u_core (.clk_i, .d_i(delay_q[Width-1-:4]), .q_o);
  assign id_o = Id;
endmodule
"""


def _synthesize(folder: Path, text: str, top: str, *, per_instance: bool = False) -> Synthesis:
    source, words = folder / "design.sv", folder / "words.mem"
    source.write_text(text)
    words.write_text("".join(f"{(77 * n) % 2**18:05x}\n" for n in range(512)))
    return synthesize([source], top, folder / "work", data=[words], per_instance=per_instance)


def test_nodes_are_counted_one_by_one_and_the_rerun_is_answered_from_the_folder(tmp_path: Path) -> None:
    first = _synthesize(tmp_path, TWO_NODES, "top", per_instance=True)

    assert first.nodes["weights"].ramb36 == 0.5
    assert first.nodes["weights"].ramb18 == 1
    assert first.nodes["steps"].ff == 9
    assert (first.total.ff, first.total.ramb36) == (9, 0.5)
    assert first.total.lut == first.nodes["steps"].lut + first.nodes["weights"].lut
    assert first.netlist.stat().st_size > 0
    assert not first.cached

    again = _synthesize(tmp_path, TWO_NODES, "top", per_instance=True)
    assert again.cached
    assert (again.total, again.nodes) == (first.total, first.nodes)

    changed = _synthesize(tmp_path, TWO_NODES.replace("Width(9)", "Width(8)"), "top", per_instance=True)
    assert not changed.cached
    assert changed.total.ff == 8


def test_flat_run_equals_the_sum(tmp_path: Path) -> None:
    flat = _synthesize(tmp_path, TWO_NODES, "top")

    assert (flat.total.ff, flat.total.ramb36, flat.nodes) == (9, 0.5, {})


def test_a_distributed_rom_becomes_plain_lut(tmp_path: Path) -> None:
    text = TWO_NODES.replace('ram_style = "block"', 'ram_style = "distributed"')

    total = _synthesize(tmp_path, text, "rom").total

    assert (total.ramb36, total.lutram) == (0, 0)
    assert total.lut > 18


def _around(folder: Path, **parameters: str) -> Synthesis:
    source = folder / "around.sv"
    source.write_text(AROUND_A_HOLE)
    return synthesize([source], "around", folder / "work", parameters=parameters, black_boxes=["core"])


def test_parameters_of_the_top_module_are_overridden(tmp_path: Path) -> None:
    assert _around(tmp_path).total.ff == 4

    wide = _around(tmp_path, Width="9", Id="8'h35")

    assert not wide.cached, "other parameters are another design"
    assert wide.total.ff == 9
    with gzip.open(wide.netlist, "rt") as file:
        ports = json.load(file)["modules"]["around"]["ports"]
    assert ports["id_o"]["bits"] == list("10101100")  # lowest bit first
    assert _around(tmp_path, Width="9", Id="8'h35").cached
    with pytest.raises(ToolError, match="no source declares the parameter 'Depth' of 'around'"):
        _around(tmp_path, Depth="9")


def test_a_black_box_stays_one_cell_that_costs_nothing(tmp_path: Path) -> None:
    found = _around(tmp_path)

    with gzip.open(found.netlist, "rt") as file:
        cells = json.load(file)["modules"]["around"]["cells"].values()
    (core,) = [cell for cell in cells if cell["type"] == "core"]
    assert {name: len(bits) for name, bits in core["connections"].items()} == {"clk_i": 1, "d_i": 4, "q_o": 4}
    counted = found.total
    assert (counted.ff, counted.ramb36, counted.dsp) == (4, 0, 0)
    assert counted.lut == sum(cell["type"].startswith("LUT") for cell in cells)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            "module bad (input logic e, d, output logic q);\n  always @* if (e) q = d;\nendmodule",
            "latch inferred",
            id="latch",
        ),
        pytest.param(
            "module bad (input wire a, b, output wire q);\n  assign q = a;\n  assign q = b;\nendmodule",
            r"more than one driver: bad\.\\q",
            id="two-drivers",
        ),
        pytest.param(
            "module bad (input logic d);\n  absent u (.d);\nendmodule",
            r"design\.sv:2: ERROR: unknown module 'absent'",
            id="missing-module",
        ),
        pytest.param(
            "module bad (input logic a, output logic q);\n  logic m [2];\n"
            '  initial $readmemh("lost.mem", m);\n  assign q = m[a];\nendmodule',
            r"design\.sv:3: ERROR: failed to open file 'lost\.mem'",
            id="missing-memory",
        ),
        pytest.param("module bad (;", r"design\.sv:1: ERROR", id="syntax"),
        pytest.param("module other ();\nendmodule", "'bad'", id="missing-top"),
        pytest.param(
            "(* blackbox *) module hole (input d, output q); endmodule\n"
            "module bad (input d, output q); hole u (.d(d), .q(q)); endmodule",
            "no 7-series primitives: hole",
            id="black-box",
        ),
    ],
)
def test_a_design_with_a_fault_is_refused_with_the_place(text: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=complaint):
        _synthesize(tmp_path, text, "bad")


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.sv").write_text("module same (); endmodule\n")

    with pytest.raises(ToolError, match=r"two files are called 'same\.sv'"):
        synthesize([tmp_path / "a/same.sv", tmp_path / "b/same.sv"], "same", tmp_path / "work")


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"gone\.sv does not exist"):
        synthesize([tmp_path / "gone.sv"], "gone", tmp_path / "work")
