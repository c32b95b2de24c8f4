// SPDX-License-Identifier: BSD-3-Clause
//
// Data width converter: the same elements, OutLanes instead of InLanes a beat, in the same order.
// Element 0 of a word is the LSB on both sides.
//
// Where one width divides the other it is one shift register; otherwise beats are gathered to a
// word of the least common multiple and scattered again. Either way the narrow side moves one beat
// per cycle. Equal widths are wires. Latency from first beat to first beat, Wide = lcm(InLanes,
// OutLanes): Wide / InLanes cycles for gathering (if any) plus 1 for scattering (if any).
//
// Golden model: rbonn_hw/ref/dwc.py.    Test: tests/rtl/test_dwc.py.

`include "rbonn_assert.svh"

module rbonn_dwc #(
  parameter  int unsigned InLanes  = 2,  // elements per input beat
  parameter  int unsigned OutLanes = 3,  // elements per output beat
  parameter  int unsigned LaneBits = 1,  // bits of an element
  localparam int unsigned InWidth  = InLanes * LaneBits,
  localparam int unsigned OutWidth = OutLanes * LaneBits
) (
  input  logic                clk_i,
  input  logic                rst_i,  // synchronous, active high

  input  logic                in_valid_i,
  output logic                in_ready_o,
  input  logic [InWidth-1:0]  in_data_i,

  output logic                out_valid_o,
  input  logic                out_ready_i,
  output logic [OutWidth-1:0] out_data_o
);

  if (InLanes < 1 || OutLanes < 1 || LaneBits < 1) begin : gen_bad_size
    $error("InLanes=%0d, OutLanes=%0d and LaneBits=%0d must be at least 1",
           InLanes, OutLanes, LaneBits);
  end

  // Least common multiple by Euclid's algorithm.
  function automatic int unsigned lcm(int unsigned a, int unsigned b);
    int unsigned divisor, rest, last;
    divisor = a;
    rest    = b;
    while (rest != 0) begin
      last    = rest;
      rest    = divisor % rest;
      divisor = last;
    end
    return a / divisor * b;
  endfunction

  localparam int unsigned WideLanes = lcm(InLanes, OutLanes);

  logic                          wide_valid, wide_ready;
  logic [WideLanes*LaneBits-1:0] wide_data;

  if (WideLanes == InLanes) begin : gen_wide_input
    assign wide_valid = in_valid_i;
    assign in_ready_o = wide_ready;
    assign wide_data  = in_data_i;
  end else begin : gen_gather
    rbonn_gather #(
      .InWidth(InWidth),
      .Beats  (WideLanes / InLanes)
    ) u_gather (
      .clk_i,
      .rst_i,
      .in_valid_i,
      .in_ready_o,
      .in_data_i,
      .out_valid_o(wide_valid),
      .out_ready_i(wide_ready),
      .out_data_o (wide_data)
    );
  end

  if (WideLanes == OutLanes) begin : gen_wide_output
    assign out_valid_o = wide_valid;
    assign wide_ready  = out_ready_i;
    assign out_data_o  = wide_data;
  end else begin : gen_scatter
    rbonn_scatter #(
      .OutWidth(OutWidth),
      .Beats   (WideLanes / OutLanes)
    ) u_scatter (
      .clk_i,
      .rst_i,
      .in_valid_i (wide_valid),
      .in_ready_o (wide_ready),
      .in_data_i  (wide_data),
      .out_valid_o,
      .out_ready_i,
      .out_data_o
    );
  end

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))

endmodule : rbonn_dwc
