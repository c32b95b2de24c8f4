// SPDX-License-Identifier: BSD-3-Clause
//
// Read-only memory, one word a cycle, registered output:
//
//   data_o = File[addr_i], one cycle later; two with Block
//
// A block RAM answers late in its cycle, and several are joined by LUTs: the second register, behind
// those, keeps both out of what the reader computes. (A vendor's tool may put it into the block RAM.)
//
// There are two branches because an attribute takes no parameter. Names are
// in lower case, the only spelling that Yosys reads. For LUTs, logic_block is Yosys's word and
// rom_style = "distributed" Vivado's. (To Yosys the latter means RAM cells, none of which are
// read-only: our synthesis script translates it.) The registered output lets either tool use block
// RAM. No enable: the reader knows which words it asked for.
//
// Word w of the memory is line w of File ($readmemh).
//
// Test: tests/rtl/test_rom.py.

module rbonn_rom #(
  parameter  int unsigned Width     = 32,          // of a word, bits
  parameter  int unsigned Depth     = 64,          // words
  parameter  bit          Block     = 1'b0,        // block RAM, else LUTs
  parameter               File      = "rom.mem",   // $readmemh path
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  logic                 clk_i,
  input  logic [AddrWidth-1:0] addr_i,
  output logic [Width-1:0]     data_o
);

  if (Width < 1 || Depth < 1) begin : gen_bad_size
    $error("Width=%0d and Depth=%0d must be at least 1", Width, Depth);
  end
  if (File == "") begin : gen_no_file
    $error("File must name the $readmemh file of the %0d words", Depth);
  end

  if (Block) begin : gen_block
    (* ram_style = "block", rom_style = "block" *)
    logic [Width-1:0] words [Depth];
    logic [Width-1:0] word_q, data_q;

    initial $readmemh(File, words);

    always_ff @(posedge clk_i) begin
      word_q <= words[addr_i];
      data_q <= word_q;
    end
    assign data_o = data_q;
  end else begin : gen_distributed
    (* logic_block = 1, rom_style = "distributed" *)
    logic [Width-1:0] words [Depth];
    logic [Width-1:0] data_q;

    initial $readmemh(File, words);

    always_ff @(posedge clk_i) data_q <= words[addr_i];
    assign data_o = data_q;
  end

endmodule : rbonn_rom
