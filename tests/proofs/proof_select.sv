// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_select: the kept beats of each frame, in order, and no other.

`include "rbonn_assert.svh"
`include "proof_ports.svh"

module proof_select #(
  parameter  int unsigned     Fold     = 4,
  parameter  int unsigned     Kept     = 2,
  parameter  logic [Fold-1:0] Keep     = 4'b0101,
  parameter                   KeepFile = "keep.mem"
) (
  input logic                    clk_i,
  input logic                    in_valid_i,
  input logic                    in_data_i,
  input logic                    out_ready_i,
  input logic                    mark_i,
  input logic [$clog2(Fold)-1:0] pick_i
);

  logic                    rst_i, in_ready, out_valid, out_data, take, watch_in, watch_out, word_q, same;
  logic [$clog2(Fold)-1:0] pick;
  logic [7:0]              in_at, out_at, have, needs;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));
  proof_rigid #(.Values(Fold)) u_pick (.clk_i, .rst_i, .any_i(pick_i), .value_o(pick));

  rbonn_select #(
    .PE      (1),
    .Fold    (Fold),
    .Bits    (1),
    .KeepFile(KeepFile)
  ) dut (
    `STREAM_PORTS
  );

  proof_frames #(
    .InBeats     (Fold),
    .OutBeats    (Kept),
    .MostAhead   (1),
    .AnswerWithin(0),
    .TakeWithin  (1)
  ) frames (
    `FRAMES_PORTS, .needs_i(needs), .due_i(have >= needs)
  );

  always_comb begin
    int unsigned kept;
    kept  = 0;
    needs = '0;
    same  = 1'b1;
    for (int unsigned beat = 0; beat < Fold; beat++) begin
      if (Keep[beat]) begin
        if (32'(out_at) == kept) begin
          needs = 8'(beat + 1);
          if (32'(pick) == beat) same = out_data == word_q;
        end
        kept++;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) word_q <= '0;
    else if (take && watch_in && in_at == 8'(pick)) word_q <= in_data_i;
  end

  `ASSERT(DataInOrder, watch_out |-> same)

endmodule : proof_select
