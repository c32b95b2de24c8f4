// SPDX-License-Identifier: BSD-3-Clause
//
// Counts the cycles of a job at the accelerator's streams, from clear_i on:
//
//   cycles_o      from the first input beat to the latest output beat, both included
//   in_stalls_o   ready and no input, after the first input beat and before in_done_i
//   out_stalls_o  an output beat waits
//
// The stall counters wrap at 2^32.
//
// Test: tests/rtl/test_counters.py.

module rbonn_counters (
  input  logic        clk_i,

  input  logic        clear_i,
  input  logic        in_valid_i,
  input  logic        in_ready_i,
  input  logic        in_done_i,  // the last input beat has passed
  input  logic        out_valid_i,
  input  logic        out_ready_i,

  output logic [63:0] cycles_o,
  output logic [31:0] in_stalls_o,
  output logic [31:0] out_stalls_o
);

  logic        begun_d, begun_q;      // the first input beat has passed
  logic [63:0] elapsed_d, elapsed_q;  // cycles from the first input beat up to this one, included
  logic [63:0] cycles_q;
  logic [31:0] in_stalls_q, out_stalls_q;

  assign begun_d      = begun_q || (in_valid_i && in_ready_i);
  assign elapsed_d    = elapsed_q + 64'(begun_d);
  assign cycles_o     = cycles_q;
  assign in_stalls_o  = in_stalls_q;
  assign out_stalls_o = out_stalls_q;

  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      begun_q      <= 1'b0;
      elapsed_q    <= '0;
      cycles_q     <= '0;
      in_stalls_q  <= '0;
      out_stalls_q <= '0;
    end else begin
      begun_q   <= begun_d;
      elapsed_q <= elapsed_d;
      if (out_valid_i && out_ready_i) cycles_q <= elapsed_d;
      if (begun_q && !in_done_i && in_ready_i && !in_valid_i) in_stalls_q <= in_stalls_q + 1'b1;
      if (out_valid_i && !out_ready_i) out_stalls_q <= out_stalls_q + 1'b1;
    end
  end

endmodule : rbonn_counters
