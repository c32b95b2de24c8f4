// SPDX-License-Identifier: BSD-3-Clause
//
// Frames from memory: rbonn_dma_read, conversion to stream words, a gate that lets the beats of
// frames_i frames pass, and a register stage.
//
// Stream words lie in memory one after the other, little-endian, Width / 8 bytes each. The
// converter works on words of the least common multiple of both widths; once all beats are read,
// zeros push the last word out, and flush_i empties it between jobs. The accelerator's ready ends in
// the register stage; the stage's own goes through gate and converter to the FIFO of the DMA.
//
// Test: tests/rtl/test_shell.py.

module rbonn_frame_reader #(
  parameter int unsigned Width = 8,   // bits of a stream word, whole bytes
  parameter int unsigned Beats = 64,  // beats of a frame
  parameter int unsigned Depth = 128  // FIFO of the DMA, 64-bit words
) (
  input  logic             clk_i,
  input  logic             rst_i,  // synchronous, active high

  input  logic             start_i,   // while idle_o is high
  input  logic [31:3]      first_i,   // address of the first beat
  input  logic [31:0]      last_i,    // address of the last byte
  input  logic [31:0]      frames_i,  // constant until all have passed
  input  logic             flush_i,   // stays high until idle_o
  input  logic             hold_i,    // the accelerator is in reset: no beat leaves
  output logic             idle_o,    // nothing in flight, every beat of memory converted
  output logic             error_o,   // in this cycle the memory answered with an error
  output logic             ready_o,   // a beat waits to pass
  output logic             done_o,    // every frame has passed

  output logic             m_axi_arvalid_o,
  input  logic             m_axi_arready_i,
  output logic [31:0]      m_axi_araddr_o,
  output logic [3:0]       m_axi_arlen_o,
  input  logic             m_axi_rvalid_i,
  output logic             m_axi_rready_o,
  input  logic [63:0]      m_axi_rdata_i,
  input  logic [1:0]       m_axi_rresp_i,
  input  logic             m_axi_rlast_i,

  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);

  logic             beat_valid, word_valid, word_ready, converter_ready, frame_valid, frame_ready,
                    waiting;
  logic [63:0]      beat_data;
  logic [Width-1:0] word_data, frame_data;

  assign ready_o     = waiting;
  assign out_valid_o = waiting && !hold_i;

  rbonn_dma_read #(
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
    .m_axi_arvalid_o,
    .m_axi_arready_i,
    .m_axi_araddr_o,
    .m_axi_arlen_o,
    .m_axi_rvalid_i,
    .m_axi_rready_o,
    .m_axi_rdata_i,
    .m_axi_rresp_i,
    .m_axi_rlast_i,
    .out_valid_o(beat_valid),
    .out_ready_i(converter_ready),
    .out_data_o (beat_data)
  );

  rbonn_dwc #(
    .InLanes (8),
    .OutLanes(Width / 8),
    .LaneBits(8)
  ) u_converter (
    .clk_i,
    .rst_i      (rst_i || flush_i),
    .in_valid_i (beat_valid || (idle_o && !start_i)),
    .in_ready_o (converter_ready),
    .in_data_i  (beat_valid ? beat_data : '0),
    .out_valid_o(word_valid),
    .out_ready_i(word_ready),
    .out_data_o (word_data)
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
    .done_o,
    /* verilator lint_off PINCONNECTEMPTY */
    .frames_o   (),  // frames are counted when they leave the accelerator
    /* verilator lint_on PINCONNECTEMPTY */
    .in_valid_i (word_valid),
    .in_ready_o (word_ready),
    .in_data_i  (word_data),
    .out_valid_o(frame_valid),
    .out_ready_i(frame_ready),
    .out_data_o (frame_data)
  );

  rbonn_register #(
    .Width(Width)
  ) u_register (
    .clk_i,
    .rst_i      (rst_i || flush_i),
    .in_valid_i (frame_valid),
    .in_ready_o (frame_ready),
    .in_data_i  (frame_data),
    .out_valid_o(waiting),
    .out_ready_i(out_ready_i && !hold_i),
    .out_data_o
  );

endmodule : rbonn_frame_reader
