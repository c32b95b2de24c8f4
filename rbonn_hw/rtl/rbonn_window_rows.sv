// SPDX-License-Identifier: BSD-3-Clause
//
// The rows of a window: which row of the map a tap lies in, and where that row is stored.
//
//   row = y * StrideY - PadTop + ky * DilationY,    y = 0 .. OutHeight-1, ky = 0 .. KernelH-1
//
// tap_i goes to the next tap row of the window, and from the last one back to the first: of the
// next output row when next_i is high, of the same one otherwise. Rows outside 0 .. Height-1 are
// border. Row r of frame n is row g = n * Height + r of the stream, and lies in slot g mod Rows.
//
// leave_o is how many rows further down the next word lies, with its sign turned: what is added to
// the number of rows written beyond the tap's. Each register is one sum of itself and a constant
// that flags choose.
//
// Test: tests/rtl/test_window.py.

`include "rbonn_assert.svh"

module rbonn_window_rows #(
  parameter  int unsigned Height     = 8,  // rows of the map
  parameter  int unsigned OutHeight  = 8,  // rows of windows
  parameter  int unsigned KernelH    = 3,  // tap rows of a window
  parameter  int unsigned StrideY    = 1,  // rows from window to window
  parameter  int unsigned DilationY  = 1,  // rows from tap to tap
  parameter  int unsigned PadTop     = 1,  // border rows above the map
  parameter  int unsigned Rows       = 3,  // rows that the memory holds
  parameter  int unsigned WholeSpan  = 1,  // 0: the first tap row gives its words to the last one
  parameter  int unsigned AheadWidth = 5,  // holds every leave_o, see rbonn_window
  localparam int unsigned SlotWidth  = (Rows > 1) ? $clog2(Rows) : 1
) (
  input  logic                  clk_i,
  input  logic                  rst_i,  // synchronous, active high

  input  logic                  step_i,  // the present word is taken
  input  logic                  tap_i,   // this is the last word of a tap row
  input  logic                  next_i,  // and, in the last tap row, of an output row

  output logic                  first_tap_o,  // the first tap row of a window
  output logic                  last_tap_o,   // the last tap row of a window
  output logic                  last_row_o,   // of the last output row; only with last_tap_o
  output logic                  tail_o,       // no row is freed, unless it is the last; with either tap
  output logic                  border_o,     // the row is border
  output logic                  frame_o,      // the word is the first of a frame
  output logic [SlotWidth-1:0]  slot_o,
  output logic [AheadWidth-1:0] leave_o    // two's complement
);

  localparam int Span     = int'((KernelH - 1) * DilationY);            // first to last tap row
  localparam int FirstRow = -int'(PadTop);
  localparam int LastRow  = int'((OutHeight - 1) * StrideY) + FirstRow + Span;
  localparam int Wrap     = int'(Height) - int'((OutHeight - 1) * StrideY);  // to the next frame

  // Rows below 0 are the largest values of an unsigned counter, and meet one comparison.
  localparam int unsigned RowStates = ((LastRow + 1 > int'(Height)) ? LastRow + 1 : int'(Height))
                                      + PadTop;
  localparam int unsigned RowWidth  = (RowStates > 1) ? $clog2(RowStates) : 1;

  if (KernelH < 1 || StrideY < 1 || DilationY < 1 || OutHeight < 1 || Height < 1) begin : gen_bad_size
    $error("KernelH=%0d, StrideY=%0d, DilationY=%0d, OutHeight=%0d and Height=%0d must be at least 1",
           KernelH, StrideY, DilationY, OutHeight, Height);
  end
  if (int'(Rows) < Span + int'(WholeSpan) || Rows <= PadTop) begin : gen_bad_rows
    $error("Rows=%0d must be at least the %0d rows that are read, and above PadTop=%0d",
           Rows, Span + int'(WholeSpan), PadTop);
  end

  typedef logic [RowWidth-1:0]   row_t;
  typedef logic [SlotWidth-1:0]  slot_t;
  typedef logic [AheadWidth-1:0] ahead_t;

  // The slot so many rows later, as a table.
  function automatic slot_t later(slot_t slot, int rows);
    slot_t found;
    found = '0;
    for (int at = 0; at < int'(Rows); at++) begin
      if (int'(32'(slot)) == at) found = slot_t'(((at + rows) % int'(Rows) + int'(Rows)) % int'(Rows));
    end
    return found;
  endfunction

  logic   last_tap, last_row;
  row_t   row_delta, row_q;        // of the tap
  slot_t  slot_d, slot_q;          // of the tap
  slot_t  first_d, first_q;        // of the window's first tap
  ahead_t leave;                   // see leave_o
  logic   tap, frame_q;            // frame_q: the first word of a frame

  assign tap = step_i && tap_i;

  if (KernelH > 1) begin : gen_taps
    logic [$clog2(KernelH)-1:0] tap_q;
    logic                       last_tap_q;  // tap_q == KernelH - 1, found with it
    assign last_tap    = last_tap_q;
    assign first_tap_o = tap_q == '0;
    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        tap_q      <= '0;
        last_tap_q <= 1'b0;
      end else if (tap) begin
        tap_q      <= last_tap_q ? '0 : tap_q + 1'b1;
        last_tap_q <= 32'(tap_q) == KernelH - 2;
      end
    end
    `ASSERT(LastTapIsKnown, last_tap_q == (32'(tap_q) == KernelH - 1))
  end else begin : gen_one_tap
    assign last_tap    = 1'b1;
    assign first_tap_o = 1'b1;
  end

  assign last_row = row_q == row_t'(LastRow);

  always_comb begin
    row_delta   = row_t'(int'(DilationY));
    leave = ahead_t'(-int'(DilationY));
    slot_d      = later(slot_q, int'(DilationY));
    first_d     = first_q;
    if (last_tap) begin
      row_delta   = row_t'(-Span);
      leave = ahead_t'(Span);
      if (next_i) begin
        row_delta   = last_row ? row_t'(FirstRow - LastRow) : row_t'(int'(StrideY) - Span);
        leave = last_row ? ahead_t'(Span - Wrap) : ahead_t'(Span - int'(StrideY));
        first_d     = last_row ? later(first_q, Wrap) : later(first_q, int'(StrideY));
      end
      slot_d = first_d;
    end
    if (!tap_i) leave = '0;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      row_q   <= row_t'(FirstRow);
      slot_q  <= later('0, FirstRow);
      first_q <= later('0, FirstRow);
      frame_q <= 1'b1;
    end else begin
      if (step_i) frame_q <= tap_i && last_tap && next_i && last_row;
      if (tap) begin
        row_q   <= row_q + row_delta;
        slot_q  <= slot_d;
        first_q <= first_d;
      end
    end
  end

  assign last_tap_o = last_tap;
  assign last_row_o = last_row;
  assign border_o   = 32'(row_q) >= Height;
  assign frame_o    = frame_q;
  assign slot_o     = slot_q;
  assign leave_o    = leave;

  // Windows that begin below Height - PadTop would free rows that the next frame begins with.
  if ((OutHeight - 1) * StrideY >= Height) begin : gen_tail
    localparam int unsigned FirstTail = Height / StrideY * StrideY;
    assign tail_o = 32'(row_t'(row_q + row_t'(PadTop)))
                    >= FirstTail + (last_tap ? unsigned'(Span) : 0);
  end else begin : gen_no_tail
    assign tail_o = 1'b0;
  end

  `ASSERT(SlotInRange, 32'(slot_q) < Rows && 32'(first_q) < Rows)

endmodule : rbonn_window_rows
