// SPDX-License-Identifier: BSD-3-Clause
//
// Sliding window over a map with a border:
//
//   out[y][x][ky][kx][c] = in[y*StrideY - PadTop + ky*DilationY][x*StrideX - PadLeft + kx*DilationX][c]
//
// and Border where that pixel lies outside the map, y = 0 .. OutHeight-1, x = 0 .. OutWidth-1. Pixels
// come row by row, channels innermost, InLanes elements a beat. Elements leave in the order above,
// OutLanes a beat, a divisor of Channels, KernelW * Channels or KernelH * KernelW * Channels; with
// ChannelMajor = 1 all taps of OutLanes channels leave before the next channels, OutLanes then being
// a divisor of Channels. Lane 0 is the LSB.
//
// Rows of words of Lanes = min(OutLanes, Channels) elements lie in one memory (rbonn_window_lines),
// which is written ahead as far as it has room, also with rows of the next frame, and read once a
// cycle: tap by tap where OutLanes <= Channels, else column by column into a delay line
// (rbonn_window_line). The map's border is never stored. Rows and columns that no window reaches are
// taken and dropped.
//
// A word is read in the cycle after its write at the earliest, and offered 2 cycles after its read
// (3 with a delay line). In beats of InLanes /= Lanes pass a width converter first (rbonn_dwc).
// in_ready_o never depends on out_ready_i.
//
// Golden model: rbonn_hw/ref/window.py.    Test: tests/rtl/test_window.py.

`include "rbonn_assert.svh"

module rbonn_window #(
  parameter  int unsigned InLanes      = 2,  // elements per input beat
  parameter  int unsigned OutLanes     = 2,  // elements per output beat
  parameter  int unsigned LaneBits     = 1,  // bits of an element
  parameter  int unsigned Channels     = 4,  // elements of a pixel
  parameter  int unsigned Height       = 6,  // rows of the map
  parameter  int unsigned Width        = 6,  // columns of the map
  parameter  int unsigned OutHeight    = 6,  // rows of windows
  parameter  int unsigned OutWidth     = 6,  // windows of a row
  parameter  int unsigned KernelH      = 3,  // rows of a window
  parameter  int unsigned KernelW      = 3,  // columns of a window
  parameter  int unsigned StrideY      = 1,  // rows from window to window
  parameter  int unsigned StrideX      = 1,  // columns from window to window
  parameter  int unsigned DilationY    = 1,  // rows from tap to tap
  parameter  int unsigned DilationX    = 1,  // columns from tap to tap
  parameter  int unsigned PadTop       = 1,  // border rows above the map
  parameter  int unsigned PadLeft      = 1,  // border columns left of the map
  parameter  int unsigned ChannelMajor = 0,  // 1: all taps of OutLanes channels, then the next ones
  parameter  int unsigned Border       = 0,  // what the border holds, an element's bits
  parameter  int unsigned Rows         = 3,  // rows that the memory holds
  parameter  int unsigned BlockRam     = 0,  // memory: 0 LUT RAM, 1 block RAM
  localparam int unsigned InWidth      = InLanes * LaneBits,
  localparam int unsigned OutWidthBits = OutLanes * LaneBits
) (
  input  logic                    clk_i,
  input  logic                    rst_i,  // synchronous, active high

  input  logic                    in_valid_i,
  output logic                    in_ready_o,
  input  logic [InWidth-1:0]      in_data_i,

  output logic                    out_valid_o,
  input  logic                    out_ready_i,
  output logic [OutWidthBits-1:0] out_data_o
);

  localparam int unsigned TapRow = KernelW * Channels;
  localparam bit          Serial = OutLanes <= Channels;

  if (Serial ? Channels % OutLanes != 0
             : OutLanes != TapRow && OutLanes != KernelH * TapRow) begin : gen_bad_lanes
    $error("OutLanes=%0d must divide Channels=%0d or be %0d or %0d",
           OutLanes, Channels, TapRow, KernelH * TapRow);
  end
  if (ChannelMajor != 0 && !Serial) begin : gen_bad_order
    $error("OutLanes=%0d must divide Channels=%0d with ChannelMajor=1", OutLanes, Channels);
  end
  if (LaneBits < 1 || (LaneBits < 32 && (Border >> LaneBits) != 0)) begin : gen_bad_border
    $error("Border=%0d must fit LaneBits=%0d", Border, LaneBits);
  end

  localparam int unsigned Lanes     = Serial ? OutLanes : Channels;
  localparam int unsigned Fold      = Channels / Lanes;
  localparam int unsigned RowWords  = Width * Fold;
  localparam int unsigned WordBits  = Lanes * LaneBits;
  localparam int unsigned SlotWidth = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int unsigned WordWidth = (RowWords > 1) ? $clog2(RowWords) : 1;

  localparam int unsigned WindowRows = (OutHeight - 1) * StrideY;  // from the first to the last window
  localparam int unsigned LastDrop   = (WindowRows < Height) ? Height - WindowRows : Height % StrideY;
  localparam int unsigned MostFreed  = ((StrideY > LastDrop) ? StrideY : LastDrop) * RowWords;

  localparam logic [LaneBits-1:0] BorderLane = LaneBits'(Border);
  localparam logic [WordBits-1:0] BorderWord = {Lanes{BorderLane}};

  /////////////////////
  // Memory of lines //
  /////////////////////

  logic                word_valid, word_ready;
  logic [WordBits-1:0] word_data;

  if (InLanes == Lanes) begin : gen_same_lanes
    assign word_valid = in_valid_i;
    assign in_ready_o = word_ready;
    assign word_data  = in_data_i;
  end else begin : gen_convert
    rbonn_dwc #(
      .InLanes (InLanes),
      .OutLanes(Lanes),
      .LaneBits(LaneBits)
    ) u_convert (
      .clk_i,
      .rst_i,
      .in_valid_i,
      .in_ready_o,
      .in_data_i,
      .out_valid_o(word_valid),
      .out_ready_i(word_ready),
      .out_data_o (word_data)
    );
  end

  logic                           step;  // the present word is read, or is border
  logic                           row_written;
  logic [WordWidth-1:0]           written, word;
  logic [SlotWidth-1:0]           slot;
  logic [WordBits-1:0]            read_data;
  logic                           free;
  logic [$clog2(MostFreed+1)-1:0] free_words_less_1;

  rbonn_window_lines #(
    .Width    (WordBits),
    .RowWords (RowWords),
    .Rows     (Rows),
    .FirstFree((Rows - PadTop) * RowWords),
    .MostFreed(MostFreed),
    .BlockRam (BlockRam)
  ) u_lines (
    .clk_i,
    .rst_i,
    .in_valid_i   (word_valid),
    .in_ready_o   (word_ready),
    .in_data_i    (word_data),
    .row_written_o(row_written),
    .written_o    (written),
    .read_i       (step && !border),
    .read_slot_i  (slot),
    .read_word_i  (word),
    .read_data_o  (read_data),
    .free_i       (free),
    .free_words_less_1_i(free_words_less_1)
  );

  ///////////////////
  // Reading order //
  ///////////////////

  logic               tap, next, first_tap, last_tap, last_row, tail;
  logic               border_column, border, there;

  rbonn_window_rows #(
    .Height   (Height),
    .OutHeight(OutHeight),
    .KernelH  (KernelH),
    .StrideY  (StrideY),
    .DilationY(DilationY),
    .PadTop   (PadTop),
    .Rows     (Rows),
    .WholeSpan(32'(Serial))
  ) u_rows (
    .clk_i,
    .rst_i,
    .step_i         (step),
    .tap_i          (tap),
    .next_i         (next),
    .border_column_i(border_column),
    .row_written_i  (row_written),
    .reached_i      (word < written),
    .begun_i        (written != '0),
    .first_tap_o    (first_tap),
    .last_tap_o     (last_tap),
    .last_row_o     (last_row),
    .tail_o         (tail),
    .border_o       (border),
    .there_o        (there),
    .slot_o         (slot)
  );

  logic read_valid_q, read_border_q, read_ready;

  assign step = there && (!read_valid_q || read_ready);

  always_ff @(posedge clk_i) begin
    if (rst_i) read_valid_q <= 1'b0;
    else read_valid_q <= step || (read_valid_q && !read_ready);
  end

  always_ff @(posedge clk_i) begin
    if (step) read_border_q <= border;
  end

  logic [WordBits-1:0] pixel;
  assign pixel = read_border_q ? BorderWord : read_data;

  if (Serial) begin : gen_taps
    logic unused_tap;
    assign unused_tap = first_tap;
    assign read_ready = !out_valid_o || out_ready_i;
    always_ff @(posedge clk_i) begin
      if (rst_i) out_valid_o <= 1'b0;
      else if (read_ready) out_valid_o <= read_valid_q;
    end
    always_ff @(posedge clk_i) begin
      if (read_ready) out_data_o <= pixel;
    end

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
      .step_i      (step),
      .last_tap_i  (last_tap),
      .last_row_i  (last_row),
      .tail_i      (tail),
      .tap_o       (tap),
      .next_o      (next),
      .word_o      (word),
      .border_o    (border_column),
      .free_o      (free),
      .free_words_less_1_o(free_words_less_1)
    );
  end else begin : gen_columns
    logic               full, emit_q;
    logic [KernelW-1:0] mask, mask_q;
    assign tap = 1'b1;
    always_ff @(posedge clk_i) begin
      if (step) begin
        emit_q <= full && (OutLanes == TapRow || last_tap);
        mask_q <= mask;
      end
    end
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
      .step_i      (step),
      .first_tap_i (first_tap),
      .last_tap_i  (last_tap),
      .last_row_i  (last_row),
      .tail_i      (tail),
      .next_o      (next),
      .word_o      (word),
      .border_o    (border_column),
      .emit_o      (full),
      .mask_o      (mask),
      .free_o      (free),
      .free_words_less_1_o(free_words_less_1)
    );
    rbonn_window_line #(
      .Width      (WordBits),
      .KernelH    (KernelH),
      .KernelW    (KernelW),
      .DilationX  (DilationX),
      .WholeWindow(32'(OutLanes != TapRow)),
      .Border     (BorderWord)
    ) u_line (
      .clk_i,
      .rst_i,
      .in_valid_i(read_valid_q),
      .in_ready_o(read_ready),
      .in_pixel_i(pixel),
      .in_emit_i (emit_q),
      .in_mask_i (mask_q),
      .out_valid_o,
      .out_ready_i,
      .out_data_o
    );
  end

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))
  `ASSERT(BorderIsNotRead, step && !border |-> 32'(word) < RowWords)

endmodule : rbonn_window
