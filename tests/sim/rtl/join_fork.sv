// SPDX-License-Identifier: BSD-3-Clause
//
// Two streams in, their sum and their difference out, with one register each; II = 1. The wires
// pair_valid and pair_ready are an internal stream. Fault plants a defect for the tests of the
// simulator: 1 withdraws out0's valid when it waits, 2 changes out0's data while it waits,
// 3 sends every beat of out0 twice, 4 never takes in1, 5 fails an assertion when in0 is 13.
//
// Test: tests/sim/test_model.py.

module join_fork #(
  parameter int unsigned Width = 8,  // of every stream, bits
  parameter int unsigned Fault = 0
) (
  input  logic             clk_i,
  input  logic             rst_i,

  input  logic             in0_valid_i,
  output logic             in0_ready_o,
  input  logic [Width-1:0] in0_data_i,

  input  logic             in1_valid_i,
  output logic             in1_ready_o,
  input  logic [Width-1:0] in1_data_i,

  output logic             out0_valid_o,
  input  logic             out0_ready_i,
  output logic [Width-1:0] out0_data_o,

  output logic             out1_valid_o,
  input  logic             out1_ready_i,
  output logic [Width-1:0] out1_data_o
);

  logic pair_valid /* verilator public_flat_rd */;
  logic pair_ready /* verilator public_flat_rd */;
  logic sum_valid_q, difference_valid_q, repeat_q;
  logic [Width-1:0] sum_q, difference_q;
  logic sum_leaves;

  assign pair_valid  = in0_valid_i && in1_valid_i && Fault != 4;
  assign sum_leaves  = out0_ready_i && (Fault != 3 || repeat_q);
  assign pair_ready  = (!sum_valid_q || sum_leaves) && (!difference_valid_q || out1_ready_i);
  assign in0_ready_o = pair_valid && pair_ready;
  assign in1_ready_o = pair_valid && pair_ready;

  assign out0_valid_o = sum_valid_q;
  assign out0_data_o  = sum_q;
  assign out1_valid_o = difference_valid_q;
  assign out1_data_o  = difference_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      sum_valid_q        <= 1'b0;
      difference_valid_q <= 1'b0;
      repeat_q           <= 1'b0;
    end else begin
      if (sum_leaves || (Fault == 1)) sum_valid_q <= 1'b0;
      if (out1_ready_i) difference_valid_q <= 1'b0;
      if (sum_valid_q && out0_ready_i) repeat_q <= !repeat_q;
      if (pair_valid && pair_ready) begin
        sum_valid_q        <= 1'b1;
        difference_valid_q <= 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (pair_valid && pair_ready) begin
      sum_q        <= in0_data_i + in1_data_i;
      difference_q <= in0_data_i - in1_data_i;
    end else if (Fault == 2) begin
      sum_q <= ~sum_q;
    end
  end

  // The simulator's own side of the stream rules.
  in0_is_held: assert property (@(posedge clk_i) disable iff (rst_i)
                                in0_valid_i && !in0_ready_o |=>
                                in0_valid_i && in0_data_i == $past(in0_data_i))
  else $error("[%m] the driver withdrew a beat");

  in0_is_not_13: assert property (@(posedge clk_i) disable iff (rst_i)
                                  !(Fault == 5 && in0_valid_i && in0_data_i == Width'(13)))
  else $error("[%m] in0 is 13");

endmodule
