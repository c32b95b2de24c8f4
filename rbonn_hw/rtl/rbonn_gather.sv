// SPDX-License-Identifier: BSD-3-Clause
//
// Gathers Beats narrow words into a wide one, the first in the LSBs:
//
//   out[i*InWidth +: InWidth] = in of beat i,    i = 0 .. Beats-1
//
// A shift register that the consumer reads whole. The next word may begin in the cycle in which the
// consumer takes this one, so the input moves one beat per cycle; in_ready_o follows out_ready_i
// combinationally. The wide word is offered 1 cycle after its last beat.
//
// Test: tests/rtl/test_dwc.py.

`include "rbonn_assert.svh"

module rbonn_gather #(
  parameter int unsigned InWidth = 8,  // bits of a narrow word
  parameter int unsigned Beats   = 4   // narrow words in a wide one, 2 or more
) (
  input  logic                     clk_i,
  input  logic                     rst_i,  // synchronous, active high

  input  logic                     in_valid_i,
  output logic                     in_ready_o,
  input  logic [InWidth-1:0]       in_data_i,

  output logic                     out_valid_o,
  input  logic                     out_ready_i,
  output logic [Beats*InWidth-1:0] out_data_o
);

  if (Beats < 2) begin : gen_bad_beats
    $error("Beats=%0d must be at least 2", Beats);
  end

  localparam int unsigned CountWidth = $clog2(Beats);
  localparam logic [CountWidth-1:0] LastBeat = CountWidth'(Beats - 1);

  logic [CountWidth-1:0]    beat_d, beat_q;  // beats of this word accepted before
  logic                     full_d, full_q;  // the register holds a whole word
  logic                     accept;
  logic [Beats*InWidth-1:0] word_q;

  assign in_ready_o  = !full_q || out_ready_i;
  assign out_valid_o = full_q;
  assign out_data_o  = word_q;
  assign accept      = in_valid_i && in_ready_o;

  always_comb begin
    beat_d = beat_q;
    full_d = full_q && !out_ready_i;
    if (accept) begin
      beat_d = (beat_q == LastBeat) ? '0 : beat_q + 1'b1;
      full_d = beat_q == LastBeat;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      beat_q <= '0;
      full_q <= 1'b0;
    end else begin
      beat_q <= beat_d;
      full_q <= full_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (accept) word_q <= {in_data_i, word_q[Beats*InWidth-1:InWidth]};
  end

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))
  `ASSERT(BeatInRange, 32'(beat_q) < Beats)
  `ASSERT(FullBetweenWords, full_q |-> beat_q == '0)

endmodule : rbonn_gather
