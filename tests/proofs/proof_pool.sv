// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_pool: one result for each window and channel, the maximum or sum of its pixels; a frame is a row of
// windows.

`include "rbonn_assert.svh"
`include "proof_ports.svh"

module proof_pool #(
  parameter  int unsigned Sum      = 0,
  parameter  int unsigned Fold     = 1,
  parameter  int unsigned Width    = 4,
  parameter  int unsigned KernelH  = 2,
  parameter  int unsigned KernelW  = 2,
  parameter  int unsigned InBits   = 1,
  parameter  int unsigned InSigned = 0,
  parameter  int unsigned OutBits  = 1,
  parameter  int unsigned BlockRam = 0,
  localparam int unsigned Row      = Width * Fold,
  localparam int unsigned InBeats  = KernelH * Row,
  localparam int unsigned Window   = KernelW * Fold,
  localparam int unsigned OutBeats = Row / KernelW,
  localparam int unsigned PickBits = (OutBeats > 1) ? $clog2(OutBeats) : 1
) (
  input logic                clk_i,
  input logic                in_valid_i,
  input logic [InBits-1:0]   in_data_i,
  input logic                out_ready_i,
  input logic                mark_i,
  input logic [PickBits-1:0] pick_i
);

  logic                rst_i, in_ready, out_valid, take, watch_in, watch_out, begun_q, belongs;
  logic [PickBits-1:0] pick;
  logic [OutBits-1:0]  out_data, value, result_q;
  logic [7:0]          in_at, out_at, have, needs;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));
  proof_rigid #(.Values(OutBeats)) u_pick (.clk_i, .rst_i, .any_i(pick_i), .value_o(pick));

  rbonn_pool #(
    .Sum     (Sum),
    .PE      (1),
    .Fold    (Fold),
    .Width   (Width),
    .KernelH (KernelH),
    .KernelW (KernelW),
    .InBits  (InBits),
    .InSigned(InSigned),
    .OutBits (OutBits),
    .BlockRam(BlockRam)
  ) dut (
    `STREAM_PORTS
  );

  proof_frames #(
    .Width       (OutBits),
    .InBeats     (InBeats),
    .OutBeats    (OutBeats),
    .MostAhead   ((InBeats == 1) ? 2 : 1),
    .AnswerWithin(1),
    .TakeWithin  (0)
  ) frames (
    `FRAMES_PORTS, .needs_i(needs), .due_i(have >= needs)
  );

  always_comb begin
    needs   = '0;
    belongs = 1'b0;
    for (int unsigned beat = 0; beat < OutBeats; beat++) begin
      // The last pixel of window beat / Fold, channel fold beat % Fold.
      if (32'(out_at) == beat) begin
        needs = 8'((KernelH - 1) * Row + beat / Fold * Window + (KernelW - 1) * Fold + beat % Fold + 1);
      end
    end
    for (int unsigned beat = 0; beat < InBeats; beat++) begin
      if (32'(in_at) == beat && 32'(pick) == beat % Row / Window * Fold + beat % Fold) belongs = 1'b1;
    end
    value = OutBits'($signed({InSigned != 0 && in_data_i[InBits-1], in_data_i}));
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      begun_q  <= 1'b0;
      result_q <= '0;
    end else if (take && watch_in && belongs) begin
      begun_q <= 1'b1;
      if (Sum != 0) begin
        result_q <= result_q + value;
      end else if (!begun_q || ((InSigned != 0) ? $signed(value) > $signed(result_q) : value > result_q)) begin
        result_q <= value;
      end
    end
  end

  `ASSERT(ResultInOrder, watch_out && out_at == 8'(pick) |-> out_data == result_q)

endmodule : proof_pool
