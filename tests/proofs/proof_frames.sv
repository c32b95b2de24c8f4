// SPDX-License-Identifier: BSD-3-Clause
//
// What every kernel with one input and one output is held to, whatever source and consumer do:
//
//   Held               an offered beat stays, unchanged, until it is taken
//   MadeOfInput        a beat is offered only when the beats of its frame that it is made of have come
//   FramesBounded      frames that came and have not left are 0 .. MostAhead, -1 while one leaves early
//   AnswerComes        a beat whose input has come leaves within AnswerWithin cycles of a ready consumer
//   InputIsTaken       an offered beat is taken within TakeWithin cycles of a ready consumer
//
// A frame is InBeats beats in and OutBeats out; needs_i says for the present output beat out_at_o how many
// of its frame's input beats it is made of (have_o have come), due_i that the kernel waits for no other,
// willing_i that whatever else decides about the input agrees. A kernel with several inputs or outputs has
// one of these for each.
//
// One frame, any, is marked: watch_in_o is high for its input beats, watch_out_o for its output beats.

`include "rbonn_assert.svh"

module proof_frames #(
  parameter int unsigned Width        = 1,
  parameter int unsigned InBeats      = 1,
  parameter int unsigned OutBeats     = 1,
  parameter int          MostAhead    = 1,
  parameter int unsigned AnswerWithin = 4,
  parameter int unsigned TakeWithin   = 4
) (
  input  logic             clk_i,
  input  logic             rst_i,

  input  logic             in_valid_i,
  input  logic             in_ready_i,
  input  logic             out_valid_i,
  input  logic             out_ready_i,
  input  logic [Width-1:0] out_data_i,
  input  logic [7:0]       needs_i,
  input  logic             due_i,
  input  logic             willing_i,
  input  logic             mark_i,  // free: mark the frame that begins

  output logic [7:0]       in_at_o,
  output logic [7:0]       out_at_o,
  output logic [7:0]       have_o,
  output logic             take_o,
  output logic             watch_in_o,
  output logic             watch_out_o
);

  // As narrow as can be: what a counter could never hold need not be proved never to be held.
  localparam int unsigned InWidth    = $clog2(InBeats + 1);
  localparam int unsigned OutWidth   = $clog2(OutBeats + 1);
  localparam int unsigned AheadWidth = $clog2(MostAhead + 2) + 1;
  localparam int unsigned WaitWidth  = $clog2(((AnswerWithin > TakeWithin) ? AnswerWithin : TakeWithin) + 2);

  typedef logic signed [AheadWidth-1:0] ahead_t;
  typedef logic [WaitWidth-1:0]         wait_t;

  logic                take, give, in_end, out_end;
  logic [InWidth-1:0]  in_q;
  logic [OutWidth-1:0] out_q;
  logic [7:0]          have;
  ahead_t              ahead_d, ahead_q;  // frames that came in whole and have not left in whole

  assign take    = in_valid_i && in_ready_i;
  assign give    = out_valid_i && out_ready_i;
  assign in_end  = take && 32'(in_q) == InBeats - 1;
  assign out_end = give && 32'(out_q) == OutBeats - 1;
  assign ahead_d = ahead_q + ahead_t'({1'b0, in_end}) - ahead_t'({1'b0, out_end});

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      in_q    <= '0;
      out_q   <= '0;
      ahead_q <= '0;
    end else begin
      if (take) in_q <= in_end ? '0 : in_q + 1'b1;
      if (give) out_q <= out_end ? '0 : out_q + 1'b1;
      ahead_q <= ahead_d;
    end
  end

  // Beats that have come of the frame that is leaving.
  always_comb begin
    have = 8'(in_q);
    if (ahead_q > 0) have = 8'(InBeats);
    if (ahead_q < 0) have = '0;
  end

  wait_t wait_q, refused_q;

  always_ff @(posedge clk_i) begin
    if (rst_i || give || !due_i) wait_q <= '0;
    else if (out_ready_i && wait_q != '1) wait_q <= wait_q + 1'b1;
    if (rst_i || take || !in_valid_i) refused_q <= '0;
    else if (willing_i && refused_q != '1) refused_q <= refused_q + 1'b1;
  end

  `ASSERT(Held, out_valid_i && !out_ready_i |=> out_valid_i && $stable(out_data_i))
  `ASSERT(MadeOfInput, out_valid_i |-> have >= needs_i)
  `ASSERT(FramesBounded, ahead_q >= -1 && ahead_q <= ahead_t'(MostAhead))
  `ASSERT(AnswerComes, wait_q <= wait_t'(AnswerWithin))
  `ASSERT(InputIsTaken, refused_q <= wait_t'(TakeWithin))
  `REACH(Full, ahead_q == ahead_t'(MostAhead))
  `REACH(Waiting, out_valid_i && !out_ready_i)
  `REACH(Refused, in_valid_i && !in_ready_i)

  logic   marked_q, open_q, start;
  ahead_t before_q;  // frames that leave before the marked one
  logic   over_q;    // it has left

  assign start = take && in_q == '0 && mark_i && !marked_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      marked_q <= 1'b0;
      open_q   <= 1'b0;
      over_q   <= 1'b0;
      before_q <= '0;
    end else begin
      marked_q <= marked_q || start;
      open_q   <= (open_q || start) && !in_end;
      if (out_end && marked_q && before_q == 0) over_q <= 1'b1;
      if (start) before_q <= ahead_q - ahead_t'({1'b0, out_end});
      else if (out_end && before_q != 0) before_q <= before_q - 1'b1;
    end
  end

  assign in_at_o     = 8'(in_q);
  assign out_at_o    = 8'(out_q);
  assign have_o      = have;
  assign take_o      = take;
  assign watch_in_o  = start || open_q;
  assign watch_out_o = out_valid_i && marked_q && before_q == 0 && !over_q;

  `REACH(Marked, watch_out_o && ahead_q == ahead_t'(MostAhead))

endmodule : proof_frames
