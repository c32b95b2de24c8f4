// SPDX-License-Identifier: BSD-3-Clause
//
// Bench: rbonn_threshold_node between streams; fields of 6 bits, {prefix, fold, value} in and
// {prefix, value} out. Stage 2 of a search, column 1 of 2.

module threshold_node_stream #(
  parameter bit RegisterRom = 1'b0
) (
  input  logic        clk_i,
  input  logic        rst_i,
  input  logic        in_valid_i,
  output logic        in_ready_o,
  input  logic [17:0] in_data_i,
  output logic        out_valid_o,
  input  logic        out_ready_i,
  output logic [11:0] out_data_o
);

  logic [RegisterRom:0] valid_q;  // one bit per cycle of latency

  assign in_ready_o  = !out_valid_o || out_ready_i;
  assign out_valid_o = valid_q[RegisterRom];

  always_ff @(posedge clk_i) begin
    if (rst_i) valid_q <= '0;
    else if (in_ready_o) valid_q <= (RegisterRom + 1)'({valid_q, in_valid_i});
  end

  rbonn_threshold_node #(
    .InWidth    (6),
    .FoldWidth  (6),
    .PrefixWidth(6),
    .Stage      (2),
    .Rows       (256),
    .Columns    (2),
    .Column     (1),
    .RegisterRom(RegisterRom),
    .File       ("node.mem")
  ) u_node (
    .clk_i,
    .en_i    (in_ready_o),
    .fold_i  (in_data_i[11:6]),
    .value_i (in_data_i[5:0]),
    .prefix_i(in_data_i[17:12]),
    .value_o (out_data_o[5:0]),
    .count_o (out_data_o[11:6])
  );

endmodule : threshold_node_stream
