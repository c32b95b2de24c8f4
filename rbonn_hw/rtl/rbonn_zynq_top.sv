// SPDX-License-Identifier: BSD-3-Clause
//
// The whole design of a Zynq-7000: the processing system, and the shell with its accelerator.
//
//   GP0 (AXI3, 0x4000_0000)  -> rbonn_axi3_lite -> registers; they repeat every 4 KiB
//   HP0 (AXI3, 64 bits)      <- DMA
//   FCLK0                    -> BUFG -> the clock of everything
//   FCLK_RESET0_N            -> two flip-flops -> the reset of everything
//   IRQ_F2P[0] (GIC ID 61)   <- interrupt
//
// There are no other pins: DDR, MIO and the reset of the processing system are wired in silicon and
// set up by the boot loader. HP0 is used in its 64-bit mode; accesses bypass the caches, so
// software has its buffers in uncached memory (pynq.allocate).
//
// Test: tests/rtl/test_zynq_top.py.

module rbonn_zynq_top #(
  parameter int unsigned InBits     = 8,   // as in rbonn_shell
  parameter int unsigned InBeats    = 64,
  parameter int unsigned OutBits    = 16,
  parameter int unsigned OutBeats   = 10,
  parameter logic [31:0] NetworkId  = 32'h0,
  parameter int unsigned ReadDepth  = 128,
  parameter int unsigned WriteDepth = 64
);

  localparam logic [3:0] BufferableModifiable = 4'b0011;

  /////////////////////
  // Clock and reset //
  /////////////////////

  /* verilator lint_off UNUSEDSIGNAL */  // one of four
  logic [3:0] fclk, fclk_reset_n;
  /* verilator lint_on UNUSEDSIGNAL */
  logic       clk, reset_n;

  BUFG u_clock_buffer (
    .I(fclk[0]),
    .O(clk)
  );

  // The processing system releases its reset at any time. Configuration leaves the design in reset.
  (* ASYNC_REG = "TRUE" *) logic [1:0] reset_n_q;

  initial reset_n_q = '0;

  always_ff @(posedge clk) reset_n_q <= {reset_n_q[0], fclk_reset_n[0]};

  assign reset_n = reset_n_q[1];

  ///////////////////////
  // Processing system //
  ///////////////////////

  /* verilator lint_off UNUSEDSIGNAL */  // high bits of addresses and of sizes
  logic        gp_awvalid, gp_awready, gp_wvalid, gp_wready, gp_wlast, gp_bvalid, gp_bready,
               gp_arvalid, gp_arready, gp_rvalid, gp_rready, gp_rlast;
  logic [1:0]  gp_awsize, gp_awburst, gp_bresp, gp_arsize, gp_arburst, gp_rresp;
  logic [3:0]  gp_wstrb, gp_arlen;
  logic [11:0] gp_awid, gp_bid, gp_arid, gp_rid;
  logic [31:0] gp_awaddr, gp_wdata, gp_araddr, gp_rdata;
  logic        lite_awvalid, lite_awready, lite_wvalid, lite_wready, lite_bvalid, lite_bready,
               lite_arvalid, lite_arready, lite_rvalid, lite_rready;
  logic [1:0]  lite_bresp, lite_rresp;
  logic [3:0]  lite_wstrb;
  logic [11:0] lite_awaddr, lite_araddr;
  logic [31:0] lite_wdata, lite_rdata;
  logic        hp_arvalid, hp_arready, hp_rvalid, hp_rready, hp_rlast, hp_awvalid, hp_awready,
               hp_wvalid, hp_wready, hp_wlast, hp_bvalid, hp_bready;
  logic [1:0]  hp_arburst, hp_rresp, hp_awburst, hp_bresp;
  logic [2:0]  hp_arsize, hp_awsize;
  logic [3:0]  hp_arlen, hp_awlen;
  logic [7:0]  hp_wstrb;
  logic [31:0] hp_araddr, hp_awaddr;
  logic [63:0] hp_rdata, hp_wdata;
  /* verilator lint_on UNUSEDSIGNAL */
  logic        irq;

  PS7 u_ps7 (
    .FCLKCLK             (fclk),
    .FCLKRESETN          (fclk_reset_n),
    .IRQF2P              ({19'b0, irq}),
    .MAXIGP0ACLK         (clk),
    .MAXIGP0AWVALID      (gp_awvalid),
    .MAXIGP0AWREADY      (gp_awready),
    .MAXIGP0AWID         (gp_awid),
    .MAXIGP0AWADDR       (gp_awaddr),
    .MAXIGP0AWSIZE       (gp_awsize),
    .MAXIGP0AWBURST      (gp_awburst),
    .MAXIGP0WVALID       (gp_wvalid),
    .MAXIGP0WREADY       (gp_wready),
    .MAXIGP0WDATA        (gp_wdata),
    .MAXIGP0WSTRB        (gp_wstrb),
    .MAXIGP0WLAST        (gp_wlast),
    .MAXIGP0BVALID       (gp_bvalid),
    .MAXIGP0BREADY       (gp_bready),
    .MAXIGP0BID          (gp_bid),
    .MAXIGP0BRESP        (gp_bresp),
    .MAXIGP0ARVALID      (gp_arvalid),
    .MAXIGP0ARREADY      (gp_arready),
    .MAXIGP0ARID         (gp_arid),
    .MAXIGP0ARADDR       (gp_araddr),
    .MAXIGP0ARLEN        (gp_arlen),
    .MAXIGP0ARSIZE       (gp_arsize),
    .MAXIGP0ARBURST      (gp_arburst),
    .MAXIGP0RVALID       (gp_rvalid),
    .MAXIGP0RREADY       (gp_rready),
    .MAXIGP0RID          (gp_rid),
    .MAXIGP0RDATA        (gp_rdata),
    .MAXIGP0RRESP        (gp_rresp),
    .MAXIGP0RLAST        (gp_rlast),
    .SAXIHP0ACLK         (clk),
    .SAXIHP0ARVALID      (hp_arvalid),
    .SAXIHP0ARREADY      (hp_arready),
    .SAXIHP0ARADDR       (hp_araddr),
    .SAXIHP0ARLEN        (hp_arlen),
    .SAXIHP0ARSIZE       (hp_arsize[1:0]),
    .SAXIHP0ARBURST      (hp_arburst),
    .SAXIHP0RVALID       (hp_rvalid),
    .SAXIHP0RREADY       (hp_rready),
    .SAXIHP0RDATA        (hp_rdata),
    .SAXIHP0RRESP        (hp_rresp),
    .SAXIHP0RLAST        (hp_rlast),
    .SAXIHP0AWVALID      (hp_awvalid),
    .SAXIHP0AWREADY      (hp_awready),
    .SAXIHP0AWADDR       (hp_awaddr),
    .SAXIHP0AWLEN        (hp_awlen),
    .SAXIHP0AWSIZE       (hp_awsize[1:0]),
    .SAXIHP0AWBURST      (hp_awburst),
    .SAXIHP0WVALID       (hp_wvalid),
    .SAXIHP0WREADY       (hp_wready),
    .SAXIHP0WDATA        (hp_wdata),
    .SAXIHP0WSTRB        (hp_wstrb),
    .SAXIHP0WLAST        (hp_wlast),
    .SAXIHP0BVALID       (hp_bvalid),
    .SAXIHP0BREADY       (hp_bready),
    .SAXIHP0BRESP        (hp_bresp),
    .SAXIHP0ARID         ('0),
    .SAXIHP0ARCACHE      (BufferableModifiable),
    .SAXIHP0ARPROT       ('0),
    .SAXIHP0ARLOCK       ('0),
    .SAXIHP0ARQOS        ('0),
    .SAXIHP0AWID         ('0),
    .SAXIHP0AWCACHE      (BufferableModifiable),
    .SAXIHP0AWPROT       ('0),
    .SAXIHP0AWLOCK       ('0),
    .SAXIHP0AWQOS        ('0),
    .SAXIHP0WID          ('0),
    .SAXIHP0RDISSUECAP1EN('0),
    .SAXIHP0WRISSUECAP1EN('0)
  );

  ///////////////////////
  // Registers and DMA //
  ///////////////////////

  rbonn_axi3_lite #(
    .IdWidth(12)
  ) u_bridge (
    .clk_i(clk),
    .rst_i(!reset_n),
    .s_axi_awvalid_i(gp_awvalid),
    .s_axi_awready_o(gp_awready),
    .s_axi_awid_i(gp_awid),
    .s_axi_awaddr_i(gp_awaddr[11:0]),
    .s_axi_awsize_i(gp_awsize),
    .s_axi_awburst_i(gp_awburst),
    .s_axi_wvalid_i(gp_wvalid),
    .s_axi_wready_o(gp_wready),
    .s_axi_wdata_i(gp_wdata),
    .s_axi_wstrb_i(gp_wstrb),
    .s_axi_wlast_i(gp_wlast),
    .s_axi_bvalid_o(gp_bvalid),
    .s_axi_bready_i(gp_bready),
    .s_axi_bid_o(gp_bid),
    .s_axi_bresp_o(gp_bresp),
    .s_axi_arvalid_i(gp_arvalid),
    .s_axi_arready_o(gp_arready),
    .s_axi_arid_i(gp_arid),
    .s_axi_araddr_i(gp_araddr[11:0]),
    .s_axi_arlen_i(gp_arlen),
    .s_axi_arsize_i(gp_arsize),
    .s_axi_arburst_i(gp_arburst),
    .s_axi_rvalid_o(gp_rvalid),
    .s_axi_rready_i(gp_rready),
    .s_axi_rid_o(gp_rid),
    .s_axi_rdata_o(gp_rdata),
    .s_axi_rresp_o(gp_rresp),
    .s_axi_rlast_o(gp_rlast),
    .m_axil_awvalid_o(lite_awvalid),
    .m_axil_awready_i(lite_awready),
    .m_axil_awaddr_o(lite_awaddr),
    .m_axil_wvalid_o(lite_wvalid),
    .m_axil_wready_i(lite_wready),
    .m_axil_wdata_o(lite_wdata),
    .m_axil_wstrb_o(lite_wstrb),
    .m_axil_bvalid_i(lite_bvalid),
    .m_axil_bready_o(lite_bready),
    .m_axil_bresp_i(lite_bresp),
    .m_axil_arvalid_o(lite_arvalid),
    .m_axil_arready_i(lite_arready),
    .m_axil_araddr_o(lite_araddr),
    .m_axil_rvalid_i(lite_rvalid),
    .m_axil_rready_o(lite_rready),
    .m_axil_rdata_i(lite_rdata),
    .m_axil_rresp_i(lite_rresp)
  );

  rbonn_shell #(
    .InBits    (InBits),
    .InBeats   (InBeats),
    .OutBits   (OutBits),
    .OutBeats  (OutBeats),
    .NetworkId (NetworkId),
    .ReadDepth (ReadDepth),
    .WriteDepth(WriteDepth)
  ) u_shell (
    .clk_i(clk),
    .rst_i(!reset_n),
    .s_axil_awvalid_i(lite_awvalid),
    .s_axil_awready_o(lite_awready),
    .s_axil_awaddr_i(lite_awaddr),
    .s_axil_wvalid_i(lite_wvalid),
    .s_axil_wready_o(lite_wready),
    .s_axil_wdata_i(lite_wdata),
    .s_axil_wstrb_i(lite_wstrb),
    .s_axil_bvalid_o(lite_bvalid),
    .s_axil_bready_i(lite_bready),
    .s_axil_bresp_o(lite_bresp),
    .s_axil_arvalid_i(lite_arvalid),
    .s_axil_arready_o(lite_arready),
    .s_axil_araddr_i(lite_araddr),
    .s_axil_rvalid_o(lite_rvalid),
    .s_axil_rready_i(lite_rready),
    .s_axil_rdata_o(lite_rdata),
    .s_axil_rresp_o(lite_rresp),
    .m_axi_arvalid_o(hp_arvalid),
    .m_axi_arready_i(hp_arready),
    .m_axi_araddr_o(hp_araddr),
    .m_axi_arlen_o(hp_arlen),
    .m_axi_arsize_o(hp_arsize),
    .m_axi_arburst_o(hp_arburst),
    .m_axi_rvalid_i(hp_rvalid),
    .m_axi_rready_o(hp_rready),
    .m_axi_rdata_i(hp_rdata),
    .m_axi_rresp_i(hp_rresp),
    .m_axi_rlast_i(hp_rlast),
    .m_axi_awvalid_o(hp_awvalid),
    .m_axi_awready_i(hp_awready),
    .m_axi_awaddr_o(hp_awaddr),
    .m_axi_awlen_o(hp_awlen),
    .m_axi_awsize_o(hp_awsize),
    .m_axi_awburst_o(hp_awburst),
    .m_axi_wvalid_o(hp_wvalid),
    .m_axi_wready_i(hp_wready),
    .m_axi_wdata_o(hp_wdata),
    .m_axi_wstrb_o(hp_wstrb),
    .m_axi_wlast_o(hp_wlast),
    .m_axi_bvalid_i(hp_bvalid),
    .m_axi_bready_o(hp_bready),
    .m_axi_bresp_i(hp_bresp),
    .irq_o(irq)
  );

endmodule : rbonn_zynq_top
