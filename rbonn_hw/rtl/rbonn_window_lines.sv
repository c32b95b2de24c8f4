// SPDX-License-Identifier: BSD-3-Clause
//
// The line memory of a window: rows of a map come in, and wait until they are freed.
//
// Row g of the stream lies in slot g mod Rows, word w of it at slot * RowWords + w. A write needs a
// free word. With free_i the reader says how many words, less one, it will not ask for again from the
// next cycle on; they are freed in the order in which they came, possibly before they came. At reset
// FirstFree words are free. in_ready_o leaves from a register.
//
// row_written_o is high in the cycle in which the last word of a row is written, written_o is how
// many words of the present row are, begun_o whether any is. A word may be read from the cycle after its write on.
//
// Test: tests/rtl/test_window.py.

`include "rbonn_assert.svh"

module rbonn_window_lines #(
  parameter  int unsigned Width     = 8,   // bits of a word
  parameter  int unsigned RowWords  = 16,  // words of a row
  parameter  int unsigned Rows      = 3,   // rows that the memory holds; Rows * RowWords is 2 or more
  parameter  int unsigned FirstFree = 48,  // words free at reset
  parameter  int unsigned MostFreed = 16,  // most words freed at a time
  parameter  int unsigned BlockRam  = 0,   // 0 LUT RAM, 1 block RAM
  localparam int unsigned SlotWidth = (Rows > 1) ? $clog2(Rows) : 1,
  localparam int unsigned WordWidth = (RowWords > 1) ? $clog2(RowWords) : 1,
  localparam int unsigned FreeWidth = $clog2(MostFreed + 1)
) (
  input  logic                 clk_i,
  input  logic                 rst_i,  // synchronous, active high

  input  logic                 in_valid_i,
  output logic                 in_ready_o,
  input  logic [Width-1:0]     in_data_i,

  output logic                 row_written_o,
  output logic [WordWidth-1:0] written_o,
  output logic                 begun_o,

  input  logic                 read_i,
  input  logic [SlotWidth-1:0] read_slot_i,
  input  logic [WordWidth-1:0] read_word_i,
  output logic [Width-1:0]     read_data_o,  // in the next cycle, until the next read

  input  logic                 free_i,
  input  logic [FreeWidth-1:0] free_words_less_1_i
);

  localparam int unsigned Depth        = Rows * RowWords;
  localparam int unsigned AddressWidth = (Depth > 1) ? $clog2(Depth) : 1;
  localparam int unsigned SpaceWidth   = $clog2(Depth + MostFreed + 1);

  if (Width < 1 || RowWords < 1 || Depth < 2) begin : gen_bad_size
    $error("Width=%0d, RowWords=%0d must be at least 1, and Rows=%0d * RowWords at least 2",
           Width, RowWords, Rows);
  end

  typedef logic [AddressWidth-1:0] address_t;
  typedef logic [SpaceWidth-1:0]   space_t;

  // A sum and a table of Rows constants instead of a product; no sum at all where a row has a power
  // of two words.
  function automatic address_t address(logic [SlotWidth-1:0] slot, logic [WordWidth-1:0] word);
    address_t start;
    start = '0;
    for (int unsigned row = 0; row < Rows; row++) begin
      if (32'(slot) == row) start = address_t'(row * RowWords);
    end
    return start + address_t'(word);
  endfunction

  ///////////
  // Space //
  ///////////

  space_t space_q;           // words that may be written
  space_t kept, freed;       // the same in the next cycle, without free_i and with it
  logic   ready_d, ready_q;  // space_q is not 0
  logic   write;

  assign in_ready_o = ready_q;
  assign write      = in_valid_i && ready_q;
  // space_q + freed - write is one sum: freed - 1, and 1 carried in unless a word is written. Both
  // sums are at hand when free_i comes, which is late.
  logic unused_carry;
  assign kept                  = space_q - space_t'(write);
  assign {freed, unused_carry} = {space_q, 1'b1} + {space_t'(free_words_less_1_i), !write};

  // A condition of the old count, so that the sum is not in its path.
  assign ready_d = |space_q[SpaceWidth-1:1] || (space_q[0] && !write) || free_i;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      space_q <= space_t'(FirstFree);
      ready_q <= 1'b1;
    end else begin
      space_q <= free_i ? freed : kept;
      ready_q <= ready_d;
    end
  end

  ////////////
  // Writer //
  ////////////

  logic [SlotWidth-1:0] slot_q;
  logic [WordWidth-1:0] word_q;
  logic                 last_word_q;  // word_q == RowWords - 1, found with it

  assign row_written_o = write && last_word_q;
  assign written_o     = word_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      slot_q      <= '0;
      word_q      <= '0;
      last_word_q <= RowWords == 1;
      begun_o     <= 1'b0;
    end else if (write) begin
      last_word_q <= RowWords == 1 || (!last_word_q && 32'(word_q) == RowWords - 2);
      begun_o     <= !last_word_q;
      word_q      <= last_word_q ? '0 : word_q + 1'b1;
      if (last_word_q) slot_q <= (32'(slot_q) == Rows - 1) ? '0 : slot_q + 1'b1;
    end
  end

  ////////////
  // Memory //
  ////////////

  rbonn_ram #(
    .Width   (Width),
    .Depth   (Depth),
    .BlockRam(BlockRam)
  ) u_ram (
    .clk_i,
    .write_i        (write),
    .write_address_i(address(slot_q, word_q)),
    .write_data_i   (in_data_i),
    .read_i,
    .read_address_i (address(read_slot_i, read_word_i)),
    .read_data_o
  );

  `ASSERT(ReadyIsSpace, in_ready_o |-> space_q != '0)
  `ASSERT(LastWordIsKnown, last_word_q == (32'(word_q) == RowWords - 1))
  `ASSERT(BegunIsWord, begun_o == (word_q != '0))
  `ASSERT(SpaceInRange, 32'(space_q) <= Depth + MostFreed)
  `ASSERT(PositionInRange, 32'(slot_q) < Rows && 32'(word_q) < RowWords)
  `ASSERT(WrittenIsNotRead,
          write && read_i |-> {slot_q, word_q} != {read_slot_i, read_word_i})

endmodule : rbonn_window_lines
