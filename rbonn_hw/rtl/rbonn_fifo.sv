// SPDX-License-Identifier: BSD-3-Clause
//
// FIFO of any depth: the words that went in come out in order.
//
// A memory of Depth words with synchronous read, in LUT RAM or block RAM, and the register that its
// read port ends in, which holds the word on offer. So it holds Depth words in any state and Depth
// + 1 with a word on offer, moves one beat per cycle at every fill level, and offers a word that
// finds it empty 2 cycles after its acceptance. Valid and ready are registers, with no gate behind
// them: no path crosses it, and a path that begins here begins at a flip-flop.
//
// The write and the read address differ whenever both ports are active, so what a memory returns on
// a collision does not matter.
//
// In simulation max_occupancy_q is the largest number of words held so far: the Depth that would
// not have held the stream up.
//
// Golden model: rbonn_hw/ref/fifo.py.    Test: tests/rtl/test_fifo.py.

`include "rbonn_assert.svh"

module rbonn_fifo #(
  parameter int unsigned Width    = 8,   // bits of a word
  parameter int unsigned Depth    = 32,  // words held at least, 2 or more
  parameter int unsigned BlockRam = 0    // memory: 0 LUT RAM, 1 block RAM
) (
  input  logic             clk_i,
  input  logic             rst_i,  // synchronous, active high

  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,

  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);

  if (Width < 1) begin : gen_bad_width
    $error("Width=%0d must be at least 1", Width);
  end
  if (Depth < 2) begin : gen_bad_depth
    $error("Depth=%0d must be at least 2", Depth);
  end
  if (BlockRam > 1) begin : gen_bad_block_ram
    $error("BlockRam=%0d must be 0 or 1", BlockRam);
  end

  localparam int unsigned AddressWidth = $clog2(Depth);
  localparam int unsigned CountWidth   = $clog2(Depth + 1);

  typedef logic [AddressWidth-1:0] address_t;
  typedef logic [CountWidth-1:0]   count_t;

  localparam address_t LastAddress = address_t'(Depth - 1);

  /////////////
  // Control //
  /////////////

  address_t write_address_d, write_address_q;
  address_t read_address_d, read_address_q;
  count_t   count_d, count_q;  // words in the memory
  logic     ready_d, ready_q;  // count_q < Depth
  logic     empty_d, empty_q;  // count_q == 0
  logic     out_valid_d, out_valid_q;
  logic     write, read;

  assign write       = in_valid_i && ready_q;
  assign read        = !empty_q && (!out_valid_q || out_ready_i);
  assign in_ready_o  = ready_q;
  assign out_valid_o = out_valid_q;

  always_comb begin
    write_address_d = write_address_q;
    read_address_d  = read_address_q;
    count_d         = count_q;
    if (write) write_address_d = (write_address_q == LastAddress) ? '0 : write_address_q + 1'b1;
    if (read) read_address_d = (read_address_q == LastAddress) ? '0 : read_address_q + 1'b1;
    if (write && !read) count_d = count_q + 1'b1;
    if (read && !write) count_d = count_q - 1'b1;
  end

  // The flags are next-state conditions of the old count, not compares of the new one, so that the
  // counter's carry chain is not in their path.
  always_comb begin
    ready_d = ready_q;
    empty_d = empty_q;
    if (write && !read) begin
      ready_d = count_q != count_t'(Depth - 1);
      empty_d = 1'b0;
    end
    if (read && !write) begin
      ready_d = 1'b1;
      empty_d = count_q == count_t'(1);
    end
  end

  assign out_valid_d = read || (out_valid_q && !out_ready_i);

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      write_address_q <= '0;
      read_address_q  <= '0;
      count_q         <= '0;
      ready_q         <= 1'b1;
      empty_q         <= 1'b1;
      out_valid_q     <= 1'b0;
    end else begin
      write_address_q <= write_address_d;
      read_address_q  <= read_address_d;
      count_q         <= count_d;
      ready_q         <= ready_d;
      empty_q         <= empty_d;
      out_valid_q     <= out_valid_d;
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
    .write_address_i(write_address_q),
    .write_data_i   (in_data_i),
    .read_i         (read),
    .read_address_i (read_address_q),
    .read_data_o    (out_data_o)
  );

`ifndef SYNTHESIS
  logic [31:0] occupancy;
  logic [31:0] max_occupancy_q  /* verilator public_flat_rd */;

  assign occupancy = 32'(count_q) + 32'(out_valid_q);

  always_ff @(posedge clk_i) begin
    if (rst_i) max_occupancy_q <= '0;
    else if (occupancy > max_occupancy_q) max_occupancy_q <= occupancy;
  end
`endif

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))
  `ASSERT(CountIsAddressDistance,
          32'(read_address_q) + 32'(count_q)
              == 32'(write_address_q) + (write_address_q > read_address_q || empty_q ? 0 : Depth))
  `ASSERT(ReadyIsCount, ready_q == (32'(count_q) < Depth))
  `ASSERT(EmptyIsCount, empty_q == (count_q == '0))
  `ASSERT(PortsNeverCollide, write && read |-> write_address_q != read_address_q)

endmodule : rbonn_fifo
