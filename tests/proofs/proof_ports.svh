// SPDX-License-Identifier: BSD-3-Clause
//
// Ports of a kernel with one input and one output, and of its proof_frames, each on the signal of its name.

`ifndef PROOF_PORTS_SVH_
`define PROOF_PORTS_SVH_

`define STREAM_PORTS                                                          \
  .clk_i, .rst_i, .in_valid_i, .in_ready_o(in_ready), .in_data_i,             \
  .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data)

// Beside needs_i and due_i.
`define FRAMES_PORTS                                                          \
  .clk_i, .rst_i, .in_valid_i, .in_ready_i(in_ready),                         \
  .out_valid_i(out_valid), .out_ready_i, .out_data_i(out_data),               \
  .willing_i(out_ready_i), .mark_i, .in_at_o(in_at), .out_at_o(out_at),       \
  .have_o(have), .take_o(take), .watch_in_o(watch_in), .watch_out_o(watch_out)

`endif  // PROOF_PORTS_SVH_
