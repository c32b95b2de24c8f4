// SPDX-License-Identifier: BSD-3-Clause
//
// Keeps some channels of each pixel, in their order:
//
//   out = beats f of a pixel with Keep[f] = 1,    f = 0 .. Fold-1
//
// A kept beat is registered (latency 1, II = 1); another is taken and forgotten, also while the
// output waits. Keep is read one beat ahead. Lane 0 is the LSB. Memory:
//   KeepFile  row f : one bit, 1 keeps beat f of a pixel
//
// Golden model: rbonn_hw/ref/select.py.    Test: tests/rtl/test_select.py.

`include "rbonn_assert.svh"

module rbonn_select #(
  parameter int unsigned PE       = 2,  // elements per beat
  parameter int unsigned Fold     = 4,  // beats of a pixel
  parameter int unsigned Bits     = 4,  // of an element
  parameter              KeepFile = "keep.mem"  // $readmemh path
) (
  input  logic               clk_i,
  input  logic               rst_i,  // synchronous, active high

  input  logic               in_valid_i,
  output logic               in_ready_o,
  input  logic [PE*Bits-1:0] in_data_i,

  output logic               out_valid_o,
  input  logic               out_ready_i,
  output logic [PE*Bits-1:0] out_data_o
);

  if (PE < 1 || Fold < 2 || Bits < 1) begin : gen_bad_size
    $error("PE=%0d and Bits=%0d must be at least 1, Fold=%0d at least 2", PE, Bits, Fold);
  end

  typedef logic [$clog2(Fold)-1:0] fold_t;

  fold_t              fold_d, fold_q;
  logic               keep, beat, out_valid_q;
  logic [PE*Bits-1:0] out_data_q;

  assign in_ready_o  = !keep || !out_valid_q || out_ready_i;
  assign beat        = in_valid_i && in_ready_o;
  assign out_valid_o = out_valid_q;
  assign out_data_o  = out_data_q;

  always_comb begin
    fold_d = fold_q;
    if (beat) fold_d = (32'(fold_q) == Fold - 1) ? '0 : fold_q + 1'b1;
    if (rst_i) fold_d = '0;
  end

  rbonn_rom #(
    .Width(1),
    .Depth(Fold),
    .File (KeepFile)
  ) u_keep (
    .clk_i,
    .addr_i(fold_d),
    .data_o(keep)
  );

  always_ff @(posedge clk_i) begin
    fold_q <= fold_d;
    if (rst_i) out_valid_q <= 1'b0;
    else       out_valid_q <= (beat && keep) || (out_valid_q && !out_ready_i);
  end

  always_ff @(posedge clk_i) begin
    if (beat && keep) out_data_q <= in_data_i;
  end

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))
  `ASSERT(FoldInRange, 32'(fold_q) < Fold)

endmodule : rbonn_select
