// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_result_stage: as long as nothing is sent without a credit nothing is lost, and the credits that are
// out are the items that it holds.

`include "rbonn_assert.svh"

module proof_result_stage #(
  parameter int unsigned Slots = 2
) (
  input logic clk_i,
  input logic wish_i,
  input logic data_i,
  input logic out_ready_i,
  input logic mark_i
);

  localparam bit Fifo = Slots > 1;

  typedef logic [$clog2(Slots+1)-1:0] credit_t;

  logic       rst_i, push, free, out_valid, out_data, watch_in, watch_out, item_q;
  logic [7:0] have;
  credit_t    credit_q;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));

  assign push = wish_i && credit_q != '0;

  rbonn_result_stage #(
    .Width(1),
    .Slots(Slots)
  ) dut (
    .clk_i, .rst_i, .push_i(push), .data_i, .free_o(free),
    .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) credit_q <= credit_t'(Slots);
    else credit_q <= credit_q - credit_t'(push) + credit_t'(free);
  end

  proof_frames #(
    .MostAhead   (Slots + 32'(Fifo)),
    .AnswerWithin(32'(Fifo)),
    .TakeWithin  (32'(Fifo) + 1)
  ) frames (
    .clk_i, .rst_i, .in_valid_i(wish_i), .in_ready_i(credit_q != '0), .out_valid_i(out_valid), .out_ready_i,
    .out_data_i(out_data), .needs_i(8'd1), .due_i(have != '0), .willing_i(out_ready_i), .mark_i,
    .in_at_o(), .out_at_o(), .have_o(have), .take_o(), .watch_in_o(watch_in), .watch_out_o(watch_out)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) item_q <= '0;
    else if (push && watch_in) item_q <= data_i;
  end

  `ASSERT(CreditsInRange, credit_q <= credit_t'(Slots) && (credit_q != '0 || !free || !push))
  `ASSERT(DataInOrder, watch_out |-> out_data == item_q)
  `REACH(NoCredit, credit_q == '0)

endmodule : proof_result_stage
