// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_fifo (Depth >= 2) or rbonn_register (Depth = 0): the words that went in come out in order.

`include "rbonn_assert.svh"
`include "proof_ports.svh"

module proof_fifo #(
  parameter int unsigned Depth    = 2,
  parameter int unsigned BlockRam = 0
) (
  input logic clk_i,
  input logic in_valid_i,
  input logic in_data_i,
  input logic out_ready_i,
  input logic mark_i
);

  localparam int unsigned Capacity = (Depth == 0) ? 2 : Depth + 1;
  localparam int unsigned Latency  = (Depth == 0) ? 1 : 2;

  logic       rst_i, in_ready, out_valid, out_data, take, watch_in, watch_out, word_q;
  logic [7:0] have;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));

  if (Depth == 0) begin : gen_register
    rbonn_register #(
      .Width(1)
    ) dut (
      `STREAM_PORTS
    );
  end else begin : gen_fifo
    rbonn_fifo #(
      .Width   (1),
      .Depth   (Depth),
      .BlockRam(BlockRam)
    ) dut (
      `STREAM_PORTS
    );
  end

  proof_frames #(
    .MostAhead   (Capacity),
    .AnswerWithin(Latency - 1),
    .TakeWithin  (2)
  ) frames (
    .clk_i, .rst_i, .in_valid_i, .in_ready_i(in_ready), .out_valid_i(out_valid), .out_ready_i,
    .out_data_i(out_data), .needs_i(8'd1), .due_i(have != '0), .willing_i(out_ready_i), .mark_i,
    .in_at_o(), .out_at_o(), .have_o(have), .take_o(take), .watch_in_o(watch_in), .watch_out_o(watch_out)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) word_q <= '0;
    else if (take && watch_in) word_q <= in_data_i;
  end

  `ASSERT(DataInOrder, watch_out |-> out_data == word_q)

endmodule : proof_fifo
