// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_dma_read: of every buffer each beat is asked for once and in order, taken when it comes, and handed
// on unchanged, none before it has come; a transfer ends when all are handed on, or, flushed, when all that
// was asked for has come, and none of it is left for the next one. Memory answers in order, as late as it
// likes. Bursts are of 2 beats here, and buffers of 8 beats of memory.

`include "rbonn_assert.svh"

module proof_dma_read (
  input logic       clk_i,
  input logic       start_i,
  input logic       first_i,
  input logic [2:0] last_i,
  input logic       flush_i,
  input logic       ask_ready_i,
  input logic       give_i,   // memory wishes to answer
  input logic       data_i,
  input logic       out_ready_i,
  input logic [2:0] any_i
);

  localparam int unsigned Depth       = 4;
  localparam int unsigned AskWithin   = 12;  // cycles
  localparam int unsigned IdleWithin  = 4;
  localparam int unsigned OfferWithin = 2;

  logic        rst_i, start, flush, idle, ask_valid, give, ready, out_valid;
  logic [31:0] address;
  logic [3:0]  len;
  logic [63:0] out_data;
  logic [2:0]  last;
  logic [2:0]  marked;          // address of any beat
  logic        open_q;          // beats are to be asked for,
  logic        flush_q, flushed_q;
  logic [2:0]  ask_q, last_q;   // the first of them, and the last
  logic [2:0]  give_q, out_q;   // first beat that has not come, that has not been handed on
  logic        word_q;          // the marked one
  logic [2:0]  upto;            // last beat of the burst on offer
  logic        asks_all, done;
  logic [3:0]  ask_wait_q, idle_wait_q, offer_wait_q;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));

  proof_rigid #(
    .Values(8)
  ) u_rigid (
    .clk_i, .rst_i, .any_i, .value_o(marked)
  );

  assign last     = (last_i == '0) ? 3'd1 : last_i;  // not below the first one
  assign start    = start_i && idle && !flush && !rst_i;
  assign flush    = (flush_i || flush_q) && !rst_i;
  assign give     = give_i && give_q != ask_q && !rst_i;
  assign upto     = ask_q + 3'(len);
  assign asks_all = ask_valid && ask_ready_i && upto == last_q;

  rbonn_dma_read #(
    .Depth(Depth)
  ) dut (
    .clk_i, .rst_i, .start_i(start), .first_i(29'(first_i)), .last_i({26'd0, last, 3'd0}),
    .flush_i(flush), .idle_o(idle), .error_o(),
    .m_axi_arvalid_o(ask_valid), .m_axi_arready_i(ask_ready_i), .m_axi_araddr_o(address),
    .m_axi_arlen_o(len), .m_axi_rvalid_i(give), .m_axi_rready_o(ready), .m_axi_rdata_i(64'(data_i)),
    .m_axi_rresp_i('0), .m_axi_rlast_i(give_q[0] || give_q == last_q),
    .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      open_q    <= 1'b0;
      flush_q   <= 1'b0;
      flushed_q <= 1'b0;
      ask_q     <= '0;
      give_q    <= '0;
      out_q     <= '0;
    end else begin
      open_q    <= start || (open_q && !asks_all && !(flush && !ask_valid));
      flush_q   <= flush && !idle;
      flushed_q <= (flushed_q && !start) || flush;
      if (start) begin
        ask_q  <= 3'(first_i);
        give_q <= 3'(first_i);
        out_q  <= 3'(first_i);
      end else begin
        if (ask_valid && ask_ready_i) ask_q <= upto + 1'b1;
        if (give) give_q <= give_q + 1'b1;
        if (out_valid && out_ready_i) out_q <= out_q + 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (start) last_q <= last;
    if (give && give_q == marked) word_q <= data_i;
  end

  // All that was asked for has come, and was handed on or dropped.
  assign done = !open_q && give_q == ask_q && (out_q == give_q || flushed_q);

  always_ff @(posedge clk_i) begin
    ask_wait_q   <= (!rst_i && open_q && !flush && !ask_valid && out_q == ask_q) ? ask_wait_q + 1'b1 : '0;
    idle_wait_q  <= (!rst_i && done && !start && !idle) ? idle_wait_q + 1'b1 : '0;
    offer_wait_q <= (!rst_i && !flush && !flushed_q && out_q != give_q && !out_valid)
                    ? offer_wait_q + 1'b1 : '0;
  end

  `ASSERT(AskInOrder, ask_valid |-> open_q && address == {26'd0, ask_q, 3'd0})
  `ASSERT(AskWithinBuffer, ask_valid |-> upto <= last_q)
  `ASSERT(AskFillsBlock, ask_valid && upto != last_q |-> upto[0])
  `ASSERT(AskHeld, ask_valid && !ask_ready_i |=> ask_valid && $stable(address) && $stable(len))
  `ASSERT(NoneAskedWhenFlushed, flush && !ask_valid |=> !ask_valid)
  `ASSERT(AlwaysTaken, ready)
  `ASSERT(HasCome, out_valid && !flushed_q |-> out_q != give_q)
  `ASSERT(NothingLeft, flushed_q |-> !out_valid)
  `ASSERT(BoundedAhead, !flushed_q |-> 3'(give_q - out_q) <= 3'(Depth) && 3'(ask_q - out_q) <= 3'(Depth))
  `ASSERT(DataInOrder, out_valid && !flushed_q && out_q == marked |-> out_data[0] == word_q)
  `ASSERT(Held, out_valid && !out_ready_i && !flush |=> out_valid && $stable(out_data[0]))
  `ASSERT(IdleIsDone, idle |-> done)
  `ASSERT(AskComes, 32'(ask_wait_q) < AskWithin)
  `ASSERT(IdleComes, 32'(idle_wait_q) < IdleWithin)
  `ASSERT(OfferComes, 32'(offer_wait_q) < OfferWithin)
  `REACH(TwoInFlight, ask_valid && 3'(ask_q - give_q) == 3'd2)
  `REACH(Full, !flushed_q && 3'(give_q - out_q) == 3'(Depth))
  `REACH(FlushedInFlight, flush && ask_valid && give_q != ask_q)
  `REACH(NextAfterFlush, out_valid && !flushed_q && out_q == 3'd5 && last_q == 3'd6)

endmodule : proof_dma_read
