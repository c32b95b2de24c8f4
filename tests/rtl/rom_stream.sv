// SPDX-License-Identifier: BSD-3-Clause
//
// Bench: rbonn_rom between streams, addresses in and words out, for a consumer that is always ready.

module rom_stream #(
  parameter  int unsigned Width     = 8,
  parameter  int unsigned Depth     = 4,
  parameter  bit          Block     = 1'b0,
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  logic                 clk_i,
  input  logic                 rst_i,
  input  logic                 in_valid_i,
  output logic                 in_ready_o,
  input  logic [AddrWidth-1:0] in_data_i,
  output logic                 out_valid_o,
  input  logic                 out_ready_i,
  output logic [Width-1:0]     out_data_o
);

  logic       unused_ready;
  logic [1:0] valid_q;

  always_ff @(posedge clk_i) valid_q <= rst_i ? '0 : {valid_q[0], in_valid_i};

  assign out_valid_o  = valid_q[Block];

  assign in_ready_o   = 1'b1;
  assign unused_ready = out_ready_i;

  rbonn_rom #(
    .Width(Width),
    .Depth(Depth),
    .Block(Block),
    .File ("rom.mem")
  ) u_rom (
    .clk_i,
    .addr_i(in_data_i),
    .data_o(out_data_o)
  );

endmodule : rom_stream
