// SPDX-License-Identifier: BSD-3-Clause
//
// A small accelerator in the form that the compiler writes: a frame of 2 x 3 two-bit elements comes
// in as two beats; the answer is the second beat, exclusive-or a mask from a memory file. A register,
// an internal stream, and a stage that drops every other beat: II = 2, latency 3 cycles.
//
// Test: tests/sim/test_accelerator.py.

module accelerator (
  input        ap_clk,
  input        ap_rst_n,
  input  [7:0] s_axis_0_tdata,
  input        s_axis_0_tvalid,
  output       s_axis_0_tready,
  output [7:0] m_axis_0_tdata,
  output       m_axis_0_tvalid,
  input        m_axis_0_tready
);

  wire stream0_tvalid /* verilator public_flat_rd */;
  wire stream0_tready /* verilator public_flat_rd */;
  reg [5:0] data;
  reg       valid, second;
  reg [5:0] mask [0:0];
  initial $readmemh("./mask.mem", mask);

  assign s_axis_0_tready = !valid || stream0_tready;
  assign stream0_tvalid  = valid;
  assign stream0_tready  = !second || m_axis_0_tready;
  assign m_axis_0_tvalid = valid && second;
  assign m_axis_0_tdata  = {2'b00, data ^ mask[0]};

  always @(posedge ap_clk) begin
    if (!ap_rst_n) begin
      valid  <= 1'b0;
      second <= 1'b0;
    end else begin
      if (s_axis_0_tready) valid <= s_axis_0_tvalid;
      if (stream0_tvalid && stream0_tready) second <= !second;
    end
    if (s_axis_0_tready) data <= s_axis_0_tdata[5:0];
  end

endmodule
