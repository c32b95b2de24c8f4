// SPDX-License-Identifier: BSD-3-Clause
//
// Any value below Values, which then stays: what holds for it holds for each.

module proof_rigid #(
  parameter  int unsigned Values = 2,
  localparam int unsigned Width  = (Values > 1) ? $clog2(Values) : 1
) (
  input  logic             clk_i,
  input  logic             rst_i,
  input  logic [Width-1:0] any_i,  // free
  output logic [Width-1:0] value_o
);

  always_ff @(posedge clk_i) begin
    if (rst_i) value_o <= (32'(any_i) < Values) ? any_i : '0;
  end

endmodule : proof_rigid
