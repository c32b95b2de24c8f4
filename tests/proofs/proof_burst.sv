// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_burst: the bursts of a buffer are its beats, each once and in order; none leaves its block of 16
// beats, and all but the first and the last fill theirs. Buffers lie in the first blocks of memory.

`include "rbonn_assert.svh"

module proof_burst (
  input logic       clk_i,
  input logic       start_i,
  input logic       stop_i,
  input logic       out_ready_i,
  input logic [5:0] first_i,
  input logic [5:0] more_i   // beats behind the first one
);

  localparam int unsigned OfferWithin = 3;  // cycles

  logic        rst_i, start, stop, busy, out_valid, out_last;
  logic [31:3] first, last, address;
  logic [3:0]  len;
  logic        open_q;          // beats are due,
  logic [7:0]  next_q, last_q;  // the first of them, and the last
  logic [7:0]  upto;            // last beat of the burst on offer
  logic [1:0]  waited_q;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));

  assign start = start_i && !busy && !rst_i;
  assign stop  = stop_i && !start;
  assign first = 29'(first_i);
  assign last  = 29'(first_i) + 29'(more_i);
  assign upto = next_q + 8'(len);

  rbonn_burst dut (
    .clk_i, .rst_i, .start_i(start), .first_i(first), .last_i(last), .stop_i(stop), .busy_o(busy),
    .out_valid_o(out_valid), .out_ready_i, .out_address_o(address), .out_len_o(len), .out_last_o(out_last)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      open_q   <= 1'b0;
      waited_q <= '0;
    end else begin
      open_q   <= start || (open_q && !stop && !(out_valid && out_ready_i && upto == last_q));
      waited_q <= (open_q && !out_valid) ? waited_q + 1'b1 : '0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start) begin
      next_q <= 8'(first);
      last_q <= 8'(last);
    end else if (out_valid && out_ready_i) begin
      next_q <= upto + 1'b1;
    end
  end

  `ASSERT(BusyWhileDue, busy == open_q)
  `ASSERT(InOrder, out_valid |-> open_q && address == 29'(next_q))
  `ASSERT(WithinBuffer, out_valid |-> upto <= last_q)
  `ASSERT(WithinBlock, out_valid |-> upto[7:4] == next_q[7:4])
  `ASSERT(BlockIsFilled, out_valid && upto != last_q |-> upto[3:0] == '1)
  `ASSERT(LastIsSaid, out_valid |-> out_last == (upto == last_q))
  `ASSERT(OfferComes, 32'(waited_q) < OfferWithin)
  `ASSERT(Held, out_valid && !out_ready_i && !stop |=>
          out_valid && $stable(address) && $stable(len) && $stable(out_last))
  `REACH(Third, out_valid && next_q[6:4] == 3'd3 && len == '1)
  `REACH(End, out_valid && out_last && last_q == 8'd126)
  `REACH(Stopped, open_q && stop && out_valid)

endmodule : proof_burst
