// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_mvau, with rbonn_mvau_issue: for each vector every neuron's product with it, in order.

`include "rbonn_assert.svh"
`include "proof_ports.svh"

module proof_mvau #(
  parameter  int unsigned      MW         = 2,
  parameter  int unsigned      MH         = 2,
  parameter  int unsigned      SIMD       = 1,
  parameter  bit               Xnor       = 0,
  parameter  logic [MH*MW-1:0] Weights    = '0,  // bit h * MW + i: 1 is +1, 0 is -1
  parameter  int unsigned      MostAhead  = 3,
  parameter  int unsigned      Latency    = 5,   // from the last beat of a vector to the first result
  parameter  int unsigned      TakeWithin = 5,
  parameter                    WeightFile = "weights.mem",
  localparam int unsigned      InBeats    = MW / SIMD,
  localparam int unsigned      AccWidth   = $clog2(MW + 1) + (Xnor ? 0 : 1),
  localparam int unsigned      PickBits   = (MH > 1) ? $clog2(MH) : 1
) (
  input logic                clk_i,
  input logic                in_valid_i,
  input logic [SIMD-1:0]     in_data_i,
  input logic                out_ready_i,
  input logic                mark_i,
  input logic [PickBits-1:0] pick_i
);

  logic                rst_i, in_ready, out_valid, take, watch_in, watch_out;
  logic [PickBits-1:0] pick;
  logic [AccWidth-1:0] out_data, beat_sum, sum_q;
  logic [7:0]          in_at, out_at, have;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));
  proof_rigid #(.Values(MH)) u_pick (.clk_i, .rst_i, .any_i(pick_i), .value_o(pick));

  rbonn_mvau #(
    .MW         (MW),
    .MH         (MH),
    .PE         (1),
    .SIMD       (SIMD),
    .InWidth    (1),
    .InSigned   (0),
    .WeightWidth(1),
    .Xnor       (Xnor),
    .AccWidth   (AccWidth),
    .AccSigned  (!Xnor),
    .Steps      (0),
    .OutWidth   (AccWidth),
    .WeightFile (WeightFile)
  ) dut (
    `STREAM_PORTS
  );

  // A result follows the one before after InBeats cycles, and its vector.
  proof_frames #(
    .Width       (AccWidth),
    .InBeats     (InBeats),
    .OutBeats    (MH),
    .MostAhead   (MostAhead),
    .AnswerWithin(Latency + InBeats - 1),
    .TakeWithin  (TakeWithin)
  ) frames (
    `FRAMES_PORTS, .needs_i(8'(InBeats)), .due_i(have == 8'(InBeats))
  );

  always_comb begin
    beat_sum = '0;
    for (int unsigned neuron = 0; neuron < MH; neuron++) begin
      for (int unsigned synapse = 0; synapse < MW; synapse++) begin
        if (32'(pick) == neuron && 32'(in_at) == synapse / SIMD) begin
          if (Xnor) begin
            if (in_data_i[synapse%SIMD] == Weights[neuron*MW+synapse]) beat_sum = beat_sum + 1'b1;
          end else if (in_data_i[synapse%SIMD]) begin
            if (Weights[neuron*MW+synapse]) beat_sum = beat_sum + 1'b1;
            else beat_sum = beat_sum - 1'b1;
          end
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) sum_q <= '0;
    else if (take && watch_in) sum_q <= sum_q + beat_sum;
  end

  `ASSERT(ProductInOrder, watch_out && out_at == 8'(pick) |-> out_data == sum_q)

endmodule : proof_mvau
