// SPDX-License-Identifier: BSD-3-Clause
//
// From a processor's AXI3 port with IDs and bursts to AXI4-Lite: a burst becomes one access per
// beat, and the answer carries the burst's ID and the worst of its responses.
//
// One write burst and one read burst are in hand at a time, in order, so the ID of write data adds
// nothing. FIXED bursts stay at their address, others step by their beat; WRAP, which only cached
// memory uses, is not told from INCR. The port is slow on purpose: it carries registers.
//
// Test: tests/rtl/test_axi3_lite.py.

`include "rbonn_assert.svh"

module rbonn_axi3_lite #(
  parameter int unsigned IdWidth = 12
) (
  input  logic               clk_i,
  input  logic               rst_i,  // synchronous, active high

  // AXI3 subordinate; lengths count beats - 1
  input  logic               s_axi_awvalid_i,
  output logic               s_axi_awready_o,
  input  logic [IdWidth-1:0] s_axi_awid_i,
  input  logic [11:0]        s_axi_awaddr_i,
  input  logic [1:0]         s_axi_awsize_i,
  input  logic [1:0]         s_axi_awburst_i,
  input  logic               s_axi_wvalid_i,
  output logic               s_axi_wready_o,
  input  logic [31:0]        s_axi_wdata_i,
  input  logic [3:0]         s_axi_wstrb_i,
  input  logic               s_axi_wlast_i,
  output logic               s_axi_bvalid_o,
  input  logic               s_axi_bready_i,
  output logic [IdWidth-1:0] s_axi_bid_o,
  output logic [1:0]         s_axi_bresp_o,
  input  logic               s_axi_arvalid_i,
  output logic               s_axi_arready_o,
  input  logic [IdWidth-1:0] s_axi_arid_i,
  input  logic [11:0]        s_axi_araddr_i,
  input  logic [3:0]         s_axi_arlen_i,
  input  logic [1:0]         s_axi_arsize_i,
  input  logic [1:0]         s_axi_arburst_i,
  output logic               s_axi_rvalid_o,
  input  logic               s_axi_rready_i,
  output logic [IdWidth-1:0] s_axi_rid_o,
  output logic [31:0]        s_axi_rdata_o,
  output logic [1:0]         s_axi_rresp_o,
  output logic               s_axi_rlast_o,

  // AXI4-Lite manager
  output logic               m_axil_awvalid_o,
  input  logic               m_axil_awready_i,
  output logic [11:0]        m_axil_awaddr_o,
  output logic               m_axil_wvalid_o,
  input  logic               m_axil_wready_i,
  output logic [31:0]        m_axil_wdata_o,
  output logic [3:0]         m_axil_wstrb_o,
  input  logic               m_axil_bvalid_i,
  output logic               m_axil_bready_o,
  input  logic [1:0]         m_axil_bresp_i,
  output logic               m_axil_arvalid_o,
  input  logic               m_axil_arready_i,
  output logic [11:0]        m_axil_araddr_o,
  input  logic               m_axil_rvalid_i,
  output logic               m_axil_rready_o,
  input  logic [31:0]        m_axil_rdata_i,
  input  logic [1:0]         m_axil_rresp_i
);

  localparam logic [1:0] Fixed = 2'b00;

  // Bytes from one beat's address to the next one's.
  function automatic logic [11:0] stride(logic [1:0] size, logic [1:0] burst);
    return (burst == Fixed) ? 12'd0 : 12'd1 << size;
  endfunction

  ////////////
  // Writes //
  ////////////

  typedef enum logic [2:0] {
    WriteIdle,
    WriteData,      // takes a beat
    WriteAccess,    // offers address and data
    WriteAnswer,    // awaits the response
    WriteResponse   // offers the burst's response
  } write_state_t;

  write_state_t       write_d, write_q;
  logic               aw_open_d, aw_open_q, w_open_d, w_open_q;  // still to be accepted
  logic [IdWidth-1:0] write_id_q;
  logic [11:0]        write_address_q, write_stride_q;
  logic [31:0]        data_q;
  logic [3:0]         strobes_q;
  logic               last_q;
  logic [1:0]         write_resp_q;

  assign s_axi_awready_o  = write_q == WriteIdle;
  assign s_axi_wready_o   = write_q == WriteData;
  assign s_axi_bvalid_o   = write_q == WriteResponse;
  assign s_axi_bid_o      = write_id_q;
  assign s_axi_bresp_o    = write_resp_q;
  assign m_axil_awvalid_o = aw_open_q;
  assign m_axil_awaddr_o  = write_address_q;
  assign m_axil_wvalid_o  = w_open_q;
  assign m_axil_wdata_o   = data_q;
  assign m_axil_wstrb_o   = strobes_q;
  assign m_axil_bready_o  = write_q == WriteAnswer;

  always_comb begin
    write_d   = write_q;
    aw_open_d = aw_open_q && !m_axil_awready_i;
    w_open_d  = w_open_q && !m_axil_wready_i;
    unique case (write_q)
      WriteIdle: if (s_axi_awvalid_i) write_d = WriteData;
      WriteData: begin
        if (s_axi_wvalid_i) begin
          write_d   = WriteAccess;
          aw_open_d = 1'b1;
          w_open_d  = 1'b1;
        end
      end
      WriteAccess: if (!aw_open_d && !w_open_d) write_d = WriteAnswer;
      WriteAnswer: if (m_axil_bvalid_i) write_d = last_q ? WriteResponse : WriteData;
      WriteResponse: if (s_axi_bready_i) write_d = WriteIdle;
      default: write_d = WriteIdle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      write_q   <= WriteIdle;
      aw_open_q <= 1'b0;
      w_open_q  <= 1'b0;
    end else begin
      write_q   <= write_d;
      aw_open_q <= aw_open_d;
      w_open_q  <= w_open_d;
    end
  end

  always_ff @(posedge clk_i) begin
    unique case (write_q)
      WriteIdle: begin
        write_id_q      <= s_axi_awid_i;
        write_address_q <= s_axi_awaddr_i;
        write_stride_q  <= stride(s_axi_awsize_i, s_axi_awburst_i);
        write_resp_q    <= '0;
      end
      WriteData: begin
        data_q    <= s_axi_wdata_i;
        strobes_q <= s_axi_wstrb_i;
        last_q    <= s_axi_wlast_i;
      end
      WriteAnswer: begin
        if (m_axil_bvalid_i) begin
          write_address_q <= write_address_q + write_stride_q;
          if (m_axil_bresp_i > write_resp_q) write_resp_q <= m_axil_bresp_i;
        end
      end
      default: ;
    endcase
  end

  ///////////
  // Reads //
  ///////////

  typedef enum logic [1:0] {
    ReadIdle,
    ReadAccess,  // offers the address
    ReadAnswer,  // awaits data
    ReadData     // offers a beat
  } read_state_t;

  read_state_t        read_d, read_q;
  logic [IdWidth-1:0] read_id_q;
  logic [11:0]        read_address_q, read_stride_q;
  logic [3:0]         left_q;  // beats after this one
  logic [31:0]        word_q;
  logic [1:0]         read_resp_q;

  assign s_axi_arready_o  = read_q == ReadIdle;
  assign s_axi_rvalid_o   = read_q == ReadData;
  assign s_axi_rid_o      = read_id_q;
  assign s_axi_rdata_o    = word_q;
  assign s_axi_rresp_o    = read_resp_q;
  assign s_axi_rlast_o    = left_q == '0;
  assign m_axil_arvalid_o = read_q == ReadAccess;
  assign m_axil_araddr_o  = read_address_q;
  assign m_axil_rready_o  = read_q == ReadAnswer;

  always_comb begin
    read_d = read_q;
    unique case (read_q)
      ReadIdle:   if (s_axi_arvalid_i) read_d = ReadAccess;
      ReadAccess: if (m_axil_arready_i) read_d = ReadAnswer;
      ReadAnswer: if (m_axil_rvalid_i) read_d = ReadData;
      ReadData:   if (s_axi_rready_i) read_d = (left_q == '0) ? ReadIdle : ReadAccess;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) read_q <= ReadIdle;
    else read_q <= read_d;
  end

  always_ff @(posedge clk_i) begin
    unique case (read_q)
      ReadIdle: begin
        read_id_q      <= s_axi_arid_i;
        read_address_q <= s_axi_araddr_i;
        read_stride_q  <= stride(s_axi_arsize_i, s_axi_arburst_i);
        left_q         <= s_axi_arlen_i;
      end
      ReadAnswer: begin
        word_q      <= m_axil_rdata_i;
        read_resp_q <= m_axil_rresp_i;
      end
      ReadData: begin
        if (s_axi_rready_i) begin
          read_address_q <= read_address_q + read_stride_q;
          left_q         <= left_q - 1'b1;
        end
      end
      default: ;
    endcase
  end

  `ASSERT(ResponseHeld, s_axi_bvalid_o && !s_axi_bready_i |=>
          s_axi_bvalid_o && $stable(s_axi_bid_o))
  `ASSERT(ReadHeld, s_axi_rvalid_o && !s_axi_rready_i |=>
          s_axi_rvalid_o && $stable(s_axi_rdata_o) && $stable(s_axi_rlast_o))
  `ASSERT(AddressHeld, m_axil_awvalid_o && !m_axil_awready_i |=>
          m_axil_awvalid_o && $stable(m_axil_awaddr_o))
  `ASSERT(DataHeld, m_axil_wvalid_o && !m_axil_wready_i |=>
          m_axil_wvalid_o && $stable(m_axil_wdata_o))

endmodule : rbonn_axi3_lite
