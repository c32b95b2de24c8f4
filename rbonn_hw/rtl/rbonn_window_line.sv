// SPDX-License-Identifier: BSD-3-Clause
//
// Whole tap rows from pixels that come column by column: the last pixels in a delay line, and the
// window that they complete in a register.
//
//   tap (ky, kx) = the pixel that came (KernelW-1-kx) * DilationX * KernelH + (KernelH-1-ky) before
//
// WholeWindow = 0: the KernelW taps of one tap row leave with every pixel that emit_i marks, its own
// row's; WholeWindow = 1: all taps leave with the last pixel of a column. mask_i[kx] replaces the
// taps kx by the border. Tap (ky, kx) lies at bit (ky * KernelW + kx) * Width.
//
// One pixel a cycle in; the beat is offered 2 cycles after its pixel was taken.
//
// Test: tests/rtl/test_window.py.

`include "rbonn_assert.svh"

module rbonn_window_line #(
  parameter  int unsigned      Width       = 8,  // bits of a pixel
  parameter  int unsigned      KernelH     = 3,  // pixels of a column
  parameter  int unsigned      KernelW     = 3,  // taps of a tap row
  parameter  int unsigned      DilationX   = 1,  // columns from tap to tap
  parameter  int unsigned      WholeWindow = 0,
  parameter  logic [Width-1:0] Border      = '0,
  localparam int unsigned      TapRows     = (WholeWindow != 0) ? KernelH : 1
) (
  input  logic                             clk_i,
  input  logic                             rst_i,  // synchronous, active high

  input  logic                             in_valid_i,
  output logic                             in_ready_o,
  input  logic [Width-1:0]                 in_pixel_i,
  input  logic                             in_emit_i,
  input  logic [KernelW-1:0]               in_mask_i,

  output logic                             out_valid_o,
  input  logic                             out_ready_i,
  output logic [TapRows*KernelW*Width-1:0] out_data_o
);

  localparam int unsigned Column = DilationX * KernelH;  // pixels from tap to tap
  localparam int unsigned Length = (KernelW - 1) * Column + TapRows;
  // A LUT holds so many bits of a line; below that, flip-flops are the cheaper place, of which there
  // are two beside each LUT.
  localparam int unsigned ShortColumn = 4;

  logic [Width-1:0] line[Length];
  logic [KernelW-1:0] mask_q;
  logic             shift;

  assign shift = in_valid_i && in_ready_o;

  // A reset keeps a register out of the LUTs.
  if (Column <= ShortColumn) begin : gen_registers
    always_ff @(posedge clk_i) begin
      for (int unsigned at = 0; at < Length; at++) begin
        if (rst_i) line[at] <= Border;
        else if (shift) line[at] <= (at == 0) ? in_pixel_i : line[at-1];
      end
    end
  end else begin : gen_luts
    always_ff @(posedge clk_i) begin
      for (int unsigned at = 0; at < Length; at++) begin
        if (shift) line[at] <= (at == 0) ? in_pixel_i : line[at-1];
      end
    end
  end

  logic full_q;  // the line's newest pixel completes a beat that has not left
  logic free;

  assign free       = !out_valid_o || out_ready_i;
  assign in_ready_o = !full_q || free;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      full_q      <= 1'b0;
      out_valid_o <= 1'b0;
    end else begin
      if (in_ready_o) full_q <= in_valid_i && in_emit_i;
      if (free) out_valid_o <= full_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (shift) mask_q <= in_mask_i;
  end

  for (genvar ky = 0; ky < TapRows; ky++) begin : gen_row
    for (genvar kx = 0; kx < KernelW; kx++) begin : gen_tap
      localparam int unsigned At = (KernelW - 1 - kx) * Column + (TapRows - 1 - ky);
      always_ff @(posedge clk_i) begin
        if (free) begin
          out_data_o[(ky*KernelW+kx)*Width +: Width] <= mask_q[kx] ? Border : line[At];
        end
      end
    end
  end

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))

endmodule : rbonn_window_line
