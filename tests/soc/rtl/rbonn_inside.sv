// SPDX-License-Identifier: BSD-3-Clause
//
// An adder below the stand-in top, and the accelerator beside it: sum_o = Add + what the
// accelerator made of a_i.
//
// Test: tests/soc/test_sources.py.

module rbonn_inside #(
  parameter logic [31:0] Add = 32'h0
) (
  input  logic        clk_i,
  input  logic        rst_i,
  input  logic [31:0] a_i,
  output logic [31:0] sum_o
);

  logic [31:0] answer;

  accelerator u_accelerator (.ap_clk(clk_i), .data_i(a_i), .data_o(answer));

  always_ff @(posedge clk_i) begin
    if (rst_i) sum_o <= '0;
    else       sum_o <= answer + Add;
  end

endmodule : rbonn_inside
