// SPDX-License-Identifier: BSD-3-Clause
//
// The order in which the words of a map are read for its windows, and what belongs to each.
//
// All that is said of the present word leaves from registers: the one behind it is worked out while
// it waits. Whether a word is there (rbonn_window_ahead) and where the next one lies are so never
// found in one cycle. Rows are rbonn_window_rows's; the words of a row are rbonn_window_taps's, or
// with Serial = 0 rbonn_window_columns's.
//
// Until the first word has been worked out, a cycle after reset, the present one is no word at all,
// for which nobody waits.
//
// Test: tests/rtl/test_window.py.

module rbonn_window_order #(
  parameter  int unsigned Height       = 8,  // rows of the map
  parameter  int unsigned Width        = 8,  // columns of the map
  parameter  int unsigned Fold         = 2,  // words of a pixel
  parameter  int unsigned OutHeight    = 8,  // rows of windows
  parameter  int unsigned OutWidth     = 8,  // windows of a row
  parameter  int unsigned KernelH      = 3,  // rows of a window
  parameter  int unsigned KernelW      = 3,  // columns of a window
  parameter  int unsigned StrideY      = 1,  // rows from window to window
  parameter  int unsigned StrideX      = 1,  // columns from window to window
  parameter  int unsigned DilationY    = 1,  // rows from tap to tap
  parameter  int unsigned DilationX    = 1,  // columns from tap to tap
  parameter  int unsigned PadTop       = 1,  // border rows above the map
  parameter  int unsigned PadLeft      = 1,  // border columns left of the map
  parameter  int unsigned ChannelMajor = 0,  // with Serial: all taps of a channel fold, then the next one
  parameter  int unsigned Serial       = 1,  // 1: tap by tap, 0: column by column, Fold then being 1
  parameter  int unsigned WholeWindow  = 0,  // without Serial: 1 a beat is a window, 0 a tap row of it
  parameter  int unsigned Rows         = 3,  // rows that the memory holds
  parameter  int unsigned LastDrop     = 1,  // rows freed with the last output row
  parameter  int unsigned AheadWidth   = 5,  // bits of leave_o
  localparam int unsigned RowWords     = Width * Fold,
  localparam int unsigned SlotWidth    = (Rows > 1) ? $clog2(Rows) : 1,
  localparam int unsigned WordWidth    = (RowWords > 1) ? $clog2(RowWords) : 1,
  localparam int unsigned MostDrop     = (StrideY > LastDrop) ? StrideY : LastDrop,
  localparam int unsigned FreeWidth    = $clog2(MostDrop * RowWords + 1)
) (
  input  logic                  clk_i,
  input  logic                  rst_i,  // synchronous, active high

  input  logic                  step_i,  // the present word is read, or is border

  output logic                  valid_o,         // it is one
  output logic [WordWidth-1:0]  word_o,          // its place in its row
  output logic [SlotWidth-1:0]  slot_o,          // and where that row lies
  output logic                  border_o,        // it lies outside the map
  output logic                  frame_o,         // it is the first of a frame
  output logic [AheadWidth-1:0] leave_o,         // rows from the next word back to it
  output logic                  emit_o,          // without Serial: a beat leaves with it
  output logic [KernelW-1:0]    mask_o,          // the beat's taps left of the map
  output logic                  frees_o,         // once it is read, words are free,
  output logic [FreeWidth-1:0]  freed_less_1_o   // so many less 1, else all ones
);

  if (Serial == 0 && Fold != 1) begin : gen_bad_fold
    $error("Fold=%0d must be 1 where columns are read", Fold);
  end

  logic                  tap, next, first_tap, last_tap, last_row, tail;
  logic                  border_row, border_column, frame, emit, frees;
  logic [KernelW-1:0]    mask;
  logic [WordWidth-1:0]  word;
  logic [SlotWidth-1:0]  slot;
  logic [AheadWidth-1:0] leave;
  logic [FreeWidth-1:0]  freed_less_1;

  rbonn_window_rows #(
    .Height    (Height),
    .OutHeight (OutHeight),
    .KernelH   (KernelH),
    .StrideY   (StrideY),
    .DilationY (DilationY),
    .PadTop    (PadTop),
    .Rows      (Rows),
    .WholeSpan (Serial),
    .AheadWidth(AheadWidth)
  ) u_rows (
    .clk_i,
    .rst_i,
    .step_i     (step_i),
    .tap_i      (tap),
    .next_i     (next),
    .first_tap_o(first_tap),
    .last_tap_o (last_tap),
    .last_row_o (last_row),
    .tail_o     (tail),
    .border_o   (border_row),
    .frame_o    (frame),
    .slot_o     (slot),
    .leave_o    (leave)
  );

  if (Serial != 0) begin : gen_taps
    logic unused_tap;
    assign unused_tap = first_tap;
    assign emit       = 1'b1;
    assign mask       = '0;
    rbonn_window_taps #(
      .Width       (Width),
      .Fold        (Fold),
      .OutWidth    (OutWidth),
      .KernelW     (KernelW),
      .StrideX     (StrideX),
      .DilationX   (DilationX),
      .PadLeft     (PadLeft),
      .ChannelMajor(ChannelMajor),
      .RowDrop     (StrideY),
      .LastDrop    (LastDrop)
    ) u_taps (
      .clk_i,
      .rst_i,
      .step_i        (step_i),
      .last_tap_i    (last_tap),
      .last_row_i    (last_row),
      .tail_i        (tail),
      .tap_o         (tap),
      .next_o        (next),
      .word_o        (word),
      .border_o      (border_column),
      .frees_o       (frees),
      .freed_less_1_o(freed_less_1)
    );
  end else begin : gen_columns
    logic full;
    assign tap  = 1'b1;
    assign emit = full && (WholeWindow == 0 || last_tap);
    rbonn_window_columns #(
      .Width    (Width),
      .OutWidth (OutWidth),
      .KernelW  (KernelW),
      .StrideX  (StrideX),
      .DilationX(DilationX),
      .PadLeft  (PadLeft),
      .RowDrop  (StrideY),
      .LastDrop (LastDrop)
    ) u_columns (
      .clk_i,
      .rst_i,
      .step_i        (step_i),
      .first_tap_i   (first_tap),
      .last_tap_i    (last_tap),
      .last_row_i    (last_row),
      .tail_i        (tail),
      .next_o        (next),
      .word_o        (word),
      .border_o      (border_column),
      .emit_o        (full),
      .mask_o        (mask),
      .frees_o       (frees),
      .freed_less_1_o(freed_less_1)
    );
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      valid_o  <= 1'b0;
      border_o <= 1'b1;
      frame_o  <= 1'b0;
      leave_o  <= '0;
      frees_o  <= 1'b0;
    end else if (step_i) begin
      valid_o  <= 1'b1;
      border_o <= border_row || border_column;
      frame_o  <= frame;
      leave_o  <= leave;
      frees_o  <= frees;
    end
  end

  always_ff @(posedge clk_i) begin
    if (step_i) begin
      word_o         <= word;
      slot_o         <= slot;
      emit_o         <= emit;
      mask_o         <= mask;
      freed_less_1_o <= freed_less_1;
    end
  end

endmodule : rbonn_window_order
