// SPDX-License-Identifier: BSD-3-Clause
//
// A byte from a memory image beside this file.
//
// Test: tests/sim/test_finn_rtlsim.py.

module constant (
  input        ap_clk,
  input        ap_rst_n,
  output [7:0] value
);

  reg [7:0] rows [0:0];
  initial $readmemh("./value.dat", rows);
  assign value = rows[0];

endmodule
