// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_dwc, with rbonn_gather and rbonn_scatter: element by element the same, in order. A frame is a word
// of the least common multiple of both widths.

`include "rbonn_assert.svh"
`include "proof_ports.svh"

module proof_dwc #(
  parameter  int unsigned InLanes  = 3,
  parameter  int unsigned OutLanes = 2,
  parameter  int unsigned Wide     = 6,  // least common multiple
  localparam int unsigned InBeats  = Wide / InLanes,
  localparam int unsigned OutBeats = Wide / OutLanes
) (
  input logic                    clk_i,
  input logic                    in_valid_i,
  input logic [InLanes-1:0]      in_data_i,
  input logic                    out_ready_i,
  input logic                    mark_i,
  input logic [$clog2(Wide)-1:0] pick_i
);

  // Gathering and scattering each hold a wide word at most.
  localparam bit Gathers  = Wide != InLanes;
  localparam bit Scatters = Wide != OutLanes;

  logic                    rst_i, in_ready, out_valid, take, watch_in, watch_out, element_q;
  logic [OutLanes-1:0]     out_data;
  logic [$clog2(Wide)-1:0] pick;
  logic [7:0]              in_at, out_at, have, needs;

  proof_reset u_reset (.clk_i, .rst_o(rst_i));
  proof_rigid #(.Values(Wide)) u_pick (.clk_i, .rst_i, .any_i(pick_i), .value_o(pick));

  rbonn_dwc #(
    .InLanes (InLanes),
    .OutLanes(OutLanes),
    .LaneBits(1)
  ) dut (
    `STREAM_PORTS
  );

  proof_frames #(
    .Width       (OutLanes),
    .InBeats     (InBeats),
    .OutBeats    (OutBeats),
    .MostAhead   (32'(Gathers) + 32'(Scatters)),
    .AnswerWithin(32'(Gathers && Scatters)),
    .TakeWithin  (Scatters ? OutBeats : 1)
  ) frames (
    `FRAMES_PORTS, .needs_i(needs), .due_i(have == 8'(InBeats))
  );

  logic same;

  always_comb begin
    needs = '0;
    same  = 1'b1;
    for (int unsigned element = 0; element < Wide; element++) begin
      if (32'(out_at) == element / OutLanes) begin
        needs = 8'(element / InLanes + 1);
        if (32'(pick) == element) same = out_data[element%OutLanes] == element_q;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) element_q <= '0;
    for (int unsigned element = 0; element < Wide; element++) begin
      if (take && watch_in && 32'(pick) == element && 32'(in_at) == element / InLanes) begin
        element_q <= in_data_i[element%InLanes];
      end
    end
  end

  `ASSERT(DataInOrder, watch_out |-> same)

endmodule : proof_dwc
