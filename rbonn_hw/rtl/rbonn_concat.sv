// SPDX-License-Identifier: BSD-3-Clause
//
// Puts the channels of two streams one behind the other:
//
//   out = in0[0 .. Fold0*PE-1], in1[0 .. Fold1*PE-1]    of each pixel
//
// Takes Fold0 beats of in0, then Fold1 beats of in1, and so on; each is widened to OutBits and
// registered (latency 1, II = 1). A beat of in1 waits while those of in0 pass, and the other way
// round, so what feeds both needs a buffer of a pixel. Lane 0 is the LSB.
//
// Golden model: rbonn_hw/ref/concat.py.    Test: tests/rtl/test_concat.py.

`include "rbonn_assert.svh"

module rbonn_concat #(
  parameter int unsigned PE        = 2,  // elements per beat
  parameter int unsigned Fold0     = 2,  // beats of a pixel of in0
  parameter int unsigned Fold1     = 3,  // beats of a pixel of in1
  parameter int unsigned In0Bits   = 4,  // bits of an element
  parameter int unsigned In0Signed = 0,  // 1: two's complement
  parameter int unsigned In1Bits   = 4,
  parameter int unsigned In1Signed = 1,
  parameter int unsigned OutBits   = 5   // holds every value of both
) (
  input  logic                  clk_i,
  input  logic                  rst_i,  // synchronous, active high

  input  logic                  in0_valid_i,
  output logic                  in0_ready_o,
  input  logic [PE*In0Bits-1:0] in0_data_i,

  input  logic                  in1_valid_i,
  output logic                  in1_ready_o,
  input  logic [PE*In1Bits-1:0] in1_data_i,

  output logic                  out_valid_o,
  input  logic                  out_ready_i,
  output logic [PE*OutBits-1:0] out_data_o
);

  if (PE < 1 || Fold0 < 1 || Fold1 < 1) begin : gen_bad_size
    $error("PE=%0d, Fold0=%0d and Fold1=%0d must be at least 1", PE, Fold0, Fold1);
  end
  if (In0Signed > 1 || In1Signed > 1) begin : gen_bad_signed
    $error("In0Signed=%0d and In1Signed=%0d must be 0 or 1", In0Signed, In1Signed);
  end
  if (OutBits < In0Bits || OutBits < In1Bits) begin : gen_bad_out
    $error("OutBits=%0d must not be below In0Bits=%0d and In1Bits=%0d", OutBits, In0Bits, In1Bits);
  end

  localparam int unsigned Most      = (Fold0 > Fold1) ? Fold0 : Fold1;
  localparam int unsigned FoldWidth = (Most > 1) ? $clog2(Most) : 1;

  logic [FoldWidth-1:0]  fold_q;    // beat of the pixel
  logic                  second_q;  // in1's turn
  logic                  slot_free, beat, last;
  logic                  out_valid_q;
  logic [PE*OutBits-1:0] wide0, wide1, out_data_q;

  assign slot_free   = !out_valid_q || out_ready_i;
  assign in0_ready_o = slot_free && !second_q;
  assign in1_ready_o = slot_free && second_q;
  assign beat        = slot_free && (second_q ? in1_valid_i : in0_valid_i);
  assign last        = 32'(fold_q) == (second_q ? Fold1 : Fold0) - 1;
  assign out_valid_o = out_valid_q;
  assign out_data_o  = out_data_q;

  for (genvar pe = 0; pe < PE; pe++) begin : gen_pe
    logic [In0Bits-1:0] a;
    logic [In1Bits-1:0] b;
    assign a = in0_data_i[pe*In0Bits +: In0Bits];
    assign b = in1_data_i[pe*In1Bits +: In1Bits];
    assign wide0[pe*OutBits +: OutBits] = OutBits'($signed({In0Signed != 0 && a[In0Bits-1], a}));
    assign wide1[pe*OutBits +: OutBits] = OutBits'($signed({In1Signed != 0 && b[In1Bits-1], b}));
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      fold_q      <= '0;
      second_q    <= 1'b0;
      out_valid_q <= 1'b0;
    end else begin
      if (beat) begin
        fold_q   <= last ? '0 : fold_q + 1'b1;
        second_q <= second_q ^ last;
      end
      out_valid_q <= beat || (out_valid_q && !out_ready_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (beat) out_data_q <= second_q ? wide1 : wide0;
  end

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))
  `ASSERT(FoldInRange, 32'(fold_q) < (second_q ? Fold1 : Fold0))

endmodule : rbonn_concat
