// SPDX-License-Identifier: BSD-3-Clause
//
// Stands in for the real top in tests of the flows: a processor, a clock buffer and a small module.
//
// Test: tests/soc/test_sources.py.

module rbonn_zynq_top #(
  parameter int unsigned InBits     = 8,
  parameter int unsigned InBeats    = 1,
  parameter int unsigned OutBits    = 8,
  parameter int unsigned OutBeats   = 1,
  parameter logic [31:0] NetworkId  = 32'h0,
  parameter int unsigned ReadDepth  = 128,
  parameter int unsigned WriteDepth = 64
);

  logic [3:0]  fclk, reset_n;
  logic        clk;
  logic [31:0] address, data;

  // rbonn_absent is named in a comment only.
  (* keep *) PS7 u_ps7 (
    .FCLKCLK(fclk), .FCLKRESETN(reset_n), .MAXIGP0ARADDR(address), .MAXIGP0RDATA(data),
    .MAXIGP0ACLK(clk)
  );
  BUFG u_clk (.I(fclk[0]), .O(clk));

  rbonn_inside #(.Add(NetworkId)) u_inside (
    .clk_i(clk), .rst_i(!reset_n[0]), .a_i(address), .sum_o(data)
  );

endmodule : rbonn_zynq_top
