// SPDX-License-Identifier: BSD-3-Clause
//
// End of a pipeline that cannot stall: takes what comes, holds it until the consumer is ready.
//
// Whoever feeds the pipeline counts credits: Slots after reset, one less for each item sent on its
// way, one more for each free_o. As long as it sends none without a credit, nothing is lost.
//
//   Slots = 1   a register: push_i to out_valid_o takes 1 cycle; free_o when the consumer takes it
//   Slots > 1   a FIFO of LUT RAM and a register after it: 2 cycles; free_o when it leaves the FIFO
//
// Test: tests/rtl/test_mvau.py, and test_dot.py for the register.

`include "rbonn_assert.svh"

module rbonn_result_stage #(
  parameter int unsigned Width = 8,   // of an item, bits
  parameter int unsigned Slots = 32   // items, a power of two; 32 is one RAM32M deep
) (
  input  logic             clk_i,
  input  logic             rst_i,   // synchronous, active high

  input  logic             push_i,
  input  logic [Width-1:0] data_i,
  output logic             free_o,

  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);

  if (Slots < 1 || (Slots & (Slots - 1)) != 0) begin : gen_bad_slots
    $error("Slots=%0d must be a power of two", Slots);
  end

  logic             load, valid_q;
  logic [Width-1:0] data_d, data_q;

  if (Slots == 1) begin : gen_register
    assign load   = push_i;
    assign data_d = data_i;
    assign free_o = valid_q && out_ready_i;

    `ASSERT(NeverOverwritten, push_i |-> !valid_q || out_ready_i)
  end else begin : gen_fifo
    typedef logic [$clog2(Slots)-1:0] pointer_t;
    typedef logic [$clog2(Slots):0]   level_t;

    (* ram_style = "distributed" *)
    logic [Width-1:0] items [Slots];
    pointer_t         write_q, read_q;
    level_t           level_q;
    logic             held_d, held_q;  // level_q != 0

    assign load   = held_q && (!valid_q || out_ready_i);
    assign data_d = items[read_q];
    assign free_o = load;

    always_ff @(posedge clk_i) begin
      if (push_i) items[write_q] <= data_i;
    end

    always_comb begin
      held_d = held_q;
      if (push_i) held_d = 1'b1;
      else if (load) held_d = level_q != level_t'(1);
    end

    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        write_q <= '0;
        read_q  <= '0;
        level_q <= '0;
        held_q  <= 1'b0;
      end else begin
        held_q  <= held_d;
        write_q <= write_q + pointer_t'(push_i);
        read_q  <= read_q + pointer_t'(load);
        if (push_i != load) level_q <= level_q + (push_i ? level_t'(1) : '1);
      end
    end

    `ASSERT(NeverOverflows, push_i |-> 32'(level_q) < Slots)
    `ASSERT(HeldIsLevel, held_q == (level_q != '0))
    `ASSERT(LevelFollowsPointers, pointer_t'(level_q) == write_q - read_q)
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      valid_q <= 1'b0;
    end else begin
      valid_q <= load || (valid_q && !out_ready_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (load) data_q <= data_d;
  end

  assign out_valid_o = valid_q;
  assign out_data_o  = data_q;

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))

endmodule : rbonn_result_stage
