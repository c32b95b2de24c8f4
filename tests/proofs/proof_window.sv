// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_window, with all that it is made of: every element of every window is the one that the formula of
// its header names, or border, in order; a frame is a map.
//
// The kernel moves elements and never looks at one, so a single 1 will do: any element of any frame is 1,
// every other is 0, and the 1 leaves wherever the formula has that element, and nowhere else. Each element has
// its turn, so a word that is read in vain would be missed by one of them.

`include "rbonn_assert.svh"

module proof_window #(
  parameter  int unsigned InLanes      = 1,
  parameter  int unsigned OutLanes     = 1,
  parameter  int unsigned LaneBits     = 1,
  parameter  int unsigned Channels     = 1,
  parameter  int unsigned Height       = 3,
  parameter  int unsigned Width        = 3,
  parameter  int unsigned OutHeight    = 2,
  parameter  int unsigned OutWidth     = 2,
  parameter  int unsigned KernelH      = 2,
  parameter  int unsigned KernelW      = 2,
  parameter  int unsigned StrideY      = 1,
  parameter  int unsigned StrideX      = 1,
  parameter  int unsigned DilationY    = 1,
  parameter  int unsigned DilationX    = 1,
  parameter  int unsigned PadTop       = 0,
  parameter  int unsigned PadLeft      = 0,
  parameter  int unsigned ChannelMajor = 0,
  parameter  int unsigned Border       = 0,
  parameter  int unsigned Rows         = 2,
  parameter  int unsigned BlockRam     = 0,
  parameter  int          MostAhead    = 1,
  parameter  int unsigned AnswerWithin = 8,
  parameter  int unsigned TakeWithin   = 16,
  localparam int unsigned Taps         = KernelH * KernelW,
  localparam int unsigned Elements     = OutHeight * OutWidth * Taps * Channels,
  localparam int unsigned InBeats      = Height * Width * Channels / InLanes,
  localparam int unsigned OutBeats     = Elements / OutLanes,
  localparam int unsigned Map          = Height * Width * Channels,
  localparam int unsigned PickBits     = $clog2(Map)
) (
  input logic                clk_i,
  input logic                in_valid_i,
  input logic                out_ready_i,
  input logic                mark_i,
  input logic [PickBits-1:0] pick_i
);

  logic                rst_i, in_ready, out_valid, watch_in, watch_out, same, border_element;
  logic [InLanes-1:0]  in_data;
  logic [PickBits-1:0] pick;
  logic [OutLanes-1:0] out_data;
  logic [7:0]          in_at, out_at, have, needs, wants;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));
  proof_rigid #(.Values(Map)) u_pick (.clk_i, .rst_i, .any_i(pick_i), .value_o(pick));

  rbonn_window #(
    .InLanes(InLanes), .OutLanes(OutLanes), .LaneBits(LaneBits), .Channels(Channels), .Height(Height),
    .Width(Width), .OutHeight(OutHeight), .OutWidth(OutWidth), .KernelH(KernelH), .KernelW(KernelW),
    .StrideY(StrideY), .StrideX(StrideX), .DilationY(DilationY), .DilationX(DilationX), .PadTop(PadTop),
    .PadLeft(PadLeft), .ChannelMajor(ChannelMajor), .Border(Border), .Rows(Rows), .BlockRam(BlockRam)
  ) dut (
    .clk_i, .rst_i, .in_valid_i, .in_ready_o(in_ready), .in_data_i(in_data),
    .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data)
  );

  proof_frames #(
    .Width       (OutLanes),
    .InBeats     (InBeats),
    .OutBeats    (OutBeats),
    .MostAhead   (MostAhead),
    .AnswerWithin(AnswerWithin),
    .TakeWithin  (TakeWithin)
  ) frames (
    .clk_i, .rst_i, .in_valid_i, .in_ready_i(in_ready), .out_valid_i(out_valid), .out_ready_i,
    .out_data_i(out_data), .needs_i(needs), .due_i(have >= wants && have != '0), .willing_i(out_ready_i),
    .mark_i, .in_at_o(in_at), .out_at_o(out_at), .have_o(have), .take_o(), .watch_in_o(watch_in),
    .watch_out_o(watch_out)
  );

  // The element of the map that element `out` of the windows is, or -1 where it is border.
  function automatic int source(int unsigned out);
    int unsigned window, rest, fold, tap, channel;
    int          row, column;
    window = out / (Taps * Channels);
    rest   = out % (Taps * Channels);
    if (ChannelMajor != 0) begin
      fold    = rest / (Taps * OutLanes);
      tap     = rest / OutLanes % Taps;
      channel = fold * OutLanes + rest % OutLanes;
    end else begin
      tap     = rest / Channels;
      channel = rest % Channels;
    end
    row    = int'(window / OutWidth * StrideY + tap / KernelW * DilationY) - int'(PadTop);
    column = int'(window % OutWidth * StrideX + tap % KernelW * DilationX) - int'(PadLeft);
    if (row < 0 || row >= int'(Height) || column < 0 || column >= int'(Width)) return -1;
    return (row * int'(Width) + column) * int'(Channels) + int'(channel);
  endfunction

  // How many input beats the kernel waits for: where it reads column by column, those of the whole window.
  function automatic int unsigned waited_for(int unsigned beat);
    int unsigned first, last, most;
    first = beat * OutLanes;
    last  = first + OutLanes - 1;
    if (OutLanes > Channels) begin
      first = first / (Taps * Channels) * (Taps * Channels);
      last  = first + Taps * Channels - 1;
    end
    most = 0;
    for (int unsigned out = first; out <= last; out++) begin
      if (source(out) >= 0 && unsigned'(source(out)) / InLanes >= most) most = unsigned'(source(out)) / InLanes + 1;
    end
    return most;
  endfunction

  always_comb begin
    wants = '0;
    for (int unsigned beat = 0; beat < OutBeats; beat++) begin
      if (32'(out_at) == beat) wants = 8'(waited_for(beat));
    end
  end

  // Of each lane of the present output beat, and how many input beats all of them need.
  logic signed [7:0] from[OutLanes];

  always_comb begin
    needs = '0;
    for (int unsigned lane = 0; lane < OutLanes; lane++) begin
      from[lane] = -8'sd1;
      for (int unsigned beat = 0; beat < OutBeats; beat++) begin
        if (32'(out_at) == beat) from[lane] = 8'(source(beat * OutLanes + lane));
      end
      for (int unsigned element = 0; element < Map; element++) begin
        if (32'(from[lane]) == element && needs <= 8'(element / InLanes)) needs = 8'(element / InLanes + 1);
      end
    end
  end

  always_comb begin
    same           = 1'b1;
    border_element = 1'b0;
    for (int unsigned lane = 0; lane < OutLanes; lane++) begin
      if (from[lane] < 0) begin
        border_element = 1'b1;
        if (out_data[lane] != (Border != 0)) same = 1'b0;
      end else if (out_data[lane] != (watch_out && from[lane] == 8'(pick))) begin
        same = 1'b0;
      end
    end
  end

  always_comb begin
    in_data = '0;
    for (int unsigned element = 0; element < Map; element++) begin
      if (watch_in && 32'(pick) == element && 32'(in_at) == element / InLanes) begin
        in_data[element%InLanes] = 1'b1;
      end
    end
  end

  `ASSERT(TagInOrder, out_valid |-> same)
  if (PadTop > 0 || PadLeft > 0) begin : gen_border
    `REACH(Border, watch_out && border_element)
    `REACH(NoBorder, watch_out && !border_element)
  end

endmodule : proof_window
