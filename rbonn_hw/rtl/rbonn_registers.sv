// SPDX-License-Identifier: BSD-3-Clause
//
// The shell's register block: an AXI4-Lite subordinate of 4 KiB.
//
// Address and data of a write may come in either order; one write and one read are in hand at a
// time. Byte strobes are honoured, also by bits that clear or trigger. What is not a register reads
// as zero, what is read only takes no writes; both answer OKAY. Job registers are locked while
// busy_i is high. START clears what the job before left in STATUS. The interrupt is a level: DONE
// or ERROR, masked by IRQ_ENABLE.
//
// Specification: rbonn_hw/spec/registers.py.    Test: tests/rtl/test_registers.py.

`include "rbonn_assert.svh"

module rbonn_registers #(
  parameter logic [31:0] NetworkId = 32'h0  // identity of the network
) (
  input  logic        clk_i,
  input  logic        rst_i,  // synchronous, active high

  input  logic        s_axil_awvalid_i,
  output logic        s_axil_awready_o,
  /* verilator lint_off UNUSEDSIGNAL */  // [1:0]: registers are whole words
  input  logic [11:0] s_axil_awaddr_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic        s_axil_wvalid_i,
  output logic        s_axil_wready_o,
  input  logic [31:0] s_axil_wdata_i,
  input  logic [3:0]  s_axil_wstrb_i,
  output logic        s_axil_bvalid_o,
  input  logic        s_axil_bready_i,
  output logic [1:0]  s_axil_bresp_o,
  input  logic        s_axil_arvalid_i,
  output logic        s_axil_arready_o,
  /* verilator lint_off UNUSEDSIGNAL */  // [1:0]: registers are whole words
  input  logic [11:0] s_axil_araddr_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic        s_axil_rvalid_o,
  input  logic        s_axil_rready_i,
  output logic [31:0] s_axil_rdata_o,
  output logic [1:0]  s_axil_rresp_o,

  // Control
  output logic        start_o,  // pulse, never while busy_i
  output logic        abort_o,  // pulse
  output logic [31:0] in_addr_o,
  output logic [31:0] in_bytes_o,
  output logic [31:0] out_addr_o,
  output logic [31:0] out_bytes_o,
  output logic [31:0] frames_o,
  output logic        irq_o,

  // Status
  input  logic        busy_i,
  input  logic        done_i,   // pulse
  input  logic        error_i,  // pulse, with error_code_i
  input  logic [2:0]  error_code_i,
  input  logic [31:0] frames_done_i,
  input  logic [63:0] cycles_i,
  input  logic [31:0] in_stalls_i,
  input  logic [31:0] out_stalls_i
);

  localparam logic [31:0] IdentValue   = 32'h52424E4E;
  localparam logic [31:0] VersionValue = 32'h00010000;  // major, minor

  // Offsets, as in the specification.
  localparam logic [11:0] Ident      = 12'h000;
  localparam logic [11:0] Version    = 12'h004;
  localparam logic [11:0] Network    = 12'h008;
  localparam logic [11:0] Control    = 12'h00C;
  localparam logic [11:0] Status     = 12'h010;
  localparam logic [11:0] InAddr     = 12'h014;
  localparam logic [11:0] InBytes    = 12'h018;
  localparam logic [11:0] OutAddr    = 12'h01C;
  localparam logic [11:0] OutBytes   = 12'h020;
  localparam logic [11:0] Frames     = 12'h024;
  localparam logic [11:0] FramesDone = 12'h028;
  localparam logic [11:0] CyclesLo   = 12'h02C;
  localparam logic [11:0] CyclesHi   = 12'h030;
  localparam logic [11:0] InStalls   = 12'h034;
  localparam logic [11:0] OutStalls  = 12'h038;

  // Bits of CONTROL and STATUS.
  localparam int unsigned Start     = 0;
  localparam int unsigned Abort     = 1;
  localparam int unsigned IrqEnable = 2;
  localparam int unsigned Done      = 1;
  localparam int unsigned Error     = 2;

  ////////////
  // Writes //
  ////////////

  logic        aw_valid_d, aw_valid_q, w_valid_d, w_valid_q, b_valid_d, b_valid_q;
  logic [11:2] aw_address_q;
  logic [31:0] w_data_q, w_mask;
  logic [3:0]  w_strobes_q;
  logic        write;  // address and data are there: it happens in this cycle

  assign s_axil_awready_o = !aw_valid_q;
  assign s_axil_wready_o  = !w_valid_q;
  assign s_axil_bvalid_o  = b_valid_q;
  assign s_axil_bresp_o   = 2'b00;
  assign write            = aw_valid_q && w_valid_q && !b_valid_q;
  assign aw_valid_d       = aw_valid_q ? !write : s_axil_awvalid_i;
  assign w_valid_d        = w_valid_q ? !write : s_axil_wvalid_i;
  assign b_valid_d        = b_valid_q ? !s_axil_bready_i : write;
  assign w_mask           = {{8{w_strobes_q[3]}}, {8{w_strobes_q[2]}},
                             {8{w_strobes_q[1]}}, {8{w_strobes_q[0]}}};

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      aw_valid_q <= 1'b0;
      w_valid_q  <= 1'b0;
      b_valid_q  <= 1'b0;
    end else begin
      aw_valid_q <= aw_valid_d;
      w_valid_q  <= w_valid_d;
      b_valid_q  <= b_valid_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!aw_valid_q) aw_address_q <= s_axil_awaddr_i[11:2];
    if (!w_valid_q) begin
      w_data_q    <= s_axil_wdata_i;
      w_strobes_q <= s_axil_wstrb_i;
    end
  end

  logic [31:0] in_addr_q, in_bytes_q, out_addr_q, out_bytes_q, frames_q;
  logic [31:0] ones;  // bits written as 1
  logic        write_control, write_status;
  logic        irq_enable_d, irq_enable_q, done_d, done_q, error_d, error_q, irq_q;
  logic [2:0]  code_d, code_q;
  logic        start_q, abort_q;

  assign ones          = w_data_q & w_mask;
  assign write_control = write && aw_address_q == Control[11:2];
  assign write_status  = write && aw_address_q == Status[11:2];
  assign irq_enable_d  = (write_control && w_mask[IrqEnable]) ? ones[IrqEnable] : irq_enable_q;

  // A job that ends in the cycle of a clearing write is not lost.
  always_comb begin
    done_d  = done_i || (done_q && !start_q && !(write_status && ones[Done]));
    error_d = error_i || (error_q && !start_q && !(write_status && ones[Error]));
    code_d  = start_q ? '0 : code_q;
    if (error_i) code_d = error_code_i;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      irq_enable_q <= 1'b0;
      done_q       <= 1'b0;
      error_q      <= 1'b0;
      code_q       <= '0;
      irq_q        <= 1'b0;
      start_q      <= 1'b0;
      abort_q      <= 1'b0;
    end else begin
      irq_enable_q <= irq_enable_d;
      done_q       <= done_d;
      error_q      <= error_d;
      code_q       <= code_d;
      irq_q        <= irq_enable_d && (done_d || error_d);
      start_q      <= write_control && ones[Start] && !busy_i && !start_q;
      abort_q      <= write_control && ones[Abort] && busy_i;
    end
  end

  function automatic logic [31:0] merged(logic [31:0] old, logic [31:0] new_bits,
                                         logic [31:0] mask);
    return (old & ~mask) | new_bits;
  endfunction

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      in_addr_q   <= '0;
      in_bytes_q  <= '0;
      out_addr_q  <= '0;
      out_bytes_q <= '0;
      frames_q    <= '0;
    end else if (write && !busy_i && !start_q) begin
      unique case (aw_address_q)
        InAddr[11:2]:   in_addr_q   <= merged(in_addr_q, ones, w_mask);
        InBytes[11:2]:  in_bytes_q  <= merged(in_bytes_q, ones, w_mask);
        OutAddr[11:2]:  out_addr_q  <= merged(out_addr_q, ones, w_mask);
        OutBytes[11:2]: out_bytes_q <= merged(out_bytes_q, ones, w_mask);
        Frames[11:2]:   frames_q    <= merged(frames_q, ones, w_mask);
        default: ;
      endcase
    end
  end

  assign start_o     = start_q;
  assign abort_o     = abort_q;
  assign in_addr_o   = in_addr_q;
  assign in_bytes_o  = in_bytes_q;
  assign out_addr_o  = out_addr_q;
  assign out_bytes_o = out_bytes_q;
  assign frames_o    = frames_q;
  assign irq_o       = irq_q;

  ///////////
  // Reads //
  ///////////

  logic        r_valid_q, read;
  logic [31:0] r_data_d, r_data_q, status;

  assign s_axil_arready_o = !r_valid_q;
  assign s_axil_rvalid_o  = r_valid_q;
  assign s_axil_rdata_o   = r_data_q;
  assign s_axil_rresp_o   = 2'b00;
  assign read             = s_axil_arvalid_i && s_axil_arready_o;
  assign status           = {16'b0, 5'b0, code_q, 5'b0, error_q, done_q, busy_i || start_q};

  always_comb begin
    unique case (s_axil_araddr_i[11:2])
      Ident[11:2]:      r_data_d = IdentValue;
      Version[11:2]:    r_data_d = VersionValue;
      Network[11:2]:    r_data_d = NetworkId;
      Control[11:2]:    r_data_d = 32'(irq_enable_q) << IrqEnable;
      Status[11:2]:     r_data_d = status;
      InAddr[11:2]:     r_data_d = in_addr_q;
      InBytes[11:2]:    r_data_d = in_bytes_q;
      OutAddr[11:2]:    r_data_d = out_addr_q;
      OutBytes[11:2]:   r_data_d = out_bytes_q;
      Frames[11:2]:     r_data_d = frames_q;
      FramesDone[11:2]: r_data_d = frames_done_i;
      CyclesLo[11:2]:   r_data_d = cycles_i[31:0];
      CyclesHi[11:2]:   r_data_d = cycles_i[63:32];
      InStalls[11:2]:   r_data_d = in_stalls_i;
      OutStalls[11:2]:  r_data_d = out_stalls_i;
      default:          r_data_d = '0;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) r_valid_q <= 1'b0;
    else r_valid_q <= r_valid_q ? !s_axil_rready_i : s_axil_arvalid_i;
  end

  always_ff @(posedge clk_i) begin
    if (read) r_data_q <= r_data_d;
  end

  `ASSERT(ReadHeld, s_axil_rvalid_o && !s_axil_rready_i |=>
          s_axil_rvalid_o && $stable(s_axil_rdata_o))
  `ASSERT(ResponseHeld, s_axil_bvalid_o && !s_axil_bready_i |=> s_axil_bvalid_o)
  `ASSERT(StartsWhenIdle, start_o |-> !busy_i)

endmodule : rbonn_registers
