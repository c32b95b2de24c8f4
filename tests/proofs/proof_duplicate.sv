// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_duplicate: every word leaves each output once, in order, whenever the others take theirs.

`include "rbonn_assert.svh"

module proof_duplicate #(
  parameter int unsigned Copies = 2
) (
  input logic       clk_i,
  input logic       in_valid_i,
  input logic       in_data_i,
  input logic [7:0] out_ready_i,
  input logic       mark_i
);

  logic       rst_i, in_ready, word_q;
  logic [7:0] out_valid, out_data, take, watch_in, watch_out;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));

  rbonn_duplicate #(
    .Width (1),
    .Copies(Copies)
  ) dut (
    .clk_i, .rst_i, .in_valid_i, .in_ready_o(in_ready), .in_data_i,
    .out0_valid_o(out_valid[0]), .out0_ready_i(out_ready_i[0]), .out0_data_o(out_data[0]),
    .out1_valid_o(out_valid[1]), .out1_ready_i(out_ready_i[1]), .out1_data_o(out_data[1]),
    .out2_valid_o(out_valid[2]), .out2_ready_i(out_ready_i[2]), .out2_data_o(out_data[2]),
    .out3_valid_o(out_valid[3]), .out3_ready_i(out_ready_i[3]), .out3_data_o(out_data[3]),
    .out4_valid_o(out_valid[4]), .out4_ready_i(out_ready_i[4]), .out4_data_o(out_data[4]),
    .out5_valid_o(out_valid[5]), .out5_ready_i(out_ready_i[5]), .out5_data_o(out_data[5]),
    .out6_valid_o(out_valid[6]), .out6_ready_i(out_ready_i[6]), .out6_data_o(out_data[6]),
    .out7_valid_o(out_valid[7]), .out7_ready_i(out_ready_i[7]), .out7_data_o(out_data[7])
  );

  for (genvar i = 0; i < 8; i++) begin : gen_out
    if (i < Copies) begin : gen_used
      logic [7:0] have;
      proof_frames #(
        .MostAhead   (1),
        .AnswerWithin(0),
        .TakeWithin  (1)
      ) frames (
        .clk_i, .rst_i, .in_valid_i, .in_ready_i(in_ready), .out_valid_i(out_valid[i]),
        .out_ready_i(out_ready_i[i]), .out_data_i(out_data[i]), .needs_i(8'd1), .due_i(have != '0),
        .willing_i(&out_ready_i), .mark_i, .in_at_o(), .out_at_o(), .have_o(have), .take_o(take[i]),
        .watch_in_o(watch_in[i]), .watch_out_o(watch_out[i])
      );
      `ASSERT(DataInOrder, watch_out[i] |-> out_data[i] == word_q)
      `REACH(OthersWait, !out_valid[i] && out_valid != '0)
    end else begin : gen_unused
      `ASSERT(OffersNothing, !out_valid[i])
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) word_q <= '0;
    else if (take[0] && watch_in[0]) word_q <= in_data_i;
  end

endmodule : proof_duplicate
