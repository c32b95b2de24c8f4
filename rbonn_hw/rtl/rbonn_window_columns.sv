// SPDX-License-Identifier: BSD-3-Clause
//
// The order in which windows are read column by column, a pixel at a time, where a beat out is
// whole tap rows: every output row needs each column of its tap rows once.
//
//   for column = 0 .. LastColumn: for ky           LastColumn = that of the row's last tap
//
// The column x * StrideX - PadLeft + (KernelW-1) * DilationX completes window x: emit_o is high for
// its pixels. mask_o[kx] says that the window's taps kx lie left of the map; columns right of it are
// read as border. Tap rows and output rows are rbonn_window_rows's.
//
// Test: tests/rtl/test_window.py.

`include "rbonn_assert.svh"

module rbonn_window_columns #(
  parameter  int unsigned Width     = 8,  // columns of the map
  parameter  int unsigned OutWidth  = 8,  // windows of an output row
  parameter  int unsigned KernelW   = 3,  // taps of a tap row
  parameter  int unsigned StrideX   = 1,  // columns from window to window
  parameter  int unsigned DilationX = 1,  // columns from tap to tap
  parameter  int unsigned PadLeft   = 1,  // border columns left of the map
  parameter  int unsigned RowDrop   = 1,  // rows freed with an output row
  parameter  int unsigned LastDrop  = 1,  // rows freed with the last output row
  localparam int unsigned WordWidth = (Width > 1) ? $clog2(Width) : 1,
  localparam int unsigned MostDrop  = (RowDrop > LastDrop) ? RowDrop : LastDrop,
  localparam int unsigned FreeWidth = $clog2(MostDrop * Width + 1)
) (
  input  logic                 clk_i,
  input  logic                 rst_i,  // synchronous, active high

  input  logic                 step_i,      // the present word is taken
  input  logic                 first_tap_i,  // of rbonn_window_rows
  input  logic                 last_tap_i,
  input  logic                 last_row_i,
  input  logic                 tail_i,

  output logic                 next_o,  // in the last tap row: the last word of an output row
  output logic [WordWidth-1:0] word_o,
  output logic                 border_o,
  output logic                 emit_o,
  output logic [KernelW-1:0]   mask_o,
  output logic                 frees_o,        // leaving the word frees words,
  output logic [FreeWidth-1:0] freed_less_1_o  // so many less 1, else all ones
);

  localparam int FirstFull  = int'((KernelW - 1) * DilationX) - int'(PadLeft);
  localparam int LastColumn = int'((OutWidth - 1) * StrideX) + FirstFull;
  localparam int unsigned Columns     = unsigned'(LastColumn) + 1;
  localparam int unsigned ColumnWidth = $clog2((Columns > Width ? Columns : Width) + 1);
  localparam int unsigned FreedColumns = (unsigned'(LastColumn) < Width) ? unsigned'(LastColumn) : Width;

  if (Width < 1 || OutWidth < 1 || KernelW < 1 || StrideX < 1 || DilationX < 1) begin : gen_bad_size
    $error("Width=%0d, OutWidth=%0d, KernelW=%0d, StrideX=%0d and DilationX=%0d must be at least 1",
           Width, OutWidth, KernelW, StrideX, DilationX);
  end
  if (FirstFull < 0) begin : gen_bad_pad
    $error("PadLeft=%0d must be below the window's columns", PadLeft);
  end

  typedef logic [FreeWidth-1:0] free_t;

  logic [ColumnWidth-1:0] column_q;
  logic                   last_column, column_end;

  assign last_column = 32'(column_q) == Columns - 1;
  assign column_end  = step_i && last_tap_i;

  always_ff @(posedge clk_i) begin
    if (rst_i) column_q <= '0;
    else if (column_end) column_q <= last_column ? '0 : column_q + 1'b1;
  end

  logic full;  // the column completes a window, or would with another stride

  if (FirstFull > 0) begin : gen_later
    assign full = 32'(column_q) >= unsigned'(FirstFull);
  end else begin : gen_at_once
    assign full = 1'b1;
  end

  if (StrideX > 1) begin : gen_stride
    // Columns until the next window is complete.
    localparam int unsigned PhaseWidth = $clog2(StrideX);
    localparam logic [PhaseWidth-1:0] FirstPhase =
        PhaseWidth'(unsigned'(FirstFull) % StrideX);
    logic [PhaseWidth-1:0] phase_q;
    assign emit_o = phase_q == '0 && full;
    always_ff @(posedge clk_i) begin
      if (rst_i) phase_q <= FirstPhase;
      else if (column_end) begin
        if (last_column) phase_q <= FirstPhase;
        else phase_q <= (phase_q == '0) ? PhaseWidth'(StrideX - 1) : phase_q - 1'b1;
      end
    end
  end else begin : gen_every_column
    assign emit_o = full;
  end

  // The tap left of the window's last one by so many columns; it is border before them.
  for (genvar kx = 0; kx < KernelW; kx++) begin : gen_mask
    localparam int unsigned Back = (KernelW - 1 - kx) * DilationX;
    if (Back > unsigned'(FirstFull)) begin : gen_left
      assign mask_o[kx] = 32'(column_q) < Back;
    end else begin : gen_inside
      assign mask_o[kx] = 1'b0;
    end
  end

  assign next_o   = last_column;
  assign border_o = 32'(column_q) >= Width;
  assign word_o   = WordWidth'(column_q);

  logic  frees;  // words may be freed with the present one
  logic  rest;   // the last word of an output row that frees rows
  free_t rows_less_1, freed_less_1;

  assign rest = last_column && (last_row_i || !tail_i);

  always_comb begin
    if (!last_row_i)  rows_less_1 = free_t'(RowDrop * Width - FreedColumns - 1);
    else if (tail_i)  rows_less_1 = free_t'(LastDrop * Width - 1);
    else              rows_less_1 = free_t'(LastDrop * Width - FreedColumns - 1);
    freed_less_1 = '1;  // nothing
    if (last_column) begin
      if (rest) freed_less_1 = rows_less_1;
    end else if (!border_o && !tail_i) begin
      freed_less_1 = free_t'(1 - 1);
    end
  end

  // A column is free as soon as its first row has been read: the last one may lie in its place.
  assign frees          = last_column ? last_tap_i : first_tap_i;
  assign frees_o        = frees && freed_less_1 != '1;
  assign freed_less_1_o = frees ? freed_less_1 : '1;

  `ASSERT(ColumnInRange, 32'(column_q) < Columns)

endmodule : rbonn_window_columns
