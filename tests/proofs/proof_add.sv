// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_add: the sums of the pairs, in order; both inputs are taken together.

`include "rbonn_assert.svh"

module proof_add #(
  parameter int unsigned Signed  = 1,
  parameter int unsigned Factor0 = 1,
  parameter int unsigned Factor1 = 1,
  localparam int unsigned Bits   = 2,
  localparam int unsigned OutBits = 6
) (
  input logic            clk_i,
  input logic            in0_valid_i,
  input logic            in1_valid_i,
  input logic [Bits-1:0] in0_data_i,
  input logic [Bits-1:0] in1_data_i,
  input logic            out_ready_i,
  input logic            mark_i
);

  localparam int unsigned Latency = (Factor0 > 1 || Factor1 > 1) ? 2 : 1;

  logic               rst_i, in0_ready, in1_ready, out_valid, take0, take1, watch_in0, watch_in1, watch_out;
  logic [OutBits-1:0] out_data, sum_q;
  logic [7:0]         have0, have1;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));

  rbonn_add #(
    .PE       (1),
    .In0Bits  (Bits),
    .In0Signed(Signed),
    .In1Bits  (Bits),
    .In1Signed(Signed),
    .OutBits  (OutBits),
    .Factor0  (Factor0),
    .Factor1  (Factor1)
  ) dut (
    .clk_i, .rst_i,
    .in0_valid_i, .in0_ready_o(in0_ready), .in0_data_i,
    .in1_valid_i, .in1_ready_o(in1_ready), .in1_data_i,
    .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data)
  );

  proof_frames #(
    .Width       (OutBits),
    .MostAhead   (Latency),
    .AnswerWithin(Latency - 1),
    .TakeWithin  (1)
  ) frames0 (
    .clk_i, .rst_i, .in_valid_i(in0_valid_i), .in_ready_i(in0_ready), .out_valid_i(out_valid),
    .out_ready_i, .out_data_i(out_data), .needs_i(8'd1), .due_i(have0 != '0),
    .willing_i(out_ready_i && in1_valid_i), .mark_i, .in_at_o(), .out_at_o(), .have_o(have0), .take_o(take0),
    .watch_in_o(watch_in0), .watch_out_o(watch_out)
  );
  proof_frames #(
    .Width       (OutBits),
    .MostAhead   (Latency),
    .AnswerWithin(Latency - 1),
    .TakeWithin  (1)
  ) frames1 (
    .clk_i, .rst_i, .in_valid_i(in1_valid_i), .in_ready_i(in1_ready), .out_valid_i(out_valid),
    .out_ready_i, .out_data_i(out_data), .needs_i(8'd1), .due_i(have1 != '0),
    .willing_i(out_ready_i && in0_valid_i), .mark_i, .in_at_o(), .out_at_o(), .have_o(have1), .take_o(take1),
    .watch_in_o(watch_in1), .watch_out_o()
  );

  function automatic logic [OutBits-1:0] wide(logic [Bits-1:0] value);
    return {{(OutBits - Bits){Signed != 0 && value[Bits-1]}}, value};
  endfunction

  always_ff @(posedge clk_i) begin
    if (rst_i) sum_q <= '0;
    else if (take0 && watch_in0) begin
      sum_q <= OutBits'(wide(in0_data_i) * OutBits'(Factor0) + wide(in1_data_i) * OutBits'(Factor1));
    end
  end

  `ASSERT(TakenTogether, take0 == take1 && watch_in0 == watch_in1)
  `ASSERT(SumInOrder, watch_out |-> out_data == sum_q)

endmodule : proof_add
