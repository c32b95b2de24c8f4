// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_zynq_top with the pins of rbonn_shell: a processing system (zynq_pins_ps7.sv) hands them
// through, registers as AXI3 bursts of one beat with changing IDs, memory on HP0.
//
// Test: tests/rtl/test_zynq_top.py.

module zynq_pins #(
  parameter int unsigned InBits     = 8,
  parameter int unsigned InBeats    = 64,
  parameter int unsigned OutBits    = 16,
  parameter int unsigned OutBeats   = 10,
  parameter logic [31:0] NetworkId  = 32'h0,
  parameter int unsigned ReadDepth  = 128,
  parameter int unsigned WriteDepth = 64
) (
  input  logic        clk_i,
  input  logic        rst_i,
  input  logic        s_axil_awvalid_i,
  output logic        s_axil_awready_o,
  input  logic [11:0] s_axil_awaddr_i,
  input  logic        s_axil_wvalid_i,
  output logic        s_axil_wready_o,
  input  logic [31:0] s_axil_wdata_i,
  input  logic [3:0]  s_axil_wstrb_i,
  output logic        s_axil_bvalid_o,
  input  logic        s_axil_bready_i,
  output logic [1:0]  s_axil_bresp_o,
  input  logic        s_axil_arvalid_i,
  output logic        s_axil_arready_o,
  input  logic [11:0] s_axil_araddr_i,
  output logic        s_axil_rvalid_o,
  input  logic        s_axil_rready_i,
  output logic [31:0] s_axil_rdata_o,
  output logic [1:0]  s_axil_rresp_o,
  output logic        m_axi_arvalid_o,
  input  logic        m_axi_arready_i,
  output logic [31:0] m_axi_araddr_o,
  output logic [3:0]  m_axi_arlen_o,
  output logic [2:0]  m_axi_arsize_o,
  output logic [1:0]  m_axi_arburst_o,
  input  logic        m_axi_rvalid_i,
  output logic        m_axi_rready_o,
  input  logic [63:0] m_axi_rdata_i,
  input  logic [1:0]  m_axi_rresp_i,
  input  logic        m_axi_rlast_i,
  output logic        m_axi_awvalid_o,
  input  logic        m_axi_awready_i,
  output logic [31:0] m_axi_awaddr_o,
  output logic [3:0]  m_axi_awlen_o,
  output logic [2:0]  m_axi_awsize_o,
  output logic [1:0]  m_axi_awburst_o,
  output logic        m_axi_wvalid_o,
  input  logic        m_axi_wready_i,
  output logic [63:0] m_axi_wdata_o,
  output logic [7:0]  m_axi_wstrb_o,
  output logic        m_axi_wlast_o,
  input  logic        m_axi_bvalid_i,
  output logic        m_axi_bready_o,
  input  logic [1:0]  m_axi_bresp_i,
  output logic        irq_o
);

  rbonn_zynq_top #(
    .InBits    (InBits),
    .InBeats   (InBeats),
    .OutBits   (OutBits),
    .OutBeats  (OutBeats),
    .NetworkId (NetworkId),
    .ReadDepth (ReadDepth),
    .WriteDepth(WriteDepth)
  ) u_top ();

endmodule : zynq_pins
