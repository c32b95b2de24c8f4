// SPDX-License-Identifier: BSD-3-Clause
//
// The order in which a window is read tap by tap, a part of a pixel or a pixel at a time:
//
//   ChannelMajor = 0: for each window: for ky, kx, f      ChannelMajor = 1: for f, ky, kx
//
//   word of the row = column * Fold + f,   column = x * StrideX - PadLeft + kx * DilationX
//
// for window column x, tap (ky, kx) and channel fold f. Words outside the row are border. Tap rows
// and output rows are rbonn_window_rows's: tap_o goes to the next one.
//
// freed_less_1_o says how many words, less one, no later read asks for: the columns that the window leaves, as
// far as they are inside the map, and the rest at the end of the row.
//
// Test: tests/rtl/test_window.py.

`include "rbonn_assert.svh"

module rbonn_window_taps #(
  parameter  int unsigned Width        = 8,   // columns of the map
  parameter  int unsigned Fold         = 2,   // words of a pixel
  parameter  int unsigned OutWidth     = 8,   // windows of an output row
  parameter  int unsigned KernelW      = 3,   // taps of a tap row
  parameter  int unsigned StrideX      = 1,   // columns from window to window
  parameter  int unsigned DilationX    = 1,   // columns from tap to tap
  parameter  int unsigned PadLeft      = 1,   // border columns left of the map
  parameter  int unsigned ChannelMajor = 0,   // 1: all taps of a channel fold, then the next one
  parameter  int unsigned RowDrop      = 1,   // rows freed with an output row
  parameter  int unsigned LastDrop     = 1,   // rows freed with the last output row
  localparam int unsigned RowWords     = Width * Fold,
  localparam int unsigned WordWidth    = (RowWords > 1) ? $clog2(RowWords) : 1,
  localparam int unsigned MostDrop     = (RowDrop > LastDrop) ? RowDrop : LastDrop,
  localparam int unsigned FreeWidth    = $clog2(MostDrop * RowWords + 1)
) (
  input  logic                 clk_i,
  input  logic                 rst_i,  // synchronous, active high

  input  logic                 step_i,      // the present word is taken
  input  logic                 last_tap_i,  // of rbonn_window_rows
  input  logic                 last_row_i,
  input  logic                 tail_i,

  output logic                 tap_o,   // this is the last word of a tap row
  output logic                 next_o,  // and, in the last tap row, of an output row
  output logic [WordWidth-1:0] word_o,
  output logic                 border_o,
  output logic                 frees_o,        // leaving the word frees words,
  output logic [FreeWidth-1:0] freed_less_1_o  // so many less 1, else all ones
);

  localparam int FirstWord = -int'(PadLeft * Fold);
  localparam int Span      = int'((KernelW - 1) * DilationX * Fold);  // first to last tap
  localparam int Folds     = int'(Fold) - 1;
  localparam int LastWord  = int'((OutWidth - 1) * StrideX * Fold) + FirstWord + Span + Folds;
  // Words left of the map are the largest values of an unsigned counter, and meet one comparison.
  localparam int unsigned PositionStates = ((LastWord + 1 > int'(RowWords)) ? LastWord + 1
                                                                             : int'(RowWords))
                                           + PadLeft * Fold;
  localparam int unsigned PositionWidth = (PositionStates > 1) ? $clog2(PositionStates) : 1;

  // Windows [FirstFree, LastFree) free StrideX columns each when they are left.
  localparam int unsigned FirstFree  = (PadLeft + StrideX - 1) / StrideX;
  localparam int unsigned MapFree    = FirstFree + Width / StrideX;
  localparam int unsigned LastFree   = (OutWidth - 1 < MapFree) ? OutWidth - 1 : MapFree;
  localparam int unsigned Frees      = (LastFree > FirstFree) ? LastFree - FirstFree : 0;
  localparam int unsigned FreedWords = Frees * StrideX * Fold;

  if (Width < 1 || Fold < 1 || OutWidth < 1 || KernelW < 1 || StrideX < 1
      || DilationX < 1) begin : gen_bad_size
    $error("Width=%0d, Fold=%0d, OutWidth=%0d, KernelW=%0d, StrideX=%0d and DilationX=%0d must be at least 1",
           Width, Fold, OutWidth, KernelW, StrideX, DilationX);
  end
  if (ChannelMajor > 1) begin : gen_bad_order
    $error("ChannelMajor=%0d must be 0 or 1", ChannelMajor);
  end

  typedef logic [PositionWidth-1:0] position_t;
  typedef logic [FreeWidth-1:0]     free_t;

  position_t position_d, position_q;
  logic      last_fold, last_kx, last_x;
  logic      count_fold, count_kx;  // the word is the last of the loops inside this one
  logic      last_in_window;

  ///////////
  // Loops //
  ///////////

  // That a counter stands at its last value is found with the counter, a cycle earlier.

  if (Fold > 1) begin : gen_folds
    logic [$clog2(Fold)-1:0] fold_q;
    logic                    last_fold_q;
    assign last_fold = last_fold_q;
    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        fold_q      <= '0;
        last_fold_q <= 1'b0;
      end else if (step_i && count_fold) begin
        fold_q      <= last_fold_q ? '0 : fold_q + 1'b1;
        last_fold_q <= 32'(fold_q) == Fold - 2;
      end
    end
    `ASSERT(LastFoldIsKnown, last_fold_q == (32'(fold_q) == Fold - 1))
  end else begin : gen_one_fold
    logic unused_count;
    assign unused_count = count_fold;
    assign last_fold    = 1'b1;
  end

  if (KernelW > 1) begin : gen_kernel
    logic [$clog2(KernelW)-1:0] kx_q;
    logic                       last_kx_q;
    assign last_kx = last_kx_q;
    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        kx_q      <= '0;
        last_kx_q <= 1'b0;
      end else if (step_i && count_kx) begin
        kx_q      <= last_kx_q ? '0 : kx_q + 1'b1;
        last_kx_q <= 32'(kx_q) == KernelW - 2;
      end
    end
    `ASSERT(LastTapIsKnown, last_kx_q == (32'(kx_q) == KernelW - 1))
  end else begin : gen_one_tap
    logic unused_count;
    assign unused_count = count_kx;
    assign last_kx      = 1'b1;
  end

  if (ChannelMajor != 0) begin : gen_channel_major
    assign count_kx       = 1'b1;
    assign count_fold     = last_kx && last_tap_i;
    assign tap_o          = last_kx;
    assign last_in_window = last_kx && last_tap_i && last_fold;
    assign next_o         = last_fold && last_x;
  end else begin : gen_tap_major
    assign count_fold     = 1'b1;
    assign count_kx       = last_fold;
    assign tap_o          = last_fold && last_kx;
    assign last_in_window = tap_o && last_tap_i;
    assign next_o         = last_x;
  end

  logic free_column;  // leaving the present window frees its first StrideX columns

  if (OutWidth > 1) begin : gen_windows
    logic [$clog2(OutWidth)-1:0] x_q;
    logic last_x_q;
    assign last_x = last_x_q;
    logic early, late;  // of the row
    if (FirstFree > 0) begin : gen_early
      assign early = 32'(x_q) < FirstFree;
    end else begin : gen_never_early
      assign early = 1'b0;
    end
    if (LastFree < OutWidth - 1) begin : gen_late
      assign late = 32'(x_q) >= LastFree;
    end else begin : gen_never_late
      assign late = 1'b0;
    end
    assign free_column = Frees > 0 && !early && !late && !tail_i;
    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        x_q      <= '0;
        last_x_q <= 1'b0;
      end else if (step_i && last_in_window) begin
        x_q      <= last_x_q ? '0 : x_q + 1'b1;
        last_x_q <= 32'(x_q) == OutWidth - 2;
      end
    end
    `ASSERT(LastWindowIsKnown, last_x_q == (32'(x_q) == OutWidth - 1))
    `ASSERT(WindowInRange, 32'(x_q) < OutWidth)
  end else begin : gen_one_window
    assign last_x      = 1'b1;
    assign free_column = 1'b0;
  end

  //////////////
  // Position //
  //////////////

  always_comb begin
    if (ChannelMajor != 0) begin
      position_d = position_q + position_t'(int'(DilationX * Fold));
      if (last_kx) position_d = position_q - position_t'(Span);
      if (last_kx && last_tap_i) position_d = position_q + position_t'(1 - Span);
    end else begin
      position_d = position_q + position_t'(1);
      if (last_fold) position_d = position_q + position_t'(int'(DilationX * Fold) - Folds);
      if (last_fold && last_kx) position_d = position_q - position_t'(Span + Folds);
    end
    if (last_in_window) begin
      position_d = last_x ? position_t'(FirstWord)
                          : position_q + position_t'(int'(StrideX * Fold) - Span - Folds);
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) position_q <= position_t'(FirstWord);
    else if (step_i) position_q <= position_d;
  end

  assign border_o = 32'(position_q) >= RowWords;
  assign word_o   = WordWidth'(position_q);

  logic  rest;   // the last word of an output row that frees rows
  free_t rows_less_1, freed_less_1;

  assign rest = last_x && (last_row_i || !tail_i);

  always_comb begin
    if (!last_row_i)  rows_less_1 = free_t'(RowDrop * RowWords - FreedWords - 1);
    else if (tail_i)  rows_less_1 = free_t'(LastDrop * RowWords - 1);
    else              rows_less_1 = free_t'(LastDrop * RowWords - FreedWords - 1);
    freed_less_1 = '1;  // nothing
    if (last_x) begin
      if (rest) freed_less_1 = rows_less_1;
    end else if (free_column) begin
      freed_less_1 = free_t'(StrideX * Fold - 1);
    end
  end

  assign frees_o        = last_in_window && freed_less_1 != '1;
  assign freed_less_1_o = last_in_window ? freed_less_1 : '1;

endmodule : rbonn_window_taps
