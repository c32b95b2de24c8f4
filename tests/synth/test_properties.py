"""rbonn_hw.synth.properties and rbonn_hw.synth.prove: a counter, of which some things are true."""

from pathlib import Path

import pytest

from rbonn_hw.errors import ToolError
from rbonn_hw.synth.properties import formal_source
from rbonn_hw.synth.prove import Effort, read_properties

COUNTER = """
module counter #(parameter int unsigned Last = 5, parameter logic [39:0] Wide = 0) (
  input logic clk_i, input logic go_i
);
  logic       rst_i, begun_q = 0;
  logic [3:0] count_q, late_q;
  logic       never_q;
  assign rst_i = !begun_q;
  always_ff @(posedge clk_i) begin
    begun_q <= 1;
    never_q <= 0;
    late_q  <= count_q;
    if (rst_i) count_q <= 0;
    else if (go_i) count_q <= 32'(count_q) == Last ? 0 : count_q + 1;
  end
  `ASSERT(InRange, 32'(count_q) <= Last)
  `ASSERT(TooSmall, 32'(count_q) < Last)
  `ASSERT(Held, !go_i |=> $stable(count_q))
  `ASSERT(NotHeld, go_i |=> $stable(count_q))
  `ASSERT(Late, count_q == 3 |=> late_q == {1'b0, 3'd3})
  `ASSERT(AnyStart, count_q != 3 |-> (late_q != 3 || go_i || !go_i) && Wide == 40'h123456789a)
  `REACH(Last, 32'(count_q) == Last)
  `REACH(Beyond, 32'(count_q) > Last)
endmodule
"""
EFFORT = Effort(induction_seconds=60, bounded_seconds=60, bounded_cycles=20)


def test_what_holds_is_proved_and_what_does_not_is_refuted(tmp_path: Path) -> None:
    parameters = {"Last": 6, "Wide": 0x12_3456_789A}
    properties = read_properties({"counter.sv": COUNTER}, "counter", parameters, tmp_path)

    found = {name: properties.decide(name, EFFORT) for name in properties.outputs}

    assert {name: verdict.method for name, verdict in found.items()} == {
        "InRange": "induction",
        "TooSmall": "refuted",
        "Held": "induction",
        "NotHeld": "refuted",
        "Late": "induction",
        "AnyStart": "induction",
        "ReachLast": "refuted",
        "ReachBeyond": "bounded",
    }
    wrong = {name for name, verdict in found.items() if not verdict.as_it_should}
    assert wrong == {"TooSmall", "NotHeld", "ReachBeyond"}
    assert found["TooSmall"].cycles == 7  # reset, and six steps
    assert found["ReachBeyond"].cycles == 20


def test_what_is_too_far_to_unroll_is_found_among_all_states(tmp_path: Path) -> None:
    properties = read_properties({"counter.sv": COUNTER}, "counter", {}, tmp_path)

    verdict = properties.decide("ReachLast", Effort(bounded_cycles=3))

    assert (verdict.method, verdict.as_it_should) == ("refuted", True)
    assert verdict.cycles == 6  # reset, and five steps


def test_a_design_that_asserts_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="empty asserts nothing"):
        read_properties({"e.sv": "module empty (input logic clk_i); endmodule"}, "empty", {}, tmp_path)


def test_implications_are_rewritten_and_macros_are_not() -> None:
    macro = "`define ASSERT(__name, __prop) old\n"
    text = "`ASSERT(Name, f(a, b) |=>\n  {c, d} == 2'b01)"

    assert formal_source(macro + text) == (
        f"{macro}Name: assert property (@(posedge clk_i) disable iff (rst_i) "
        "(!$past(!rst_i && ( f(a, b) )) || (\n  {c, d} == 2'b01)));"
    )
