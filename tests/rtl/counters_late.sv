// SPDX-License-Identifier: BSD-3-Clause
//
// Bench: rbonn_counters in a job that has lasted Before cycles already, as no simulation can wait for.

module counters_late #(
  parameter logic [63:0] Before = 64'h0_ffff_fffd
) (
  input  logic        clk_i,
  input  logic        clear_i,
  input  logic        in_valid_i,
  input  logic        in_ready_i,
  input  logic        in_done_i,
  input  logic        out_valid_i,
  input  logic        out_ready_i,
  output logic [63:0] cycles_o,
  output logic [31:0] in_stalls_o,
  output logic [31:0] out_stalls_o
);

  rbonn_counters u_counters (.*);

  initial u_counters.elapsed_q = Before;

endmodule : counters_late
