// SPDX-License-Identifier: BSD-3-Clause
//
// Multiplies a number by a constant, one bit per cycle, highest bit first:
//
//   product = sum over steps of bit * Factor * 2^(steps after it)
//
// overflow_o says that the product passed 2^32 - 1; then product_o is meaningless. A shift and an
// addition instead of DSP slices, which the accelerator may want.
//
// Test: tests/rtl/test_job.py.

module rbonn_scale #(
  parameter int unsigned Factor = 64
) (
  input  logic        clk_i,

  input  logic        clear_i,  // product = 0; goes before step_i
  input  logic        step_i,
  input  logic        bit_i,
  output logic [31:0] product_o,
  output logic        overflow_o
);

  logic [31:0] product_q;
  logic        overflow_q;
  logic [33:0] sum;

  assign sum        = {1'b0, product_q, 1'b0} + (bit_i ? 34'(Factor) : '0);
  assign product_o  = product_q;
  assign overflow_o = overflow_q;

  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      product_q  <= '0;
      overflow_q <= 1'b0;
    end else if (step_i) begin
      product_q  <= sum[31:0];
      overflow_q <= overflow_q || (sum[33:32] != '0);
    end
  end

endmodule : rbonn_scale
