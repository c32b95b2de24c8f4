// SPDX-License-Identifier: BSD-3-Clause
//
// DMA from memory to a stream: the 64-bit beats of a buffer, in order, through an AXI4 (or AXI3)
// read channel of one ID.
//
// A burst is requested when the FIFO has room for all its beats and for those requested before, so
// several bursts are in flight, data is never held up on the bus (rready is constant), and one beat
// per cycle flows when Depth covers the memory's latency. The last beat may hold bytes behind the
// buffer; the consumer drops them. Between two requests are three cycles or more, in which the first
// one is subtracted from the room for the second.
//
// flush_i ends a transfer early: no further burst is requested, an address on offer stays until it
// is accepted (as AXI demands), beats in flight are taken and dropped. It stays high until idle_o.
//
// Specification: rbonn_hw/spec/dma.py.    Test: tests/rtl/test_dma_read.py.

`include "rbonn_assert.svh"

module rbonn_dma_read #(
  parameter int unsigned Depth = 128  // words of the FIFO, 32 or more
) (
  input  logic        clk_i,
  input  logic        rst_i,  // synchronous, active high

  input  logic        start_i,  // while idle_o is high
  input  logic [31:3] first_i,  // address of the first beat
  /* verilator lint_off UNUSEDSIGNAL */  // whole beats are read
  input  logic [31:0] last_i,   // address of the last byte
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic        flush_i,
  output logic        idle_o,   // nothing in flight, everything handed on
  output logic        error_o,  // in this cycle the memory answered with an error

  output logic        m_axi_arvalid_o,
  input  logic        m_axi_arready_i,
  output logic [31:0] m_axi_araddr_o,
  output logic [3:0]  m_axi_arlen_o,
  input  logic        m_axi_rvalid_i,
  output logic        m_axi_rready_o,
  input  logic [63:0] m_axi_rdata_i,
  input  logic [1:0]  m_axi_rresp_i,
  input  logic        m_axi_rlast_i,

  output logic        out_valid_o,
  input  logic        out_ready_i,
  output logic [63:0] out_data_o
);

  localparam int unsigned BurstBeats = 16;

  if (Depth < 2 * BurstBeats) begin : gen_bad_depth
    $error("Depth=%0d must be at least %0d", Depth, 2 * BurstBeats);
  end

  localparam int unsigned CountWidth = $clog2(Depth + 1);

  typedef logic [CountWidth-1:0] count_t;

  localparam count_t Capacity = count_t'(Depth);

  //////////////
  // Requests //
  //////////////

  logic        plan_busy, plan_valid, plan_ready;
  logic [31:3] plan_address;
  logic [3:0]  plan_len;
  logic        issue, pop_q, last_beat;
  logic        arvalid_d, arvalid_q;
  logic [31:3] araddr_q;
  logic [3:0]  arlen_q;
  count_t      free_d, free_q;        // words of the FIFO neither filled nor promised
  logic [4:0]  taken_q;               // promised in the last cycle
  logic [1:0]  offered_d, offered_q;  // the burst has been on offer for one cycle, for two
  logic        room_q;                // free_q was enough for any burst
  count_t      bursts_d, bursts_q;    // requested and not answered in full
  logic        idle_d, idle_q;

  rbonn_burst u_burst (
    .clk_i,
    .rst_i,
    .start_i,
    .first_i,
    .last_i       (last_i[31:3]),
    .stop_i       (flush_i),
    .busy_o       (plan_busy),
    .out_valid_o  (plan_valid),
    .out_ready_i  (plan_ready),
    .out_address_o(plan_address),
    .out_len_o    (plan_len),
    /* verilator lint_off PINCONNECTEMPTY */
    .out_last_o   ()  // memory marks the last beat of each burst
    /* verilator lint_on PINCONNECTEMPTY */
  );

  assign plan_ready = offered_q[1] && room_q && (!arvalid_q || m_axi_arready_i) && !flush_i;
  assign issue      = plan_valid && plan_ready;
  assign last_beat  = m_axi_rvalid_i && m_axi_rlast_i;
  assign arvalid_d  = issue || (arvalid_q && !m_axi_arready_i);
  assign offered_d  = (plan_valid && !issue) ? {offered_q[0], 1'b1} : '0;
  assign free_d     = flush_i ? Capacity : free_q + count_t'(pop_q) - count_t'(taken_q);
  assign bursts_d   = bursts_q + count_t'(issue) - count_t'(last_beat);
  assign idle_d     = !plan_busy && !start_i && bursts_q == '0 && free_q == Capacity;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      arvalid_q <= 1'b0;
      free_q    <= Capacity;
      pop_q     <= 1'b0;
      taken_q   <= '0;
      offered_q <= '0;
      bursts_q  <= '0;
      idle_q    <= 1'b1;
    end else begin
      arvalid_q <= arvalid_d;
      free_q    <= free_d;
      pop_q     <= out_valid_o && out_ready_i;
      taken_q   <= issue ? {1'b0, plan_len} + 1'b1 : '0;
      offered_q <= offered_d;
      bursts_q  <= bursts_d;
      idle_q    <= idle_d;
    end
  end

  always_ff @(posedge clk_i) room_q <= free_q >= count_t'(BurstBeats);

  always_ff @(posedge clk_i) begin
    if (issue) begin
      araddr_q <= plan_address;
      arlen_q  <= plan_len;
    end
  end

  assign m_axi_arvalid_o = arvalid_q;
  assign m_axi_araddr_o  = {araddr_q, 3'b0};
  assign m_axi_arlen_o   = arlen_q;
  assign m_axi_rready_o  = 1'b1;
  assign error_o         = m_axi_rvalid_i && m_axi_rresp_i != '0;
  assign idle_o          = idle_q;

  //////////
  // Data //
  //////////

  logic fifo_ready;

  rbonn_fifo #(
    .Width(64),
    .Depth(Depth)
  ) u_fifo (
    .clk_i,
    .rst_i      (rst_i || flush_i),
    .in_valid_i (m_axi_rvalid_i),
    .in_ready_o (fifo_ready),
    .in_data_i  (m_axi_rdata_i),
    .out_valid_o,
    .out_ready_i,
    .out_data_o
  );

  `ASSERT(FifoHasRoom, m_axi_rvalid_i && !flush_i |-> fifo_ready)
  `ASSERT(DataIsExpected, m_axi_rvalid_i |-> bursts_q != '0)
  `ASSERT(FreeInRange, free_q <= Capacity)
  `ASSERT(RoomIsThere, issue |-> free_q >= count_t'(BurstBeats) && taken_q == '0)
  `ASSERT(AddressHeld, m_axi_arvalid_o && !m_axi_arready_i |=>
          m_axi_arvalid_o && $stable(m_axi_araddr_o) && $stable(m_axi_arlen_o))
  `ASSERT(NoPageCrossed, m_axi_arvalid_o |->
          {1'b0, m_axi_araddr_o[11:3]} + 10'(m_axi_arlen_o) <= 10'd511)
  `ASSERT(FlushLastsUntilIdle, flush_i && !idle_o |=> flush_i)

endmodule : rbonn_dma_read
