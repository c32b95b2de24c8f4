// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_concat: Fold0 beats of in0, then Fold1 beats of in1, and so on, none left out.

`include "rbonn_assert.svh"

module proof_concat #(
  parameter  int unsigned Fold0 = 2,
  parameter  int unsigned Fold1 = 3,
  localparam int unsigned Beats = Fold0 + Fold1
) (
  input logic                     clk_i,
  input logic                     in0_valid_i,
  input logic                     in1_valid_i,
  input logic                     in0_data_i,
  input logic                     in1_data_i,
  input logic                     out_ready_i,
  input logic                     mark_i,
  input logic [$clog2(Beats)-1:0] pick_i
);

  logic                     rst_i, in0_ready, in1_ready, out_valid, out_data, due, data0_q, data1_q;
  logic                     take0, take1, watch_in0, watch_in1, watch_out0, watch_out1;
  logic [$clog2(Beats)-1:0] pick;
  logic [7:0]               in_at0, in_at1, out_at, have0, have1, needs0, needs1;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));
  proof_rigid #(.Values(Beats)) u_pick (.clk_i, .rst_i, .any_i(pick_i), .value_o(pick));

  rbonn_concat #(
    .PE       (1),
    .Fold0    (Fold0),
    .Fold1    (Fold1),
    .In0Bits  (1),
    .In0Signed(0),
    .In1Bits  (1),
    .In1Signed(0),
    .OutBits  (1)
  ) dut (
    .clk_i, .rst_i,
    .in0_valid_i, .in0_ready_o(in0_ready), .in0_data_i,
    .in1_valid_i, .in1_ready_o(in1_ready), .in1_data_i,
    .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data)
  );

  assign needs0 = (32'(out_at) < Fold0) ? out_at + 1'b1 : 8'(Fold0);
  assign needs1 = (32'(out_at) < Fold0) ? '0 : out_at - 8'(Fold0 - 1);
  assign due    = have0 >= needs0 && have1 >= needs1;

  proof_frames #(
    .InBeats     (Fold0),
    .OutBeats    (Beats),
    .MostAhead   (1),
    .AnswerWithin(0),
    .TakeWithin  (Fold1)
  ) frames0 (
    .clk_i, .rst_i, .in_valid_i(in0_valid_i), .in_ready_i(in0_ready), .out_valid_i(out_valid),
    .out_ready_i, .out_data_i(out_data), .needs_i(needs0), .due_i(due),
    .willing_i(out_ready_i && in1_valid_i), .mark_i, .in_at_o(in_at0), .out_at_o(out_at), .have_o(have0),
    .take_o(take0), .watch_in_o(watch_in0), .watch_out_o(watch_out0)
  );
  proof_frames #(
    .InBeats     (Fold1),
    .OutBeats    (Beats),
    .MostAhead   (1),
    .AnswerWithin(0),
    .TakeWithin  (Fold0)
  ) frames1 (
    .clk_i, .rst_i, .in_valid_i(in1_valid_i), .in_ready_i(in1_ready), .out_valid_i(out_valid),
    .out_ready_i, .out_data_i(out_data), .needs_i(needs1), .due_i(due),
    .willing_i(out_ready_i && in0_valid_i), .mark_i, .in_at_o(in_at1), .out_at_o(), .have_o(have1),
    .take_o(take1), .watch_in_o(watch_in1), .watch_out_o(watch_out1)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      data0_q <= '0;
      data1_q <= '0;
    end else begin
      if (take0 && watch_in0 && in_at0 == 8'(pick)) data0_q <= in0_data_i;
      if (take1 && watch_in1 && in_at1 + 8'(Fold0) == 8'(pick)) data1_q <= in1_data_i;
    end
  end

  `ASSERT(Data0InOrder, watch_out0 && out_at == 8'(pick) && 32'(out_at) < Fold0 |-> out_data == data0_q)
  `ASSERT(Data1InOrder, watch_out1 && out_at == 8'(pick) && 32'(out_at) >= Fold0 |-> out_data == data1_q)

endmodule : proof_concat
