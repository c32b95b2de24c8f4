// SPDX-License-Identifier: BSD-3-Clause
//
// Register stage: the words that went in come out in order, and no path crosses it.
//
// Two words deep. Valid, ready and data all leave from registers, one beat moves per cycle, and a
// word is offered 1 cycle after its acceptance. ready_q falls in the cycle after the consumer has
// stopped; the word that is taken in between waits in skid_q.
//
// Golden model: rbonn_hw/ref/register.py.    Test: tests/rtl/test_register.py.

`include "rbonn_assert.svh"

module rbonn_register #(
  parameter int unsigned Width = 8  // bits of a word
) (
  input  logic             clk_i,
  input  logic             rst_i,  // synchronous, active high

  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,

  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);

  if (Width < 1) begin : gen_bad_width
    $error("Width=%0d must be at least 1", Width);
  end

  logic             load;                // the output register takes a word, or empties
  logic             ready_d, ready_q;    // skid_q is free
  logic             valid_d, valid_q;
  logic [Width-1:0] data_q, skid_q;

  assign load        = !valid_q || out_ready_i;
  assign ready_d     = load || (ready_q && !in_valid_i);
  assign valid_d     = load ? (in_valid_i || !ready_q) : 1'b1;
  assign in_ready_o  = ready_q;
  assign out_valid_o = valid_q;
  assign out_data_o  = data_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      ready_q <= 1'b1;
      valid_q <= 1'b0;
    end else begin
      ready_q <= ready_d;
      valid_q <= valid_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (load) data_q <= ready_q ? in_data_i : skid_q;
    if (ready_q) skid_q <= in_data_i;
  end

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))
  `ASSERT(SkidBehindWord, !ready_q |-> valid_q)

endmodule : rbonn_register
