// SPDX-License-Identifier: BSD-3-Clause
//
// Lets exactly frames_i frames of Beats beats pass from start_i on, and counts them. Valid, ready
// and data go through combinationally while the gate is open.
//
// Test: tests/rtl/test_shell.py.

`include "rbonn_assert.svh"

module rbonn_frame_gate #(
  parameter int unsigned Width = 8,  // bits of a beat
  parameter int unsigned Beats = 4   // beats of a frame
) (
  input  logic             clk_i,
  input  logic             rst_i,  // synchronous, active high

  input  logic             start_i,   // open, and count from 0
  input  logic             close_i,
  input  logic [31:0]      frames_i,  // 1 or more, constant while open
  output logic             done_o,    // all frames passed since start_i
  output logic [31:0]      frames_o,  // frames that passed since start_i

  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,

  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);

  if (Beats < 1) begin : gen_bad_beats
    $error("Beats=%0d must be at least 1", Beats);
  end

  localparam int unsigned BeatWidth = (Beats > 1) ? $clog2(Beats) : 1;
  localparam logic [BeatWidth-1:0] LastBeat = BeatWidth'(Beats - 1);

  logic                 open_d, open_q, done_d, done_q;
  logic [BeatWidth-1:0] beat_d, beat_q;
  logic [31:0]          frames_d, frames_q, left_d, left_q;  // passed; to come after this one
  logic                 last_beat_d, last_beat_q;            // beat_q == LastBeat
  logic                 last_frame_d, last_frame_q;          // left_q == 0
  logic                 pass, frame_end;

  assign out_valid_o = in_valid_i && open_q;
  assign in_ready_o  = out_ready_i && open_q;
  assign out_data_o  = in_data_i;
  assign done_o      = done_q;
  assign frames_o    = frames_q;
  assign pass        = out_valid_o && out_ready_i;
  assign frame_end   = pass && last_beat_q;

  always_comb begin
    open_d       = open_q;
    done_d       = done_q;
    beat_d       = beat_q;
    frames_d     = frames_q;
    left_d       = left_q;
    last_beat_d  = last_beat_q;
    last_frame_d = last_frame_q;
    if (pass) begin
      beat_d      = last_beat_q ? '0 : beat_q + 1'b1;
      last_beat_d = Beats == 1 || 32'(beat_q) + 2 == Beats;
    end
    if (frame_end) begin
      frames_d     = frames_q + 1'b1;
      left_d       = left_q - 1'b1;
      last_frame_d = left_q == 32'd1;
      if (last_frame_q) begin
        open_d = 1'b0;
        done_d = 1'b1;
      end
    end
    if (close_i) begin
      open_d = 1'b0;
      done_d = 1'b0;
    end
    if (start_i) begin
      open_d       = 1'b1;
      done_d       = 1'b0;
      beat_d       = '0;
      frames_d     = '0;
      left_d       = frames_i - 1'b1;
      last_beat_d  = Beats == 1;
      last_frame_d = frames_i == 32'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      open_q       <= 1'b0;
      done_q       <= 1'b0;
      beat_q       <= '0;
      frames_q     <= '0;
      left_q       <= '0;
      last_beat_q  <= Beats == 1;
      last_frame_q <= 1'b1;
    end else begin
      open_q       <= open_d;
      done_q       <= done_d;
      beat_q       <= beat_d;
      frames_q     <= frames_d;
      left_q       <= left_d;
      last_beat_q  <= last_beat_d;
      last_frame_q <= last_frame_d;
    end
  end

  `ASSERT(BeatInRange, 32'(beat_q) < Beats)
  `ASSERT(FlagsFollowCounts, last_beat_q == (beat_q == LastBeat) && last_frame_q == (left_q == '0))
  `ASSERT(FramesAddUp, open_q |-> frames_q + left_q + 32'd1 == frames_i)
  `ASSERT(OpenOrDone, !(open_q && done_q))

endmodule : rbonn_frame_gate
