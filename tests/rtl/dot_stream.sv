// SPDX-License-Identifier: BSD-3-Clause
//
// Bench: rbonn_dot between streams, with a register before and after it, for a consumer that is
// always ready. A beat is the inputs, and above them the weights.

module dot_stream #(
  parameter  int unsigned SIMD        = 4,
  parameter  int unsigned InWidth     = 1,
  parameter  bit          InSigned    = 1'b0,
  parameter  int unsigned WeightWidth = 1,
  parameter  bit          Xnor        = 1'b1,
  parameter  int unsigned SumWidth    = 8,
  parameter  int unsigned Stages      = 2,
  localparam int unsigned InBits      = SIMD * InWidth
) (
  input  logic                               clk_i,
  input  logic                               rst_i,
  input  logic                               in_valid_i,
  output logic                               in_ready_o,
  input  logic [InBits+SIMD*WeightWidth-1:0] in_data_i,
  output logic                               out_valid_o,
  input  logic                               out_ready_i,
  output logic [SumWidth-1:0]                out_data_o
);

  logic [InBits+SIMD*WeightWidth-1:0] operands_q;
  logic [Stages:0]                    valid_q;
  logic [SumWidth-1:0]                sum;
  logic                               negate, unused_free;

  always_ff @(posedge clk_i) begin
    operands_q <= in_data_i;
    valid_q    <= rst_i ? '0 : (Stages + 1)'({valid_q, in_valid_i});
  end

  assign in_ready_o = 1'b1;

  rbonn_dot #(
    .SIMD       (SIMD),
    .InWidth    (InWidth),
    .InSigned   (InSigned),
    .WeightWidth(WeightWidth),
    .Xnor       (Xnor),
    .SumWidth   (SumWidth),
    .Stages     (Stages)
  ) u_dot (
    .clk_i,
    .x_i     (operands_q[InBits-1:0]),
    .w_i     (operands_q[InBits +: SIMD*WeightWidth]),
    .sum_o   (sum),
    .negate_o(negate)
  );

  rbonn_result_stage #(
    .Width(SumWidth),
    .Slots(1)
  ) u_result (
    .clk_i,
    .rst_i,
    .push_i(valid_q[Stages]),
    .data_i(negate ? -sum : sum),
    .free_o(unused_free),
    .out_valid_o,
    .out_ready_i,
    .out_data_o
  );

endmodule : dot_stream
