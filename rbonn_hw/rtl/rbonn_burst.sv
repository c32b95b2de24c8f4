// SPDX-License-Identifier: BSD-3-Clause
//
// Cuts a buffer of 64-bit beats into AXI bursts, in order:
//
//   a burst ends at the last beat of its block of 16 beats, or at the last beat of the buffer
//
// So no burst crosses 4 KB, lengths are at most 16 (AXI3), and the next burst starts at a block: no
// adder but an increment. Offers a burst every second cycle, the first 3 cycles after start_i: the
// cycle between is for the comparison with the last block.
//
// Specification: rbonn_hw/spec/dma.py.    Test: tests/rtl/test_dma_read.py.

`include "rbonn_assert.svh"

module rbonn_burst (
  input  logic        clk_i,
  input  logic        rst_i,  // synchronous, active high

  input  logic        start_i,  // while busy_o is low
  input  logic [31:3] first_i,  // address of the first beat, sampled with start_i
  input  logic [31:3] last_i,   // address of the last beat, not below first_i
  input  logic        stop_i,   // withdraw what is not accepted
  output logic        busy_o,   // bursts remain

  output logic        out_valid_o,
  input  logic        out_ready_i,
  output logic [31:3] out_address_o,  // of the burst's first beat
  output logic [3:0]  out_len_o,      // beats - 1, as AXI counts
  output logic        out_last_o      // last burst of the buffer
);

  typedef logic [31:7] block_t;   // number of a block of 16 beats
  typedef logic [3:0]  offset_t;  // beat within a block

  logic    pending_d, pending_q;  // bursts remain beyond the one on offer
  block_t  block_d, block_q;
  offset_t offset_d, offset_q;
  block_t  end_block_q;
  offset_t end_offset_q;
  logic    valid_d, valid_q;
  block_t  out_block_q;
  offset_t out_offset_q, len_q;
  logic    last_q;
  logic    moved_q;   // block_q is new in this cycle, at_end_q speaks of the one before
  logic    at_end_q;  // block_q == end_block_q
  logic    load;

  assign load          = pending_q && !moved_q && (!valid_q || out_ready_i);
  assign busy_o        = pending_q || valid_q;
  assign out_valid_o   = valid_q;
  assign out_address_o = {out_block_q, out_offset_q};
  assign out_len_o     = len_q;
  assign out_last_o    = last_q;

  always_comb begin
    pending_d = pending_q;
    block_d   = block_q;
    offset_d  = offset_q;
    valid_d   = valid_q && !out_ready_i;
    if (load) begin
      pending_d = !at_end_q;
      block_d   = block_q + 1'b1;
      offset_d  = '0;
      valid_d   = 1'b1;
    end
    if (stop_i) begin
      pending_d = 1'b0;
      valid_d   = 1'b0;
    end
    if (start_i) begin
      pending_d = 1'b1;
      block_d   = first_i[31:7];
      offset_d  = first_i[6:3];
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      pending_q <= 1'b0;
      moved_q   <= 1'b0;
      valid_q   <= 1'b0;
    end else begin
      pending_q <= pending_d;
      moved_q   <= load || start_i;
      valid_q   <= valid_d;
    end
  end

  always_ff @(posedge clk_i) begin
    block_q  <= block_d;
    offset_q <= offset_d;
    at_end_q <= block_q == end_block_q;
    if (start_i) begin
      end_block_q  <= last_i[31:7];
      end_offset_q <= last_i[6:3];
    end
    if (load) begin
      out_block_q  <= block_q;
      out_offset_q <= offset_q;
      len_q        <= (at_end_q ? end_offset_q : '1) - offset_q;
      last_q       <= at_end_q;
    end
  end

  `ASSERT(StartsWhenIdle, start_i |-> !busy_o && !stop_i)
  `ASSERT(BufferIsForward, start_i |-> first_i <= last_i)
  `ASSERT(EndIsBlock, pending_q && !moved_q |-> at_end_q == (block_q == end_block_q))
  `ASSERT(StaysInBlock, valid_q |-> {1'b0, out_offset_q} + {1'b0, len_q} <= 5'd15)
  `ASSERT(HeldUnlessStopped,
          out_valid_o && !out_ready_i && !stop_i |=> out_valid_o && $stable(out_address_o))

endmodule : rbonn_burst
