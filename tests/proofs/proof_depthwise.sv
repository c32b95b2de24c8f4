// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_depthwise: for each window and channel the sum of its taps times their weights, in order.

`include "rbonn_assert.svh"
`include "proof_ports.svh"

module proof_depthwise #(
  parameter  int unsigned     Fold       = 2,
  parameter  int unsigned     Taps       = 2,
  parameter  int unsigned     SIMD       = 1,
  parameter  logic [Taps*Fold-1:0] Weights = '0,  // bit t * Fold + f: tap t of channel f; 1 is +1, 0 is -1
  parameter  int unsigned     MostAhead  = 2,
  parameter                   WeightFile = "weights.mem",
  localparam int unsigned     InBeats    = Taps / SIMD * Fold,
  localparam int unsigned     AccWidth   = $clog2(Taps + 1) + 1,
  localparam int unsigned     PickBits   = (Fold > 1) ? $clog2(Fold) : 1
) (
  input logic                clk_i,
  input logic                in_valid_i,
  input logic [SIMD-1:0]     in_data_i,
  input logic                out_ready_i,
  input logic                mark_i,
  input logic [PickBits-1:0] pick_i
);

  localparam int unsigned Stages = ($clog2(SIMD) + 1) / 2;  // of the sum of a beat's taps

  logic                rst_i, in_ready, out_valid, take, watch_in, watch_out;
  logic [PickBits-1:0] pick;
  logic [AccWidth-1:0] out_data, beat_sum, sum_q;
  logic [7:0]          in_at, out_at, have, needs;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));
  proof_rigid #(.Values(Fold)) u_pick (.clk_i, .rst_i, .any_i(pick_i), .value_o(pick));

  rbonn_depthwise #(
    .PE         (1),
    .Fold       (Fold),
    .Taps       (Taps),
    .SIMD       (SIMD),
    .InWidth    (1),
    .InSigned   (0),
    .WeightWidth(1),
    .AccWidth   (AccWidth),
    .WeightFile (WeightFile)
  ) dut (
    `STREAM_PORTS
  );

  assign needs = 8'(InBeats - Fold) + out_at + 1'b1;

  proof_frames #(
    .Width       (AccWidth),
    .InBeats     (InBeats),
    .OutBeats    (Fold),
    .MostAhead   (MostAhead),
    .AnswerWithin(Stages + 3),
    .TakeWithin  (5)
  ) frames (
    `FRAMES_PORTS, .needs_i(needs), .due_i(have >= needs)
  );

  always_comb begin
    beat_sum = '0;
    for (int unsigned beat = 0; beat < InBeats; beat++) begin
      for (int unsigned tap = 0; tap < SIMD; tap++) begin
        if (32'(in_at) == beat && 32'(pick) == beat % Fold && in_data_i[tap]) begin
          if (Weights[(beat/Fold*SIMD+tap)*Fold + beat%Fold]) beat_sum = beat_sum + 1'b1;
          else beat_sum = beat_sum - 1'b1;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) sum_q <= '0;
    else if (take && watch_in) sum_q <= sum_q + beat_sum;
  end

  `ASSERT(SumInOrder, watch_out && out_at == 8'(pick) |-> out_data == sum_q)

endmodule : proof_depthwise
