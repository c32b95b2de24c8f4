// SPDX-License-Identifier: BSD-3-Clause
//
// Fork: every input beat goes to each of the outputs out0 .. out<Copies-1>.
//
//   out<i> = in,    i = 0 .. Copies-1
//
// One register and a flag for each output that has not taken its word yet, so the outputs may
// accept in different cycles; the next beat is taken in the cycle in which the last of them accepts
// (II = 1, latency 1). No output's valid follows another's ready. in_ready_o follows all of them.
//
// A module's ports cannot be counted by a parameter: there are eight, and those from Copies on
// offer nothing, and their ready is ignored.
//
// Golden model: rbonn_hw/ref/duplicate.py.    Test: tests/rtl/test_duplicate.py.

`include "rbonn_assert.svh"

module rbonn_duplicate #(
  parameter int unsigned Width  = 8,  // bits of a word
  parameter int unsigned Copies = 2   // outputs in use, 2 .. 8
) (
  input  logic             clk_i,
  input  logic             rst_i,  // synchronous, active high

  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,

  output logic             out0_valid_o,
  input  logic             out0_ready_i,
  output logic [Width-1:0] out0_data_o,

  output logic             out1_valid_o,
  input  logic             out1_ready_i,
  output logic [Width-1:0] out1_data_o,

  output logic             out2_valid_o,
  input  logic             out2_ready_i,
  output logic [Width-1:0] out2_data_o,

  output logic             out3_valid_o,
  input  logic             out3_ready_i,
  output logic [Width-1:0] out3_data_o,

  output logic             out4_valid_o,
  input  logic             out4_ready_i,
  output logic [Width-1:0] out4_data_o,

  output logic             out5_valid_o,
  input  logic             out5_ready_i,
  output logic [Width-1:0] out5_data_o,

  output logic             out6_valid_o,
  input  logic             out6_ready_i,
  output logic [Width-1:0] out6_data_o,

  output logic             out7_valid_o,
  input  logic             out7_ready_i,
  output logic [Width-1:0] out7_data_o
);

  localparam int unsigned MaxCopies = 8;

  if (Width < 1) begin : gen_bad_width
    $error("Width=%0d must be at least 1", Width);
  end
  if (Copies < 2 || Copies > MaxCopies) begin : gen_bad_copies
    $error("Copies=%0d must lie in 2 .. %0d", Copies, MaxCopies);
  end

  typedef logic [MaxCopies-1:0] flags_t;
  localparam flags_t InUse = flags_t'((1 << Copies) - 1);

  flags_t           ready;
  flags_t           pending_d, pending_q;  // outputs that still have to take data_q
  logic             accept;
  logic [Width-1:0] data_q;

  assign ready = {out7_ready_i, out6_ready_i, out5_ready_i, out4_ready_i,
                  out3_ready_i, out2_ready_i, out1_ready_i, out0_ready_i};
  assign {out7_valid_o, out6_valid_o, out5_valid_o, out4_valid_o,
          out3_valid_o, out2_valid_o, out1_valid_o, out0_valid_o} = pending_q;

  assign out0_data_o = data_q;
  assign out1_data_o = data_q;
  assign out2_data_o = data_q;
  assign out3_data_o = data_q;
  assign out4_data_o = data_q;
  assign out5_data_o = data_q;
  assign out6_data_o = data_q;
  assign out7_data_o = data_q;

  assign in_ready_o = (pending_q & ~ready) == '0;
  assign accept     = in_valid_i && in_ready_o;
  // The mask lets synthesis drop the flags that are never set.
  assign pending_d  = accept ? InUse : pending_q & ~ready & InUse;

  always_ff @(posedge clk_i) begin
    if (rst_i) pending_q <= '0;
    else       pending_q <= pending_d;
  end

  always_ff @(posedge clk_i) begin
    if (accept) data_q <= in_data_i;
  end

  `ASSERT(OutHeldUnderBackpressure,
          (pending_q & ~ready) != '0 |=> $stable(data_q))
  `ASSERT(PendingUntilReady, ($past(pending_q) & ~$past(ready) & ~pending_q) == '0)
  `ASSERT(OnlyOutputsInUse, (pending_q & ~InUse) == '0)

endmodule : rbonn_duplicate
