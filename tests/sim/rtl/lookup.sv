// SPDX-License-Identifier: BSD-3-Clause
//
// out = table[in], combinational; the table comes from a $readmemh file.
//
// Test: tests/sim/test_model.py.

module lookup #(
  parameter TableFile = "table.mem"  // 16 bytes
) (
  input  logic       clk_i,
  input  logic       rst_i,

  input  logic       in_valid_i,
  output logic       in_ready_o,
  input  logic [3:0] in_data_i,

  output logic       out_valid_o,
  input  logic       out_ready_i,
  output logic [7:0] out_data_o
);

  logic [7:0] rows [16];
  initial $readmemh(TableFile, rows);

  assign in_ready_o  = out_ready_i;
  assign out_valid_o = in_valid_i;
  assign out_data_o  = rows[in_data_i];

  logic unused_ok;
  assign unused_ok = &{1'b0, clk_i, rst_i};

endmodule
