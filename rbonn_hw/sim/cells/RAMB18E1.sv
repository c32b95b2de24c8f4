// SPDX-License-Identifier: BSD-3-Clause
//
// RAMB18E1 for simulation: 18 kbit in TDP mode, or in SDP mode with a word of up to 36 bits that
// is spread over the data pins of both ports. Names are the vendor's. Output registers
// are not modelled and stop the elaboration.
//
// Source: Xilinx UG473, chapter 1. Test: tests/synth/test_netlist.py.

module RAMB18E1 #(
  parameter logic [255:0] INIT_00 = '0, INIT_01 = '0, INIT_02 = '0, INIT_03 = '0,
  parameter logic [255:0] INIT_04 = '0, INIT_05 = '0, INIT_06 = '0, INIT_07 = '0,
  parameter logic [255:0] INIT_08 = '0, INIT_09 = '0, INIT_0A = '0, INIT_0B = '0,
  parameter logic [255:0] INIT_0C = '0, INIT_0D = '0, INIT_0E = '0, INIT_0F = '0,
  parameter logic [255:0] INIT_10 = '0, INIT_11 = '0, INIT_12 = '0, INIT_13 = '0,
  parameter logic [255:0] INIT_14 = '0, INIT_15 = '0, INIT_16 = '0, INIT_17 = '0,
  parameter logic [255:0] INIT_18 = '0, INIT_19 = '0, INIT_1A = '0, INIT_1B = '0,
  parameter logic [255:0] INIT_1C = '0, INIT_1D = '0, INIT_1E = '0, INIT_1F = '0,
  parameter logic [255:0] INIT_20 = '0, INIT_21 = '0, INIT_22 = '0, INIT_23 = '0,
  parameter logic [255:0] INIT_24 = '0, INIT_25 = '0, INIT_26 = '0, INIT_27 = '0,
  parameter logic [255:0] INIT_28 = '0, INIT_29 = '0, INIT_2A = '0, INIT_2B = '0,
  parameter logic [255:0] INIT_2C = '0, INIT_2D = '0, INIT_2E = '0, INIT_2F = '0,
  parameter logic [255:0] INIT_30 = '0, INIT_31 = '0, INIT_32 = '0, INIT_33 = '0,
  parameter logic [255:0] INIT_34 = '0, INIT_35 = '0, INIT_36 = '0, INIT_37 = '0,
  parameter logic [255:0] INIT_38 = '0, INIT_39 = '0, INIT_3A = '0, INIT_3B = '0,
  parameter logic [255:0] INIT_3C = '0, INIT_3D = '0, INIT_3E = '0, INIT_3F = '0,
  parameter logic [255:0] INITP_00 = '0, INITP_01 = '0, INITP_02 = '0, INITP_03 = '0,
  parameter logic [255:0] INITP_04 = '0, INITP_05 = '0, INITP_06 = '0, INITP_07 = '0,
  parameter logic [17:0] INIT_A = '0, INIT_B = '0, SRVAL_A = '0, SRVAL_B = '0,
  parameter INIT_FILE = "NONE", RAM_MODE = "TDP",
  parameter SIM_COLLISION_CHECK = "ALL", SIM_DEVICE = "7SERIES",
  parameter RDADDR_COLLISION_HWCONFIG = "DELAYED_WRITE",
  parameter RSTREG_PRIORITY_A = "RSTREG", RSTREG_PRIORITY_B = "RSTREG",
  parameter WRITE_MODE_A = "WRITE_FIRST", WRITE_MODE_B = "WRITE_FIRST",
  parameter int unsigned DOA_REG = 0, DOB_REG = 0,
  parameter int unsigned READ_WIDTH_A = 0, READ_WIDTH_B = 0,
  parameter int unsigned WRITE_WIDTH_A = 0, WRITE_WIDTH_B = 0,
  parameter bit IS_CLKARDCLK_INVERTED = 0, IS_CLKBWRCLK_INVERTED = 0,
  parameter bit IS_ENARDEN_INVERTED = 0, IS_ENBWREN_INVERTED = 0,
  parameter bit IS_RSTRAMARSTRAM_INVERTED = 0, IS_RSTRAMB_INVERTED = 0,
  parameter bit IS_RSTREGARSTREG_INVERTED = 0, IS_RSTREGB_INVERTED = 0
) (
  input  logic        CLKARDCLK,
  input  logic        CLKBWRCLK,
  input  logic        ENARDEN,
  input  logic        ENBWREN,
  input  logic        REGCEAREGCE,
  input  logic        REGCEB,
  input  logic        RSTRAMARSTRAM,
  input  logic        RSTRAMB,
  input  logic        RSTREGARSTREG,
  input  logic        RSTREGB,
  input  logic [13:0] ADDRARDADDR,
  input  logic [13:0] ADDRBWRADDR,
  input  logic [15:0] DIADI,
  input  logic [15:0] DIBDI,
  input  logic [1:0]  DIPADIP,
  input  logic [1:0]  DIPBDIP,
  input  logic [1:0]  WEA,
  input  logic [3:0]  WEBWE,
  output logic [15:0] DOADO,
  output logic [15:0] DOBDO,
  output logic [1:0]  DOPADOP,
  output logic [1:0]  DOPBDOP
);

  if (DOA_REG != 0 || DOB_REG != 0) begin : gen_registers
    $error("DOA_REG=%0d, DOB_REG=%0d: output registers are not modelled", DOA_REG, DOB_REG);
  end
  localparam bit WideRead  = RAM_MODE == "SDP" && READ_WIDTH_A == 36;
  localparam bit WideWrite = RAM_MODE == "SDP" && WRITE_WIDTH_B == 36;

  // {parity, data} of a word of 18 bits, or of two of them, at the positions of the widest port.
  function automatic logic [71:0] spread(logic [17:0] low, logic [17:0] high);
    spread = '0;
    spread[15:0]     = low[15:0];
    spread[31:16]    = high[15:0];
    spread[64+:2]     = low[16+:2];
    spread[66+:2]     = high[16+:2];
  endfunction

  logic [63:0] a_data, b_data;
  logic [7:0]  a_parity, b_parity;

  rbonn_block_ram #(
    .DataBits(16384),
    .ReadWidthA(READ_WIDTH_A),
    .ReadWidthB(READ_WIDTH_B),
    .WriteWidthA(WRITE_WIDTH_A),
    .WriteWidthB(WRITE_WIDTH_B),
    .WriteModeA(WRITE_MODE_A),
    .WriteModeB(WRITE_MODE_B),
    .Data({
      INIT_3F, INIT_3E, INIT_3D, INIT_3C, INIT_3B, INIT_3A, INIT_39, INIT_38,
      INIT_37, INIT_36, INIT_35, INIT_34, INIT_33, INIT_32, INIT_31, INIT_30,
      INIT_2F, INIT_2E, INIT_2D, INIT_2C, INIT_2B, INIT_2A, INIT_29, INIT_28,
      INIT_27, INIT_26, INIT_25, INIT_24, INIT_23, INIT_22, INIT_21, INIT_20,
      INIT_1F, INIT_1E, INIT_1D, INIT_1C, INIT_1B, INIT_1A, INIT_19, INIT_18,
      INIT_17, INIT_16, INIT_15, INIT_14, INIT_13, INIT_12, INIT_11, INIT_10,
      INIT_0F, INIT_0E, INIT_0D, INIT_0C, INIT_0B, INIT_0A, INIT_09, INIT_08,
      INIT_07, INIT_06, INIT_05, INIT_04, INIT_03, INIT_02, INIT_01, INIT_00
    }),
    .Parity({
      INITP_07, INITP_06, INITP_05, INITP_04, INITP_03, INITP_02, INITP_01, INITP_00
    })
  ) u_memory (
    .a_clk_i(CLKARDCLK ^ IS_CLKARDCLK_INVERTED),
    .a_enable_i(ENARDEN ^ IS_ENARDEN_INVERTED),
    .a_address_i(ADDRARDADDR[13:0]),
    .a_data_i(64'(DIADI)),
    .a_parity_i(8'(DIPADIP)),
    .a_write_i(8'(WEA)),
    .a_rst_i(RSTRAMARSTRAM ^ IS_RSTRAMARSTRAM_INVERTED),
    .a_reset_i(spread(SRVAL_A, WideRead ? SRVAL_B : '0)),
    .a_initial_i(spread(INIT_A, WideRead ? INIT_B : '0)),
    .a_data_o(a_data),
    .a_parity_o(a_parity),
    .b_clk_i(CLKBWRCLK ^ IS_CLKBWRCLK_INVERTED),
    .b_enable_i(ENBWREN ^ IS_ENBWREN_INVERTED),
    .b_address_i(ADDRBWRADDR[13:0]),
    .b_data_i(WideWrite ? 64'({DIBDI, DIADI}) : 64'(DIBDI)),
    .b_parity_i(WideWrite ? 8'({DIPBDIP, DIPADIP}) : 8'(DIPBDIP)),
    .b_write_i(8'(WEBWE)),
    .b_rst_i(RSTRAMB ^ IS_RSTRAMB_INVERTED),
    .b_reset_i(spread(SRVAL_B, '0)),
    .b_initial_i(spread(INIT_B, '0)),
    .b_data_o(b_data),
    .b_parity_o(b_parity)
  );

  assign DOADO   = a_data[15:0];
  assign DOPADOP = a_parity[1:0];
  assign DOBDO   = WideRead ? a_data[31:16] : b_data[15:0];
  assign DOPBDOP = WideRead ? a_parity[3:2] : b_parity[1:0];

endmodule : RAMB18E1
