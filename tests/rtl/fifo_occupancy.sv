// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_fifo beside an independent count of the words between its two ports.

`include "rbonn_assert.svh"

module fifo_occupancy #(
  parameter int unsigned Width    = 8,
  parameter int unsigned Depth    = 4,
  parameter int unsigned BlockRam = 0
) (
  input  logic             clk_i,
  input  logic             rst_i,
  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);

  rbonn_fifo #(
    .Width   (Width),
    .Depth   (Depth),
    .BlockRam(BlockRam)
  ) u_fifo (.*);

  logic [31:0] inside_q, most_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      inside_q <= '0;
      most_q   <= '0;
    end else begin
      inside_q <= inside_q + 32'(in_valid_i && in_ready_o) - 32'(out_valid_o && out_ready_i);
      if (inside_q > most_q) most_q <= inside_q;
    end
  end

  `ASSERT(MaxOccupancyIsTheMostInside, u_fifo.max_occupancy_q == most_q)

endmodule : fifo_occupancy
