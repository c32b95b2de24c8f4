// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_frame_gate: of what the source offers exactly Frames frames of Beats beats pass from a start on, in
// order; before it, and behind them, nothing. The source keeps to the stream's rule.

`include "rbonn_assert.svh"

module proof_frame_gate #(
  parameter int unsigned Beats  = 3,
  parameter int unsigned Frames = 2
) (
  input logic clk_i,
  input logic wish_i,
  input logic data_i,
  input logic out_ready_i,
  input logic start_i,
  input logic close_i
);

  localparam int unsigned Total = Beats * Frames;

  logic        rst_i, start, in_valid, in_data, in_ready, out_valid, out_data, done;
  logic        offered_q, data_q;  // by the source, and not taken
  logic        opened_q;
  logic [7:0]  passed_q;           // beats since the start,
  logic [7:0]  beat_q, whole_q;    // of the present frame, and whole frames
  logic [31:0] frames;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));

  assign in_valid = wish_i || offered_q;
  assign in_data  = offered_q ? data_q : data_i;

  always_ff @(posedge clk_i) begin
    offered_q <= !rst_i && in_valid && !in_ready;
    data_q    <= in_data;
  end

  // A job starts when the one before has passed, or has been closed.
  assign start = start_i && (!opened_q || done) && !rst_i;

  rbonn_frame_gate #(
    .Width(1),
    .Beats(Beats)
  ) dut (
    .clk_i, .rst_i, .start_i(start), .close_i(close_i && !start), .frames_i(32'(Frames)), .done_o(done),
    .frames_o(frames), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data),
    .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      opened_q <= 1'b0;
      passed_q <= '0;
      beat_q   <= '0;
      whole_q  <= '0;
    end else begin
      opened_q <= start || (opened_q && !close_i);
      if (start) begin
        passed_q <= '0;
        beat_q   <= '0;
        whole_q  <= '0;
      end else if (out_valid && out_ready_i) begin
        passed_q <= passed_q + 1'b1;
        beat_q   <= (32'(beat_q) == Beats - 1) ? '0 : beat_q + 1'b1;
        if (32'(beat_q) == Beats - 1) whole_q <= whole_q + 1'b1;
      end
    end
  end

  `ASSERT(BothOrNone, (in_valid && in_ready) == (out_valid && out_ready_i) && out_data == in_data)
  `ASSERT(NoMore, out_valid |-> opened_q && 32'(passed_q) < Total)
  `ASSERT(NoLess, opened_q && 32'(passed_q) < Total && in_valid |-> out_valid)
  `ASSERT(DoneIsAll, opened_q |-> done == (32'(passed_q) == Total))
  `ASSERT(FramesAreCounted, opened_q |-> frames == 32'(whole_q))
  `ASSERT(Held, out_valid && !out_ready_i && !close_i |=> out_valid && $stable(out_data))
  `REACH(Done, opened_q && done)
  `REACH(Again, start && opened_q)

endmodule : proof_frame_gate
