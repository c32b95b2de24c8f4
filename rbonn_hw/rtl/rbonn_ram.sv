// SPDX-License-Identifier: BSD-3-Clause
//
// RAM with one write and one read port, both synchronous:
//
//   read_data_o = what read_address_i held when read_i was last high
//
// BlockRam = 0 becomes LUT RAM and a register, 1 becomes block RAM whose output latch is the
// register. A read of the address that is written in the same cycle returns nothing that a user may
// rely on.
//
// Test: tests/rtl/test_fifo.py.

module rbonn_ram #(
  parameter  int unsigned Width        = 8,   // bits of a word
  parameter  int unsigned Depth        = 32,  // words, 2 or more
  parameter  int unsigned BlockRam     = 0,   // 0 LUT RAM, 1 block RAM
  localparam int unsigned AddressWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  logic                    clk_i,

  input  logic                    write_i,
  input  logic [AddressWidth-1:0] write_address_i,
  input  logic [Width-1:0]        write_data_i,

  input  logic                    read_i,
  input  logic [AddressWidth-1:0] read_address_i,
  output logic [Width-1:0]        read_data_o
);

  if (Depth < 2) begin : gen_bad_depth
    $error("Depth=%0d must be at least 2", Depth);
  end

  // The attribute takes a literal in every tool, so each style is a branch of its own.
  if (BlockRam != 0) begin : gen_block
    (* ram_style = "block" *) logic [Width-1:0] words[Depth];
    always_ff @(posedge clk_i) begin
      if (write_i) words[write_address_i] <= write_data_i;
    end
    always_ff @(posedge clk_i) begin
      if (read_i) read_data_o <= words[read_address_i];
    end
  end else begin : gen_distributed
    (* ram_style = "distributed" *) logic [Width-1:0] words[Depth];
    always_ff @(posedge clk_i) begin
      if (write_i) words[write_address_i] <= write_data_i;
    end
    always_ff @(posedge clk_i) begin
      if (read_i) read_data_o <= words[read_address_i];
    end
  end

endmodule : rbonn_ram
