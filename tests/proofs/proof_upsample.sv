// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_upsample: each pixel of a row ScaleW times, and the row ScaleH times; a frame is a row.

`include "rbonn_assert.svh"
`include "proof_ports.svh"

module proof_upsample #(
  parameter  int unsigned Fold     = 2,
  parameter  int unsigned Width    = 2,
  parameter  int unsigned ScaleH   = 2,
  parameter  int unsigned ScaleW   = 2,
  parameter  int unsigned BlockRam = 0,
  localparam int unsigned Words    = Width * Fold,
  localparam int unsigned Row      = Words * ScaleW,
  localparam int unsigned Beats    = Row * ScaleH
) (
  input logic                     clk_i,
  input logic                     in_valid_i,
  input logic                     in_data_i,
  input logic                     out_ready_i,
  input logic                     mark_i,
  input logic [$clog2(Words)-1:0] pick_i
);

  logic                     rst_i, in_ready, out_valid, out_data, take, watch_in, watch_out, word_q, same;
  logic [$clog2(Words)-1:0] pick;
  logic [7:0]               in_at, out_at, have, needs;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));
  proof_rigid #(.Values(Words)) u_pick (.clk_i, .rst_i, .any_i(pick_i), .value_o(pick));

  rbonn_upsample #(
    .PE      (1),
    .Fold    (Fold),
    .Width   (Width),
    .ScaleH  (ScaleH),
    .ScaleW  (ScaleW),
    .Bits    (1),
    .BlockRam(BlockRam)
  ) dut (
    `STREAM_PORTS
  );

  proof_frames #(
    .InBeats     (Words),
    .OutBeats    (Beats),
    .MostAhead   (1),
    .AnswerWithin(0),
    .TakeWithin  (Beats)
  ) frames (
    `FRAMES_PORTS, .needs_i(needs), .due_i(have >= needs)
  );

  // Beat out and the word that it repeats; rows but the first are made of all words.
  always_comb begin
    needs = '0;
    same  = 1'b1;
    for (int unsigned beat = 0; beat < Beats; beat++) begin
      int unsigned column, word;
      column = beat % Row / (ScaleW * Fold);
      word   = column * Fold + beat % Fold;
      if (32'(out_at) == beat) begin
        if (beat >= Row) needs = 8'(Words);
        else if (beat % (ScaleW * Fold) >= Fold) needs = 8'((column + 1) * Fold);
        else needs = 8'(word + 1);
        if (32'(pick) == word) same = out_data == word_q;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) word_q <= '0;
    else if (take && watch_in && in_at == 8'(pick)) word_q <= in_data_i;
  end

  `ASSERT(DataInOrder, watch_out |-> same)

endmodule : proof_upsample
