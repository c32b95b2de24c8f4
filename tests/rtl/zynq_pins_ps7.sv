// SPDX-License-Identifier: BSD-3-Clause
//
// A processing system whose ports are the pins of zynq_pins.sv.
//
// Test: tests/rtl/test_zynq_top.py.

/* verilator lint_off UNUSEDSIGNAL */
module PS7 (
  output logic [3:0]  FCLKCLK,
  output logic [3:0]  FCLKRESETN,
  input  logic [19:0] IRQF2P,
  input  logic        MAXIGP0ACLK,
  output logic        MAXIGP0AWVALID,
  input  logic        MAXIGP0AWREADY,
  output logic [11:0] MAXIGP0AWID,
  output logic [31:0] MAXIGP0AWADDR,
  output logic [1:0]  MAXIGP0AWSIZE,
  output logic [1:0]  MAXIGP0AWBURST,
  output logic        MAXIGP0WVALID,
  input  logic        MAXIGP0WREADY,
  output logic [31:0] MAXIGP0WDATA,
  output logic [3:0]  MAXIGP0WSTRB,
  output logic        MAXIGP0WLAST,
  input  logic        MAXIGP0BVALID,
  output logic        MAXIGP0BREADY,
  input  logic [11:0] MAXIGP0BID,
  input  logic [1:0]  MAXIGP0BRESP,
  output logic        MAXIGP0ARVALID,
  input  logic        MAXIGP0ARREADY,
  output logic [11:0] MAXIGP0ARID,
  output logic [31:0] MAXIGP0ARADDR,
  output logic [3:0]  MAXIGP0ARLEN,
  output logic [1:0]  MAXIGP0ARSIZE,
  output logic [1:0]  MAXIGP0ARBURST,
  input  logic        MAXIGP0RVALID,
  output logic        MAXIGP0RREADY,
  input  logic [11:0] MAXIGP0RID,
  input  logic [31:0] MAXIGP0RDATA,
  input  logic [1:0]  MAXIGP0RRESP,
  input  logic        MAXIGP0RLAST,
  input  logic        SAXIHP0ACLK,
  input  logic        SAXIHP0ARVALID,
  output logic        SAXIHP0ARREADY,
  input  logic [31:0] SAXIHP0ARADDR,
  input  logic [3:0]  SAXIHP0ARLEN,
  input  logic [1:0]  SAXIHP0ARSIZE,
  input  logic [1:0]  SAXIHP0ARBURST,
  output logic        SAXIHP0RVALID,
  input  logic        SAXIHP0RREADY,
  output logic [63:0] SAXIHP0RDATA,
  output logic [1:0]  SAXIHP0RRESP,
  output logic        SAXIHP0RLAST,
  input  logic        SAXIHP0AWVALID,
  output logic        SAXIHP0AWREADY,
  input  logic [31:0] SAXIHP0AWADDR,
  input  logic [3:0]  SAXIHP0AWLEN,
  input  logic [1:0]  SAXIHP0AWSIZE,
  input  logic [1:0]  SAXIHP0AWBURST,
  input  logic        SAXIHP0WVALID,
  output logic        SAXIHP0WREADY,
  input  logic [63:0] SAXIHP0WDATA,
  input  logic [7:0]  SAXIHP0WSTRB,
  input  logic        SAXIHP0WLAST,
  output logic        SAXIHP0BVALID,
  input  logic        SAXIHP0BREADY,
  output logic [1:0]  SAXIHP0BRESP,
  input  logic [5:0]  SAXIHP0ARID,
  input  logic [3:0]  SAXIHP0ARCACHE,
  input  logic [2:0]  SAXIHP0ARPROT,
  input  logic [1:0]  SAXIHP0ARLOCK,
  input  logic [3:0]  SAXIHP0ARQOS,
  input  logic [5:0]  SAXIHP0AWID,
  input  logic [3:0]  SAXIHP0AWCACHE,
  input  logic [2:0]  SAXIHP0AWPROT,
  input  logic [1:0]  SAXIHP0AWLOCK,
  input  logic [3:0]  SAXIHP0AWQOS,
  input  logic [5:0]  SAXIHP0WID,
  input  logic        SAXIHP0RDISSUECAP1EN,
  input  logic        SAXIHP0WRISSUECAP1EN
);

  logic [11:0] aw_id_q, ar_id_q;

  assign FCLKCLK = {3'b0, zynq_pins.clk_i};
  assign FCLKRESETN = {3'b0, !zynq_pins.rst_i};
  assign MAXIGP0AWVALID = zynq_pins.s_axil_awvalid_i;
  assign MAXIGP0WVALID = zynq_pins.s_axil_wvalid_i;
  assign MAXIGP0WDATA = zynq_pins.s_axil_wdata_i;
  assign MAXIGP0WSTRB = zynq_pins.s_axil_wstrb_i;
  assign MAXIGP0BREADY = zynq_pins.s_axil_bready_i;
  assign MAXIGP0ARVALID = zynq_pins.s_axil_arvalid_i;
  assign MAXIGP0RREADY = zynq_pins.s_axil_rready_i;
  assign MAXIGP0AWADDR = {20'h40000, zynq_pins.s_axil_awaddr_i};
  assign MAXIGP0ARADDR = {20'h40000, zynq_pins.s_axil_araddr_i};
  assign MAXIGP0AWSIZE = 2'd2;
  assign MAXIGP0ARSIZE = 2'd2;
  assign MAXIGP0AWBURST = 2'd1;
  assign MAXIGP0ARBURST = 2'd1;
  assign MAXIGP0ARLEN = 4'd0;
  assign MAXIGP0WLAST = 1'b1;
  assign MAXIGP0AWID = aw_id_q;
  assign MAXIGP0ARID = ar_id_q;
  assign SAXIHP0ARREADY = zynq_pins.m_axi_arready_i;
  assign SAXIHP0RVALID = zynq_pins.m_axi_rvalid_i;
  assign SAXIHP0RDATA = zynq_pins.m_axi_rdata_i;
  assign SAXIHP0RRESP = zynq_pins.m_axi_rresp_i;
  assign SAXIHP0RLAST = zynq_pins.m_axi_rlast_i;
  assign SAXIHP0AWREADY = zynq_pins.m_axi_awready_i;
  assign SAXIHP0WREADY = zynq_pins.m_axi_wready_i;
  assign SAXIHP0BVALID = zynq_pins.m_axi_bvalid_i;
  assign SAXIHP0BRESP = zynq_pins.m_axi_bresp_i;
  assign zynq_pins.irq_o = IRQF2P[0];
  assign zynq_pins.s_axil_awready_o = MAXIGP0AWREADY;
  assign zynq_pins.s_axil_wready_o = MAXIGP0WREADY;
  assign zynq_pins.s_axil_bvalid_o = MAXIGP0BVALID;
  assign zynq_pins.s_axil_bresp_o = MAXIGP0BRESP;
  assign zynq_pins.s_axil_arready_o = MAXIGP0ARREADY;
  assign zynq_pins.s_axil_rvalid_o = MAXIGP0RVALID;
  assign zynq_pins.s_axil_rdata_o = MAXIGP0RDATA;
  assign zynq_pins.s_axil_rresp_o = MAXIGP0RRESP;
  assign zynq_pins.m_axi_arvalid_o = SAXIHP0ARVALID;
  assign zynq_pins.m_axi_araddr_o = SAXIHP0ARADDR;
  assign zynq_pins.m_axi_arlen_o = SAXIHP0ARLEN;
  assign zynq_pins.m_axi_arburst_o = SAXIHP0ARBURST;
  assign zynq_pins.m_axi_rready_o = SAXIHP0RREADY;
  assign zynq_pins.m_axi_awvalid_o = SAXIHP0AWVALID;
  assign zynq_pins.m_axi_awaddr_o = SAXIHP0AWADDR;
  assign zynq_pins.m_axi_awlen_o = SAXIHP0AWLEN;
  assign zynq_pins.m_axi_awburst_o = SAXIHP0AWBURST;
  assign zynq_pins.m_axi_wvalid_o = SAXIHP0WVALID;
  assign zynq_pins.m_axi_wdata_o = SAXIHP0WDATA;
  assign zynq_pins.m_axi_wstrb_o = SAXIHP0WSTRB;
  assign zynq_pins.m_axi_wlast_o = SAXIHP0WLAST;
  assign zynq_pins.m_axi_bready_o = SAXIHP0BREADY;
  assign zynq_pins.m_axi_arsize_o = {1'b0, SAXIHP0ARSIZE};
  assign zynq_pins.m_axi_awsize_o = {1'b0, SAXIHP0AWSIZE};

  // Every answer carries the ID of its request.
  always_ff @(posedge MAXIGP0ACLK) begin
    if (zynq_pins.rst_i) begin
      aw_id_q <= 12'h5a3;
      ar_id_q <= 12'h3c5;
    end else begin
      if (MAXIGP0BVALID && MAXIGP0BREADY) aw_id_q <= {aw_id_q[10:0], aw_id_q[11] ^ aw_id_q[5]};
      if (MAXIGP0RVALID && MAXIGP0RREADY) ar_id_q <= {ar_id_q[10:0], ar_id_q[11] ^ ar_id_q[5]};
      if (MAXIGP0BVALID && MAXIGP0BID != aw_id_q) $stop;
      if (MAXIGP0RVALID && (MAXIGP0RID != ar_id_q || !MAXIGP0RLAST)) $stop;
    end
  end

endmodule : PS7
