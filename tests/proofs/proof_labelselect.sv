// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_labelselect: one label for each vector, the least with the greatest value.

`include "rbonn_assert.svh"
`include "proof_ports.svh"

module proof_labelselect #(
  parameter  int unsigned Labels   = 4,
  parameter  int unsigned Pe       = 2,
  parameter  int unsigned InWidth  = 2,
  parameter  bit          InSigned = 1,
  localparam int unsigned Beats    = Labels / Pe,
  localparam int unsigned OutWidth = $clog2(Labels)
) (
  input logic                  clk_i,
  input logic                  in_valid_i,
  input logic [Pe*InWidth-1:0] in_data_i,
  input logic                  out_ready_i,
  input logic                  mark_i
);

  localparam int unsigned Latency = $clog2(Pe) + 1;
  // Vectors whose last beat is under way.
  localparam int unsigned Vectors = (Latency + Beats - 1) / Beats;

  logic                rst_i, in_ready, out_valid, take, watch_in, watch_out;
  logic [OutWidth-1:0] out_data, label_d, label_q;
  logic [InWidth-1:0]  best_d, best_q;
  logic [7:0]          in_at, have;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));

  rbonn_labelselect #(
    .Labels  (Labels),
    .Pe      (Pe),
    .InWidth (InWidth),
    .InSigned(InSigned)
  ) dut (
    `STREAM_PORTS
  );

  proof_frames #(
    .Width       (OutWidth),
    .InBeats     (Beats),
    .MostAhead   (Vectors),
    .AnswerWithin(Latency - 1),
    .TakeWithin  (0)
  ) frames (
    .clk_i, .rst_i, .in_valid_i, .in_ready_i(in_ready), .out_valid_i(out_valid), .out_ready_i,
    .out_data_i(out_data), .needs_i(8'(Beats)), .due_i(have == 8'(Beats)), .willing_i(out_ready_i), .mark_i,
    .in_at_o(in_at), .out_at_o(), .have_o(have), .take_o(take), .watch_in_o(watch_in),
    .watch_out_o(watch_out)
  );

  // Element by element, as the definition reads.
  always_comb begin
    label_d = label_q;
    best_d  = best_q;
    for (int unsigned lane = 0; lane < Pe; lane++) begin
      logic [InWidth-1:0] value;
      logic               greater;
      value   = in_data_i[lane*InWidth +: InWidth];
      greater = InSigned ? $signed(value) > $signed(best_d) : value > best_d;
      if ((in_at == '0 && lane == 0) || greater) begin
        best_d  = value;
        label_d = OutWidth'(32'(in_at) * Pe + lane);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      label_q <= '0;
      best_q  <= '0;
    end else if (take && watch_in) begin
      label_q <= label_d;
      best_q  <= best_d;
    end
  end

  `ASSERT(LabelInOrder, watch_out |-> out_data == label_q)

endmodule : proof_labelselect
