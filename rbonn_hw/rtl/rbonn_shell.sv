// SPDX-License-Identifier: BSD-3-Clause
//
// The accelerator between memory and processor:
//
//   memory -> rbonn_frame_reader -> accelerator -> rbonn_frame_writer -> memory
//
// A job is FRAMES frames, contiguous in memory: the accelerator's stream words one after the other,
// little-endian, InBits / 8 or OutBits / 8 bytes each, no padding between frames. The accelerator
// sees whole frames and nothing else, and is reset before every job.
//
// Everything runs on one clock, which is also that of the processor's ports: no clock crossing.
//
// Registers: rbonn_hw/spec/registers.py.  Parameters: rbonn_hw/spec/shell.py.
// Test: tests/rtl/test_shell.py.

module rbonn_shell #(
  parameter int unsigned InBits     = 8,   // width of the accelerator's input, whole bytes
  parameter int unsigned InBeats    = 64,  // input beats of a frame
  parameter int unsigned OutBits    = 16,  // width of its output, whole bytes
  parameter int unsigned OutBeats   = 10,  // output beats of a frame
  parameter logic [31:0] NetworkId  = 32'h0,
  parameter int unsigned ReadDepth  = 128,  // FIFO of each DMA, 64-bit words
  parameter int unsigned WriteDepth = 64
) (
  input  logic        clk_i,
  input  logic        rst_i,  // synchronous, active high

  // Registers, AXI4-Lite
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

  // Memory, AXI4 with bursts that AXI3 knows; one ID
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

  output logic        irq_o  // level
);

  if (InBits < 8 || InBits % 8 != 0 || OutBits < 8 || OutBits % 8 != 0) begin : gen_bad_width
    $error("InBits=%0d and OutBits=%0d must be whole bytes", InBits, OutBits);
  end

  localparam int unsigned InBytes  = InBits / 8;
  localparam int unsigned OutBytes = OutBits / 8;

  localparam logic [2:0] EightBytes   = 3'b011;
  localparam logic [1:0] Incrementing = 2'b01;

  assign m_axi_arsize_o  = EightBytes;
  assign m_axi_arburst_o = Incrementing;
  assign m_axi_awsize_o  = EightBytes;
  assign m_axi_awburst_o = Incrementing;

  /////////////
  // Control //
  /////////////

  logic        start, abort, busy, done, error;
  logic [2:0]  error_code;
  logic [31:0] in_addr, in_bytes, in_last, out_addr, out_bytes, out_last, frames, frames_done;
  logic [63:0] cycles;
  logic [31:0] in_stalls, out_stalls;
  logic        read_idle, read_error, write_idle, write_error, launch, flush, reset;
  logic        input_valid, in_done;

  rbonn_registers #(
    .NetworkId(NetworkId)
  ) u_registers (
    .clk_i,
    .rst_i,
    .s_axil_awvalid_i,
    .s_axil_awready_o,
    .s_axil_awaddr_i,
    .s_axil_wvalid_i,
    .s_axil_wready_o,
    .s_axil_wdata_i,
    .s_axil_wstrb_i,
    .s_axil_bvalid_o,
    .s_axil_bready_i,
    .s_axil_bresp_o,
    .s_axil_arvalid_i,
    .s_axil_arready_o,
    .s_axil_araddr_i,
    .s_axil_rvalid_o,
    .s_axil_rready_i,
    .s_axil_rdata_o,
    .s_axil_rresp_o,
    .start_o      (start),
    .abort_o      (abort),
    .in_addr_o    (in_addr),
    .in_bytes_o   (in_bytes),
    .out_addr_o   (out_addr),
    .out_bytes_o  (out_bytes),
    .frames_o     (frames),
    .irq_o,
    .busy_i       (busy),
    .done_i       (done),
    .error_i      (error),
    .error_code_i (error_code),
    .frames_done_i(frames_done),
    .cycles_i     (cycles),
    .in_stalls_i  (in_stalls),
    .out_stalls_i (out_stalls)
  );

  rbonn_job #(
    .InFrameBytes (InBeats * InBytes),
    .OutFrameBytes(OutBeats * OutBytes)
  ) u_job (
    .clk_i,
    .rst_i,
    .start_i      (start),
    .abort_i      (abort),
    .in_addr_i    (in_addr),
    .in_bytes_i   (in_bytes),
    .out_addr_i   (out_addr),
    .out_bytes_i  (out_bytes),
    .frames_i     (frames),
    .busy_o       (busy),
    .done_o       (done),
    .error_o      (error),
    .error_code_o (error_code),
    .input_valid_i(input_valid),
    .read_idle_i  (read_idle),
    .read_error_i (read_error),
    .write_idle_i (write_idle),
    .write_error_i(write_error),
    .launch_o     (launch),
    .flush_o      (flush),
    .reset_o      (reset),
    .in_last_o    (in_last),
    .out_last_o   (out_last)
  );

  ///////////////
  // Data path //
  ///////////////

  logic               in_valid, in_ready, out_valid, out_ready;
  logic [InBits-1:0]  in_data;
  logic [OutBits-1:0] out_data;

  rbonn_frame_reader #(
    .Width(InBits),
    .Beats(InBeats),
    .Depth(ReadDepth)
  ) u_reader (
    .clk_i,
    .rst_i,
    .start_i    (launch),
    .first_i    (in_addr[31:3]),
    .last_i     (in_last),
    .frames_i   (frames),
    .flush_i    (flush),
    .hold_i     (reset),
    .idle_o     (read_idle),
    .error_o    (read_error),
    .ready_o    (input_valid),
    .done_o     (in_done),
    .m_axi_arvalid_o,
    .m_axi_arready_i,
    .m_axi_araddr_o,
    .m_axi_arlen_o,
    .m_axi_rvalid_i,
    .m_axi_rready_o,
    .m_axi_rdata_i,
    .m_axi_rresp_i,
    .m_axi_rlast_i,
    .out_valid_o(in_valid),
    .out_ready_i(in_ready),
    .out_data_o (in_data)
  );

  accelerator u_accelerator (
    .ap_clk         (clk_i),
    .ap_rst_n       (!reset),
    .s_axis_0_tdata (in_data),
    .s_axis_0_tvalid(in_valid),
    .s_axis_0_tready(in_ready),
    .m_axis_0_tdata (out_data),
    .m_axis_0_tvalid(out_valid),
    .m_axis_0_tready(out_ready)
  );

  rbonn_frame_writer #(
    .Width(OutBits),
    .Beats(OutBeats),
    .Depth(WriteDepth)
  ) u_writer (
    .clk_i,
    .rst_i,
    .start_i   (launch),
    .first_i   (out_addr[31:3]),
    .last_i    (out_last),
    .frames_i  (frames),
    .flush_i   (flush),
    .hold_i    (reset),
    .idle_o    (write_idle),
    .error_o   (write_error),
    .frames_o  (frames_done),
    .in_valid_i(out_valid),
    .in_ready_o(out_ready),
    .in_data_i (out_data),
    .m_axi_awvalid_o,
    .m_axi_awready_i,
    .m_axi_awaddr_o,
    .m_axi_awlen_o,
    .m_axi_wvalid_o,
    .m_axi_wready_i,
    .m_axi_wdata_o,
    .m_axi_wstrb_o,
    .m_axi_wlast_o,
    .m_axi_bvalid_i,
    .m_axi_bready_o,
    .m_axi_bresp_i
  );

  rbonn_counters u_counters (
    .clk_i,
    .clear_i     (rst_i || start),
    .in_valid_i  (in_valid),
    .in_ready_i  (in_ready && !reset),  // in its reset an accelerator may show anything
    .in_done_i   (in_done),
    .out_valid_i (out_valid && !reset),
    .out_ready_i (out_ready),
    .cycles_o    (cycles),
    .in_stalls_o (in_stalls),
    .out_stalls_o(out_stalls)
  );

endmodule : rbonn_shell
