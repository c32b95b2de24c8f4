// SPDX-License-Identifier: BSD-3-Clause
//
// DMA from a stream to memory: 64-bit beats into a buffer, in order, through an AXI4 (or AXI3)
// write channel of one ID. Strobes keep bytes behind the end of the buffer as they are.
//
// A burst is requested when the FIFO holds all its beats, so data follows without a pause however
// slow the stream is, and one beat per cycle flows when memory allows. Data does not wait for its
// address to be accepted. Responses are always taken, up to 15 bursts wait for theirs. Between two
// requests are three cycles or more, in which the first one's beats are subtracted.
//
// flush_i ends a transfer early: no further burst is requested, those requested complete (as AXI
// demands), and beats left in the FIFO are dropped. It stays high until idle_o.
//
// Specification: rbonn_hw/spec/dma.py.    Test: tests/rtl/test_dma_write.py.

`include "rbonn_assert.svh"

module rbonn_dma_write #(
  parameter int unsigned Depth = 64  // words of the FIFO, 32 or more
) (
  input  logic        clk_i,
  input  logic        rst_i,  // synchronous, active high

  input  logic        start_i,  // while idle_o is high
  input  logic [31:3] first_i,  // address of the first beat
  input  logic [31:0] last_i,   // address of the last byte
  input  logic        flush_i,
  output logic        idle_o,   // every burst is answered
  output logic        error_o,  // in this cycle the memory answered with an error

  input  logic        in_valid_i,
  output logic        in_ready_o,
  input  logic [63:0] in_data_i,

  output logic        m_axi_awvalid_o,
  input  logic        m_axi_awready_i,
  output logic [31:0] m_axi_awaddr_o,
  output logic [3:0]  m_axi_awlen_o,
  output logic        m_axi_wvalid_o,
  input  logic        m_axi_wready_i,
  output logic [63:0] m_axi_wdata_o,
  output logic [7:0]  m_axi_wstrb_o,
  output logic        m_axi_wlast_o,
  input  logic        m_axi_bvalid_i,
  output logic        m_axi_bready_o,
  input  logic [1:0]  m_axi_bresp_i
);

  localparam int unsigned BurstBeats = 16;

  if (Depth < 2 * BurstBeats) begin : gen_bad_depth
    $error("Depth=%0d must be at least %0d", Depth, 2 * BurstBeats);
  end

  localparam int unsigned CountWidth = $clog2(Depth + 2);  // the FIFO holds a word on offer as well

  typedef logic [CountWidth-1:0] count_t;

  //////////////
  // Requests //
  //////////////

  logic        plan_busy, plan_valid, plan_ready, plan_last;
  logic [31:3] plan_address;
  logic [3:0]  plan_len;
  logic        issue, push_q;
  logic        awvalid_d, awvalid_q;
  logic [31:3] awaddr_q;
  logic [3:0]  awlen_q;
  count_t      held_q;              // words in the FIFO that no burst has claimed
  logic [4:0]  taken_q;             // claimed in the last cycle
  logic [1:0]  offered_d, offered_q;  // the burst has been on offer for one cycle, for two
  logic        enough_q;            // held_q was enough for it
  logic [3:0]  bursts_d, bursts_q;  // requested and not answered
  logic        bursts_full_q;       // as many as can be counted
  logic        next_valid_d, next_valid_q;
  logic        settled;

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
    .out_last_o   (plan_last)
  );

  assign plan_ready = offered_q[1] && enough_q && !bursts_full_q && !next_valid_q
                      && (!awvalid_q || m_axi_awready_i) && !flush_i;
  assign issue      = plan_valid && plan_ready;
  assign awvalid_d  = issue || (awvalid_q && !m_axi_awready_i);
  assign offered_d  = (plan_valid && !issue) ? {offered_q[0], 1'b1} : '0;
  assign bursts_d   = bursts_q + 4'(issue) - 4'(m_axi_bvalid_i);
  assign settled    = bursts_q == '0;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      awvalid_q <= 1'b0;
      offered_q <= '0;
      bursts_q  <= '0;
    end else begin
      awvalid_q <= awvalid_d;
      offered_q <= offered_d;
      bursts_q  <= bursts_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i || (flush_i && settled)) begin
      held_q  <= '0;
      push_q  <= 1'b0;
      taken_q <= '0;
    end else begin
      held_q  <= held_q + count_t'(push_q) - count_t'(taken_q);
      push_q  <= in_valid_i && in_ready_o;
      taken_q <= issue ? {1'b0, plan_len} + 1'b1 : '0;
    end
  end

  // A count one cycle old never lets a sixteenth burst pass: there are three cycles to the next.
  always_ff @(posedge clk_i) begin
    enough_q      <= held_q > count_t'(plan_len);
    bursts_full_q <= bursts_q == '1;
  end

  always_ff @(posedge clk_i) begin
    if (issue) begin
      awaddr_q <= plan_address;
      awlen_q  <= plan_len;
    end
  end

  assign m_axi_awvalid_o = awvalid_q;
  assign m_axi_awaddr_o  = {awaddr_q, 3'b0};
  assign m_axi_awlen_o   = awlen_q;
  assign m_axi_bready_o  = 1'b1;
  assign error_o         = m_axi_bvalid_i && m_axi_bresp_i != '0;
  assign idle_o          = !plan_busy && settled;

  //////////
  // Data //
  //////////

  // The burst whose data moves, and the one that follows it without a gap.
  logic       active_d, active_q, final_q, next_final_q;
  logic [3:0] left_d, left_q, next_len_q;  // beats after the one on offer
  logic       last_d, last_q;              // left_q == 0
  logic [7:0] final_strobes_q;             // of the last beat of the buffer
  logic       fifo_valid, beat, burst_end, take;

  assign beat         = m_axi_wvalid_o && m_axi_wready_i;
  assign burst_end    = beat && last_q;
  assign take         = next_valid_q && (!active_q || burst_end);
  assign next_valid_d = issue || (next_valid_q && !take);
  assign active_d     = take || (active_q && !burst_end);
  assign left_d       = take ? next_len_q : left_q - 4'(beat);
  assign last_d       = take ? next_len_q == '0 : beat ? left_q == 4'd1 : last_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      next_valid_q <= 1'b0;
      active_q     <= 1'b0;
    end else begin
      next_valid_q <= next_valid_d;
      active_q     <= active_d;
    end
  end

  always_ff @(posedge clk_i) begin
    left_q <= left_d;
    last_q <= last_d;
    if (take) final_q <= next_final_q;
    if (start_i) final_strobes_q <= 8'hff >> ~last_i[2:0];
    if (issue) begin
      next_len_q   <= plan_len;
      next_final_q <= plan_last;
    end
  end

  rbonn_fifo #(
    .Width(64),
    .Depth(Depth)
  ) u_fifo (
    .clk_i,
    .rst_i      (rst_i || (flush_i && settled)),
    .in_valid_i,
    .in_ready_o,
    .in_data_i,
    .out_valid_o(fifo_valid),
    .out_ready_i(active_q && m_axi_wready_i),
    .out_data_o (m_axi_wdata_o)
  );

  assign m_axi_wvalid_o = active_q && fifo_valid;
  assign m_axi_wlast_o  = last_q;
  assign m_axi_wstrb_o  = (final_q && m_axi_wlast_o) ? final_strobes_q : '1;

  `ASSERT(AddressHeld, m_axi_awvalid_o && !m_axi_awready_i |=>
          m_axi_awvalid_o && $stable(m_axi_awaddr_o) && $stable(m_axi_awlen_o))
  `ASSERT(NoPageCrossed, m_axi_awvalid_o |->
          {1'b0, m_axi_awaddr_o[11:3]} + 10'(m_axi_awlen_o) <= 10'd511)
  `ASSERT(DataHeld, m_axi_wvalid_o && !m_axi_wready_i |=> m_axi_wvalid_o && $stable(m_axi_wdata_o)
          && $stable(m_axi_wstrb_o) && $stable(m_axi_wlast_o))
  `ASSERT(StrobesFromByteZero, m_axi_wvalid_o |->
          m_axi_wstrb_o[0] && (m_axi_wstrb_o & (m_axi_wstrb_o + 8'd1)) == '0)
  `ASSERT(PartialBeatIsLast, m_axi_wvalid_o && m_axi_wstrb_o != '1 |-> m_axi_wlast_o)
  `ASSERT(ResponseIsExpected, m_axi_bvalid_i |-> bursts_q != '0)
  `ASSERT(AnsweredAfterData, settled |-> !active_q && !next_valid_q && !awvalid_q)
  `ASSERT(EnoughIsThere, issue |-> held_q > count_t'(plan_len) && taken_q == '0)
  `ASSERT(LastIsCount, active_q |-> last_q == (left_q == '0))
  `ASSERT(HeldInRange, 32'(held_q) <= Depth + 1)
  `ASSERT(FlushLastsUntilIdle, flush_i && !idle_o |=> flush_i)

endmodule : rbonn_dma_write
