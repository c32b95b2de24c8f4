// SPDX-License-Identifier: BSD-3-Clause
//
// Element-wise sum of two streams:
//
//   out[c] = Factor0 * in0[c] + Factor1 * in1[c],    c = 0 .. PE-1 of each beat
//
// Both inputs are taken in the same cycle; the sum is registered (latency 1, II = 1). With a factor
// above 1 the products have a register of their own (latency 2). in0_ready_o
// follows in1_valid_i and the other way round, so neither source may wait for ready before it
// offers (no AXI4-Stream source does). OutBits must hold every sum. Lane 0 is the LSB.
//
// Golden model: rbonn_hw/ref/add.py.    Test: tests/rtl/test_add.py.

`include "rbonn_assert.svh"

module rbonn_add #(
  parameter int unsigned PE        = 4,  // elements per beat
  parameter int unsigned In0Bits   = 4,  // bits of an element
  parameter int unsigned In0Signed = 1,  // 1: two's complement
  parameter int unsigned In1Bits   = 4,
  parameter int unsigned In1Signed = 1,
  parameter int unsigned OutBits   = 5,  // signed where an input is
  parameter int unsigned Factor0   = 1,  // of in0
  parameter int unsigned Factor1   = 1   // of in1
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

  if (PE < 1 || In0Bits < 1 || In1Bits < 1) begin : gen_bad_size
    $error("PE=%0d, In0Bits=%0d and In1Bits=%0d must be at least 1", PE, In0Bits, In1Bits);
  end
  if (In0Signed > 1 || In1Signed > 1) begin : gen_bad_signed
    $error("In0Signed=%0d and In1Signed=%0d must be 0 or 1", In0Signed, In1Signed);
  end
  if (Factor0 < 1 || Factor1 < 1) begin : gen_bad_factor
    $error("Factor0=%0d and Factor1=%0d must be at least 1", Factor0, Factor1);
  end
  // One bit of sign may be missing from an unsigned summand: exact for equal types, and the
  // specification checks the rest.
  if (OutBits <= In0Bits || OutBits <= In1Bits) begin : gen_bad_out
    $error("OutBits=%0d must exceed In0Bits=%0d and In1Bits=%0d", OutBits, In0Bits, In1Bits);
  end

  logic                  slot_free, pair, beat;
  logic                  out_valid_d, out_valid_q;
  logic [PE*OutBits-1:0] term0_d, term1_d, term0, term1, out_data_d, out_data_q;

  assign in0_ready_o = slot_free && in1_valid_i;
  assign in1_ready_o = slot_free && in0_valid_i;
  assign pair        = slot_free && in0_valid_i && in1_valid_i;
  assign out_valid_d = beat || (out_valid_q && !out_ready_i);
  assign out_valid_o = out_valid_q;
  assign out_data_o  = out_data_q;

  for (genvar pe = 0; pe < PE; pe++) begin : gen_pe
    logic [In0Bits-1:0] a;
    logic [In1Bits-1:0] b;
    logic               a_sign, b_sign;
    assign a      = in0_data_i[pe*In0Bits +: In0Bits];
    assign b      = in1_data_i[pe*In1Bits +: In1Bits];
    assign a_sign = In0Signed != 0 && a[In0Bits-1];
    assign b_sign = In1Signed != 0 && b[In1Bits-1];
    assign term0_d[pe*OutBits +: OutBits] = {{(OutBits - In0Bits){a_sign}}, a} * OutBits'(Factor0);
    assign term1_d[pe*OutBits +: OutBits] = {{(OutBits - In1Bits){b_sign}}, b} * OutBits'(Factor1);
    assign out_data_d[pe*OutBits +: OutBits] =
        term0[pe*OutBits +: OutBits] + term1[pe*OutBits +: OutBits];
  end

  if (Factor0 > 1 || Factor1 > 1) begin : gen_products
    logic                  valid_q, free;
    logic [PE*OutBits-1:0] term0_q, term1_q;

    assign free      = !out_valid_q || out_ready_i;
    assign slot_free = !valid_q || free;
    assign beat      = valid_q && free;
    assign term0     = term0_q;
    assign term1     = term1_q;

    always_ff @(posedge clk_i) begin
      if (rst_i) valid_q <= 1'b0;
      else       valid_q <= pair || (valid_q && !free);
    end

    always_ff @(posedge clk_i) begin
      if (pair) begin
        term0_q <= term0_d;
        term1_q <= term1_d;
      end
    end
  end else begin : gen_no_products
    assign slot_free = !out_valid_q || out_ready_i;
    assign beat      = pair;
    assign term0     = term0_d;
    assign term1     = term1_d;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) out_valid_q <= 1'b0;
    else       out_valid_q <= out_valid_d;
  end

  always_ff @(posedge clk_i) begin
    if (beat) out_data_q <= out_data_d;
  end

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))
  `ASSERT(InputsTakenTogether,
          (in0_valid_i && in0_ready_o) == (in1_valid_i && in1_ready_o))

endmodule : rbonn_add
