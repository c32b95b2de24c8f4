// SPDX-License-Identifier: BSD-3-Clause
//
// An accelerator for the shell: bytes in, each plus one out, in words of another width. With WARM_UP
// it takes one word, and the next ones only so many cycles after its reset. With EARLY it answers
// before it is asked, as a network does that has no use for the last pixels, and takes a word every
// so many cycles.
//
// Test: tests/rtl/test_shell.py.

`ifndef IN_BYTES
`define IN_BYTES 1
`define OUT_BYTES 2
`endif

module accelerator (
  input  logic                    ap_clk,
  input  logic                    ap_rst_n,
  input  logic [8*`IN_BYTES-1:0]  s_axis_0_tdata,
  input  logic                    s_axis_0_tvalid,
  output logic                    s_axis_0_tready,
  output logic [8*`OUT_BYTES-1:0] m_axis_0_tdata,
  output logic                    m_axis_0_tvalid,
  input  logic                    m_axis_0_tready
);

`ifdef EARLY
  logic       unused;
  logic [7:0] age_q;

  always_ff @(posedge ap_clk) begin
    age_q <= (!ap_rst_n || age_q == 8'd`EARLY - 8'd1) ? '0 : age_q + 1'b1;
  end

  assign unused          = ^{s_axis_0_tdata, s_axis_0_tvalid, m_axis_0_tready};
  assign s_axis_0_tready = age_q == 8'd`EARLY - 8'd1;
  assign m_axis_0_tvalid = 1'b1;
  assign m_axis_0_tdata  = '0;
`else
  logic [8*`IN_BYTES-1:0] sum;

`ifdef WARM_UP
  logic [7:0] age_q;
  logic       begun_q, willing;

  assign willing = !begun_q || age_q == 8'd`WARM_UP;

  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) begin
      age_q   <= '0;
      begun_q <= 1'b0;
    end else begin
      if (age_q != 8'd`WARM_UP) age_q <= age_q + 1'b1;
      if (s_axis_0_tvalid && s_axis_0_tready) begun_q <= 1'b1;
    end
  end
`else
  logic willing;
  assign willing = 1'b1;
`endif

  logic ready;
  assign s_axis_0_tready = ready && willing;

  for (genvar lane = 0; lane < `IN_BYTES; lane++) begin : gen_lane
    assign sum[8*lane +: 8] = s_axis_0_tdata[8*lane +: 8] + 8'd1;
  end

  rbonn_dwc #(
    .InLanes (`IN_BYTES),
    .OutLanes(`OUT_BYTES),
    .LaneBits(8)
  ) u_dwc (
    .clk_i      (ap_clk),
    .rst_i      (!ap_rst_n),
    .in_valid_i (s_axis_0_tvalid && willing),
    .in_ready_o (ready),
    .in_data_i  (sum),
    .out_valid_o(m_axis_0_tvalid),
    .out_ready_i(m_axis_0_tready),
    .out_data_o (m_axis_0_tdata)
  );
`endif

endmodule : accelerator
