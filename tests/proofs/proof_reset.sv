// SPDX-License-Identifier: BSD-3-Clause
//
// Reset of a proof: two cycles, so that what is said of the cycle before is true in the first one that
// counts. Registers begin with any value, so this is also a reset in the midst of anything.

module proof_reset (
  input  logic clk_i,
  output logic rst_o
);

  logic [1:0] run_q = '0;

  always_ff @(posedge clk_i) run_q <= {run_q[0], 1'b1};
  assign rst_o = !run_q[1];

endmodule : proof_reset
