// SPDX-License-Identifier: BSD-3-Clause
//
// Answers to memory: a register stage, in which the accelerator's path of ready begins, a gate that
// lets the beats of frames_i frames pass and counts them, conversion to 64-bit beats, and
// rbonn_dma_write.
//
// Stream words lie in memory one after the other, little-endian, Width / 8 bytes each. The
// converter works on words of the least common multiple of both widths; behind the last answer,
// zeros push the last beat out (the DMA's strobes keep them from memory), and flush_i empties it
// between jobs.
//
// Test: tests/rtl/test_shell.py.

module rbonn_frame_writer #(
  parameter int unsigned Width = 16,  // bits of a stream word, whole bytes
  parameter int unsigned Beats = 10,  // beats of a frame
  parameter int unsigned Depth = 64   // FIFO of the DMA, 64-bit words
) (
  input  logic             clk_i,
  input  logic             rst_i,  // synchronous, active high

  input  logic             start_i,   // while idle_o is high
  input  logic [31:3]      first_i,   // address of the first beat
  input  logic [31:0]      last_i,    // address of the last byte
  input  logic [31:0]      frames_i,  // constant until idle_o
  input  logic             flush_i,   // stays high until idle_o
  input  logic             hold_i,    // the accelerator is in reset: what it shows is dropped
  output logic             idle_o,    // every answer is in memory
  output logic             error_o,   // in this cycle the memory answered with an error
  output logic [31:0]      frames_o,  // frames that passed since start_i

  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,

  output logic             m_axi_awvalid_o,
  input  logic             m_axi_awready_i,
  output logic [31:0]      m_axi_awaddr_o,
  output logic [3:0]       m_axi_awlen_o,
  output logic             m_axi_wvalid_o,
  input  logic             m_axi_wready_i,
  output logic [63:0]      m_axi_wdata_o,
  output logic [7:0]       m_axi_wstrb_o,
  output logic             m_axi_wlast_o,
  input  logic             m_axi_bvalid_i,
  output logic             m_axi_bready_o,
  input  logic [1:0]       m_axi_bresp_i
);

  logic             answer_valid, answer_ready, word_valid, beat_valid, beat_ready, converter_ready,
                    all_passed;
  logic [Width-1:0] answer_data, word_data;
  logic [63:0]      beat_data;

  rbonn_register #(
    .Width(Width)
  ) u_register (
    .clk_i,
    .rst_i      (rst_i || hold_i),
    .in_valid_i,
    .in_ready_o,
    .in_data_i,
    .out_valid_o(answer_valid),
    .out_ready_i(answer_ready),
    .out_data_o (answer_data)
  );

  rbonn_frame_gate #(
    .Width(Width),
    .Beats(Beats)
  ) u_gate (
    .clk_i,
    .rst_i,
    .start_i,
    .close_i    (flush_i),
    .frames_i,
    .done_o     (all_passed),
    .frames_o,
    .in_valid_i (answer_valid),
    .in_ready_o (answer_ready),
    .in_data_i  (answer_data),
    .out_valid_o(word_valid),
    .out_ready_i(converter_ready),
    .out_data_o (word_data)
  );

  rbonn_dwc #(
    .InLanes (Width / 8),
    .OutLanes(8),
    .LaneBits(8)
  ) u_converter (
    .clk_i,
    .rst_i      (rst_i || flush_i),
    .in_valid_i (word_valid || all_passed),
    .in_ready_o (converter_ready),
    .in_data_i  (all_passed ? '0 : word_data),
    .out_valid_o(beat_valid),
    .out_ready_i(beat_ready),
    .out_data_o (beat_data)
  );

  rbonn_dma_write #(
    .Depth(Depth)
  ) u_dma (
    .clk_i,
    .rst_i,
    .start_i,
    .first_i,
    .last_i,
    .flush_i,
    .idle_o,
    .error_o,
    .in_valid_i(beat_valid),
    .in_ready_o(beat_ready),
    .in_data_i (beat_data),
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

endmodule : rbonn_frame_writer
