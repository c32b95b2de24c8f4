// SPDX-License-Identifier: BSD-3-Clause
//
// Scatters a wide word into Beats narrow ones, the LSBs first:
//
//   out of beat i = in[i*OutWidth +: OutWidth],    i = 0 .. Beats-1
//
// A shift register with parallel load. The next word is loaded in the cycle in which the last beat
// leaves, so the output moves one beat per cycle; in_ready_o follows out_ready_i combinationally.
// The first beat is offered 1 cycle after the wide word was accepted.
//
// Test: tests/rtl/test_dwc.py.

`include "rbonn_assert.svh"

module rbonn_scatter #(
  parameter int unsigned OutWidth = 8,  // bits of a narrow word
  parameter int unsigned Beats    = 4   // narrow words in a wide one, 2 or more
) (
  input  logic                      clk_i,
  input  logic                      rst_i,  // synchronous, active high

  input  logic                      in_valid_i,
  output logic                      in_ready_o,
  input  logic [Beats*OutWidth-1:0] in_data_i,

  output logic                      out_valid_o,
  input  logic                      out_ready_i,
  output logic [OutWidth-1:0]       out_data_o
);

  if (Beats < 2) begin : gen_bad_beats
    $error("Beats=%0d must be at least 2", Beats);
  end

  localparam int unsigned CountWidth = $clog2(Beats);
  localparam logic [CountWidth-1:0] SecondToLast = CountWidth'(Beats - 2);

  logic [CountWidth-1:0]     beat_d, beat_q;    // beat on offer
  logic                      last_d, last_q;    // it is the word's last
  logic                      valid_d, valid_q;  // the register holds beats
  logic                      load, leave;
  logic [Beats*OutWidth-1:0] word_q;

  assign leave       = valid_q && out_ready_i;
  assign in_ready_o  = !valid_q || (leave && last_q);
  assign load        = in_valid_i && in_ready_o;
  assign out_valid_o = valid_q;
  assign out_data_o  = word_q[OutWidth-1:0];

  always_comb begin
    beat_d  = beat_q;
    last_d  = last_q;
    valid_d = valid_q;
    if (leave) begin
      beat_d  = last_q ? '0 : beat_q + 1'b1;
      last_d  = beat_q == SecondToLast;
      valid_d = !last_q;
    end
    if (load) valid_d = 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      beat_q  <= '0;
      last_q  <= 1'b0;
      valid_q <= 1'b0;
    end else begin
      beat_q  <= beat_d;
      last_q  <= last_d;
      valid_q <= valid_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (load) word_q <= in_data_i;
    else if (leave) word_q <= word_q >> OutWidth;
  end

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))
  `ASSERT(BeatInRange, 32'(beat_q) < Beats)
  `ASSERT(LastIsBeat, last_q == (32'(beat_q) == Beats - 1))
  `ASSERT(IdleBetweenWords, !valid_q |-> beat_q == '0)

endmodule : rbonn_scatter
