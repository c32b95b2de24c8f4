// SPDX-License-Identifier: BSD-3-Clause
//
// Writes valid and ready of streams to a file, a line a clock cycle out of reset.

module stream_logger #(
  parameter int unsigned Streams = 1,
  parameter string       File    = ""
) (
  input logic               clk_i,
  input logic               rst_ni,
  input logic [Streams-1:0] valid_i,
  input logic [Streams-1:0] ready_i
);

  int file;
  initial file = $fopen(File, "w");

  always_ff @(posedge clk_i) begin
    if (rst_ni) $fwrite(file, "%b %b\n", valid_i, ready_i);
  end

endmodule : stream_logger
