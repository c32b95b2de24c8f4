// SPDX-License-Identifier: BSD-3-Clause
//
// The memory of a 7-series block RAM, for simulation only: two ports of any width, bytes with one
// parity bit each.
//
//   <p>_data_o = bytes at <p>_address_i when <p>_enable_i was last high
//
// Address 0 is data bit 0; a port of width W drops the address bits below its word. Widths count
// parity as the vendor does: 1, 2, 4, 9, 18, 36, 72, or 0 for an unused port. A port that writes
// shows the new word (WRITE_FIRST), the old one (READ_FIRST) or keeps its output (NO_CHANGE). A
// word that the other port writes in the same cycle is read old from READ_FIRST; otherwise the
// device does not say, and here every bit reads inverted so that a design that relies on it fails.
//
// Source: Xilinx UG473, chapter 1. Test: tests/synth/test_netlist.py.

module rbonn_block_ram #(
  parameter  int unsigned             DataBits    = 16_384,  // without parity
  parameter  int unsigned             ReadWidthA  = 0,
  parameter  int unsigned             ReadWidthB  = 0,
  parameter  int unsigned             WriteWidthA = 0,
  parameter  int unsigned             WriteWidthB = 0,
  parameter                           WriteModeA  = "WRITE_FIRST",
  parameter                           WriteModeB  = "WRITE_FIRST",
  parameter  logic [DataBits-1:0]     Data        = DataBits'(0),  // contents at power-up
  parameter  logic [DataBits/8-1:0]   Parity      = (DataBits / 8)'(0),
  localparam int unsigned             Address     = $clog2(DataBits)
) (
  input  logic               a_clk_i,
  input  logic               a_enable_i,
  input  logic [Address-1:0] a_address_i,
  input  logic [63:0]        a_data_i,
  input  logic [7:0]         a_parity_i,
  input  logic [7:0]         a_write_i,
  input  logic               a_rst_i,         // output becomes a_reset_i instead of the word
  input  logic [71:0]        a_reset_i,       // {parity, data}
  input  logic [71:0]        a_initial_i,
  output logic [63:0]        a_data_o,
  output logic [7:0]         a_parity_o,

  input  logic               b_clk_i,
  input  logic               b_enable_i,
  input  logic [Address-1:0] b_address_i,
  input  logic [63:0]        b_data_i,
  input  logic [7:0]         b_parity_i,
  input  logic [7:0]         b_write_i,
  input  logic               b_rst_i,
  input  logic [71:0]        b_reset_i,
  input  logic [71:0]        b_initial_i,
  output logic [63:0]        b_data_o,
  output logic [7:0]         b_parity_o
);

  logic [7:0] bytes [DataBits/8];
  logic       parity[DataBits/8];

  initial begin
    for (int unsigned n = 0; n < DataBits / 8; n++) begin
      bytes[n]  = Data[8*n+:8];
      parity[n] = Parity[n];
    end
    {a_parity_o, a_data_o} = a_initial_i;
    {b_parity_o, b_data_o} = b_initial_i;
  end

  // Data bits of a port: one bit in nine of a wide port is parity.
  function automatic int unsigned data_width(int unsigned width);
    return width - width / 9;
  endfunction

  function automatic logic [Address-1:0] aligned(logic [Address-1:0] address, int unsigned width);
    return (width == 0) ? address : address & ~Address'(data_width(width) - 1);
  endfunction

  function automatic logic [71:0] old_word(logic [Address-1:0] address, int unsigned width);
    logic [Address-1:0] first;
    first    = aligned(address, width);
    old_word = '0;
    if (data_width(width) < 8) begin
      for (int unsigned n = 0; n < data_width(width); n++) begin
        old_word[n] = bytes[first >> 3][3'(first) + 3'(n)];
      end
    end else begin
      for (int unsigned n = 0; n < data_width(width) / 8; n++) begin
        old_word[8*n+:8] = bytes[(first >> 3) + Address'(n)];
        old_word[64+n]   = parity[(first >> 3) + Address'(n)];
      end
    end
  endfunction

  // The word of a port that writes it: old where a byte is not enabled.
  function automatic logic [71:0] new_word(logic [71:0] old, logic [63:0] data, logic [7:0] odd,
                                           logic [7:0] enable, int unsigned width);
    new_word = old;
    for (int unsigned n = 0; n < 8; n++) begin
      if (enable[n] && 8 * n < data_width(width)) begin
        new_word[8*n+:8] = data[8*n+:8];
        new_word[64+n]   = odd[n];
      end
    end
  endfunction

  function automatic logic collide(logic [Address-1:0] read, int unsigned read_width,
                                   logic [Address-1:0] written, int unsigned write_width,
                                   logic writing);
    return writing && (aligned(read, write_width) == aligned(written, write_width) ||
                       aligned(read, read_width) == aligned(written, read_width));
  endfunction

  wire a_writing = a_enable_i && a_write_i != 0 && WriteWidthA != 0;
  wire b_writing = b_enable_i && b_write_i != 0 && WriteWidthB != 0;
  wire [71:0] a_new = new_word(old_word(a_address_i, WriteWidthA), a_data_i, a_parity_i, a_write_i,
                               WriteWidthA);
  wire [71:0] b_new = new_word(old_word(b_address_i, WriteWidthB), b_data_i, b_parity_i, b_write_i,
                               WriteWidthB);
  wire a_torn = WriteModeB != "READ_FIRST" &&
                collide(a_address_i, ReadWidthA, b_address_i, WriteWidthB, b_writing);
  wire b_torn = WriteModeA != "READ_FIRST" &&
                collide(b_address_i, ReadWidthB, a_address_i, WriteWidthA, a_writing);

  // The port's own new word takes the read width's place only where both widths agree.
  if (WriteModeA == "WRITE_FIRST" && ReadWidthA * WriteWidthA != 0 && ReadWidthA != WriteWidthA)
  begin : gen_bad_a
    $error("a WRITE_FIRST port reads %0d and writes %0d bits", ReadWidthA, WriteWidthA);
  end
  if (WriteModeB == "WRITE_FIRST" && ReadWidthB * WriteWidthB != 0 && ReadWidthB != WriteWidthB)
  begin : gen_bad_b
    $error("a WRITE_FIRST port reads %0d and writes %0d bits", ReadWidthB, WriteWidthB);
  end

  always_ff @(posedge a_clk_i) begin
    if (a_enable_i && ReadWidthA != 0) begin
      if (a_rst_i) {a_parity_o, a_data_o} <= a_reset_i;
      else if (!a_writing || WriteModeA == "READ_FIRST") begin
        {a_parity_o, a_data_o} <= old_word(a_address_i, ReadWidthA) ^ {72{a_torn}};
      end else if (WriteModeA == "WRITE_FIRST") {a_parity_o, a_data_o} <= a_new;
    end
  end

  always_ff @(posedge b_clk_i) begin
    if (b_enable_i && ReadWidthB != 0) begin
      if (b_rst_i) {b_parity_o, b_data_o} <= b_reset_i;
      else if (!b_writing || WriteModeB == "READ_FIRST") begin
        {b_parity_o, b_data_o} <= old_word(b_address_i, ReadWidthB) ^ {72{b_torn}};
      end else if (WriteModeB == "WRITE_FIRST") {b_parity_o, b_data_o} <= b_new;
    end
  end

  always @(posedge a_clk_i) begin
    if (a_writing) store(aligned(a_address_i, WriteWidthA), a_new, WriteWidthA);
  end
  always @(posedge b_clk_i) begin
    if (b_writing) store(aligned(b_address_i, WriteWidthB), b_new, WriteWidthB);
  end

  task automatic store(logic [Address-1:0] first, logic [71:0] word, int unsigned width);
    if (data_width(width) < 8) begin
      for (int unsigned n = 0; n < data_width(width); n++) begin
        bytes[first >> 3][3'(first) + 3'(n)] <= word[n];
      end
    end else begin
      for (int unsigned n = 0; n < data_width(width) / 8; n++) begin
        bytes[(first >> 3) + Address'(n)]  <= word[8*n+:8];
        parity[(first >> 3) + Address'(n)] <= word[64+n];
      end
    end
  endtask

endmodule : rbonn_block_ram
