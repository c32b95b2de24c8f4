// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_threshold: for each element the number of its channel's thresholds that it reaches, in order.

`include "rbonn_assert.svh"
`include "proof_ports.svh"

module proof_threshold #(
  parameter  int unsigned Folds         = 2,
  parameter  int unsigned Steps         = 3,
  parameter  int unsigned InWidth       = 3,
  parameter  int          OutBias       = 0,
  parameter  bit          Flip          = 0,
  parameter  logic [Folds*Steps*8-1:0] Thresholds = '0,  // of fold f, step k: byte f * Steps + k, signed
  parameter  logic [Folds-1:0]         Flipped    = '0,
  parameter               ThresholdFile = "thresholds.mem",
  parameter               FlipFile      = "flip.mem",
  localparam int unsigned OutWidth      = 4,
  localparam int unsigned PickBits      = (Folds > 1) ? $clog2(Folds) : 1
) (
  input logic                clk_i,
  input logic                in_valid_i,
  input logic [InWidth-1:0]  in_data_i,
  input logic                out_ready_i,
  input logic                mark_i,
  input logic [PickBits-1:0] pick_i
);

  localparam int unsigned Latency = $clog2(Steps + 1);

  logic                rst_i, in_ready, out_valid, take, watch_in, watch_out;
  logic [PickBits-1:0] pick;
  logic [OutWidth-1:0] out_data, count, count_q;
  logic [7:0]          in_at, out_at, have;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));
  proof_rigid #(.Values(Folds)) u_pick (.clk_i, .rst_i, .any_i(pick_i), .value_o(pick));

  rbonn_threshold #(
    .Channels     (Folds),
    .Pe           (1),
    .Steps        (Steps),
    .InWidth      (InWidth),
    .OutWidth     (OutWidth),
    .InSigned     (1),
    .Flip         (Flip),
    .OutBias      (OutBias),
    .ThresholdFile(ThresholdFile),
    .FlipFile     (FlipFile)
  ) dut (
    `STREAM_PORTS
  );

  proof_frames #(
    .Width       (OutWidth),
    .InBeats     (Folds),
    .OutBeats    (Folds),
    .MostAhead   ((Latency + Folds - 1) / Folds),
    .AnswerWithin(Latency - 1),
    .TakeWithin  (0)
  ) frames (
    `FRAMES_PORTS, .needs_i(out_at + 1'b1), .due_i(have > out_at)
  );

  always_comb begin
    count = OutWidth'(OutBias);
    for (int unsigned fold = 0; fold < Folds; fold++) begin
      for (int unsigned step = 0; step < Steps; step++) begin
        logic signed [7:0] value;
        value = 8'($signed(in_data_i));
        if (Flipped[fold]) value = -value;
        if (32'(in_at) == fold && value >= $signed(Thresholds[(fold*Steps+step)*8 +: 8])) begin
          count = count + 1'b1;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) count_q <= '0;
    else if (take && watch_in && in_at == 8'(pick)) count_q <= count;
  end

  `ASSERT(CountInOrder, watch_out && out_at == 8'(pick) |-> out_data == count_q)

endmodule : proof_threshold
