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

  // Rows written beyond a tap's: at most Rows and one whose words have all been freed, and as far
  // below 0 as a window moves or reaches.
  localparam int Span    = int'((KernelH - 1) * DilationY);
  localparam int LastRow = int'(WindowRows) - int'(PadTop) + Span;
  localparam int Wrap    = int'(Height) - int'(WindowRows);  // to the next frame
  localparam int Last    = ((LastRow + 1 > int'(Height)) ? LastRow + 1 : int'(Height)) + int'(PadTop);
  // A window in the border alone waits for no row, so the reader may leave the map behind.
  localparam bit MayLeave = int'(PadTop) > Span || LastRow - Span >= int'(Height) || DilationY > Height;
  localparam int Furthest = MayLeave ? 2 * Last
                                     : ((Wrap > int'(StrideY)) ? Wrap : int'(StrideY)) + Span + 1;
  localparam int unsigned AheadWidth = $clog2((int'(Rows) > Furthest ? int'(Rows) : Furthest) + 2) + 1;

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

  localparam int unsigned FreeWidth = $clog2(MostFreed + 1);

  logic                 step;  // the present word is read, or is border
  logic                 row_written, begun;
  logic [WordWidth-1:0] written, word;
  logic [SlotWidth-1:0] slot;
  logic                 border, frees;
  logic [FreeWidth-1:0] freed_less_1;
  logic [WordBits-1:0]  read_data;

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
    .begun_o      (begun),
    .read_i       (step && !border),
    .read_slot_i  (slot),
    .read_word_i  (word),
    .read_data_o  (read_data),
    .free_i       (step && frees),
    .free_words_less_1_i(freed_less_1)
  );

  ///////////////////
  // Reading order //
  ///////////////////

  logic                  valid, frame, emit, there;
  logic [KernelW-1:0]    mask;
  logic [AheadWidth-1:0] leave;

  rbonn_window_order #(
    .Height      (Height),
    .Width       (Width),
    .Fold        (Fold),
    .OutHeight   (OutHeight),
    .OutWidth    (OutWidth),
    .KernelH     (KernelH),
    .KernelW     (KernelW),
    .StrideY     (StrideY),
    .StrideX     (StrideX),
    .DilationY   (DilationY),
    .DilationX   (DilationX),
    .PadTop      (PadTop),
    .PadLeft     (PadLeft),
    .ChannelMajor(ChannelMajor),
    .Serial      (32'(Serial)),
    .WholeWindow (32'(OutLanes == KernelH * TapRow)),
    .Rows        (Rows),
    .LastDrop    (LastDrop),
    .AheadWidth  (AheadWidth)
  ) u_order (
    .clk_i,
    .rst_i,
    .step_i        (step),
    .valid_o       (valid),
    .word_o        (word),
    .slot_o        (slot),
    .border_o      (border),
    .frame_o       (frame),
    .leave_o       (leave),
    .emit_o        (emit),
    .mask_o        (mask),
    .frees_o       (frees),
    .freed_less_1_o(freed_less_1)
  );

  rbonn_window_ahead #(
    .AheadWidth(AheadWidth),
    .WordWidth (WordWidth),
    .PadTop    (PadTop),
    .Rows      (Rows)
  ) u_ahead (
    .clk_i,
    .rst_i,
    .step_i       (step),
    .leave_i      (leave),
    .border_i     (border),
    .frame_i      (frame),
    .word_i       (word),
    .row_written_i(row_written),
    .written_i    (written),
    .begun_i      (begun),
    .there_o      (there)
  );

  logic read_valid_q, read_border_q, read_ready;

  assign step = there && (!read_valid_q || read_ready);

  always_ff @(posedge clk_i) begin
    if (rst_i) read_valid_q <= 1'b0;
    else read_valid_q <= (step && valid) || (read_valid_q && !read_ready);
  end

  always_ff @(posedge clk_i) begin
    if (step) read_border_q <= border;
  end

  logic [WordBits-1:0] pixel;
  assign pixel = read_border_q ? BorderWord : read_data;

  if (Serial) begin : gen_taps
    logic unused_emit;
    assign unused_emit = ^{emit, mask};
    assign read_ready  = !out_valid_o || out_ready_i;
    always_ff @(posedge clk_i) begin
      if (rst_i) out_valid_o <= 1'b0;
      else if (read_ready) out_valid_o <= read_valid_q;
    end
    always_ff @(posedge clk_i) begin
      if (read_ready) out_data_o <= pixel;
    end
  end else begin : gen_columns
    logic               read_emit_q;
    logic [KernelW-1:0] read_mask_q;
    always_ff @(posedge clk_i) begin
      if (step) begin
        read_emit_q <= emit;
        read_mask_q <= mask;
      end
    end

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
      .in_emit_i (read_emit_q),
      .in_mask_i (read_mask_q),
      .out_valid_o,
      .out_ready_i,
      .out_data_o
    );
  end

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))
  `ASSERT(BorderIsNotRead, step && !border |-> 32'(word) < RowWords)

endmodule : rbonn_window
