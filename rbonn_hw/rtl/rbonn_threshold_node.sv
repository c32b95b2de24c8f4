// SPDX-License-Identifier: BSD-3-Clause
//
// One step of one lane's binary search among sorted thresholds:
//
//   count_o = {prefix_i, value_i >= T[fold_i][prefix_i]} + OutBias
//
// Latency: 1 cycle, or 2 when `RegisterRom` gives the table a cycle of its own; then it is a block
// RAM, or LUTs if `LogicRom` says so (attributes as in rbonn_rom). Everything moves when `en_i` is
// high and holds otherwise.
//
// The table is column `Column` (field of InWidth + 1 bits) of the memory file; its row is
// (fold << Stage) | prefix. Only that column is read, and of it the rows that this address reaches:
// synthesis keeps no more (ours by rom_trim.py).
//
// Used by rbonn_threshold.    Test: tests/rtl/test_threshold_node.py.

module rbonn_threshold_node #(
  parameter int unsigned InWidth     = 8,   // value, unsigned, bits
  parameter int unsigned FoldWidth   = 1,   // fold_i, bits
  parameter int unsigned PrefixWidth = 2,   // all steps of the search, bits
  parameter int unsigned Stage       = 0,   // steps already taken, 0 .. PrefixWidth - 1
  parameter int unsigned Rows        = 2,   // rows of the memory file
  parameter int unsigned Columns     = 2,   // fields of a row
  parameter int unsigned Column      = 0,   // the field of this node
  parameter bit          RegisterRom = 0,   // 1: a cycle for the table, a cycle to compare
  parameter bit          LogicRom    = 0,   // 1: its table in LUTs
  parameter int unsigned OutWidth    = PrefixWidth,  // count_o, bits; the last step may have more
  parameter int          OutBias     = 0,   // of the last step
  parameter              File        = "thresholds.mem"
) (
  input  logic                   clk_i,
  input  logic                   en_i,
  input  logic [FoldWidth-1:0]   fold_i,
  input  logic [InWidth-1:0]     value_i,
  input  logic [PrefixWidth-1:0] prefix_i,
  output logic [InWidth-1:0]     value_o,
  output logic [OutWidth-1:0]    count_o
);

  if (Stage >= PrefixWidth) begin : gen_bad_stage
    $error("Stage=%0d must be below PrefixWidth=%0d", Stage, PrefixWidth);
  end
  if (Column >= Columns) begin : gen_bad_column
    $error("Column=%0d must be below Columns=%0d", Column, Columns);
  end

  localparam int unsigned Width    = InWidth + 1;  // holds 2**InWidth, which no value reaches
  localparam int unsigned RowWidth = (Rows > 1) ? $clog2(Rows) : 1;

  typedef logic [RowWidth-1:0] row_t;

  row_t                   row;
  logic [Width-1:0]       threshold;  // aligned with value and prefix
  logic [InWidth-1:0]     value;
  logic [PrefixWidth-1:0] prefix;

  assign row = (row_t'(fold_i) << Stage) | row_t'(prefix_i);

  if (!RegisterRom) begin : gen_direct_rom
    logic [Columns*Width-1:0] rows [Rows];
    initial $readmemh(File, rows);

    assign threshold = rows[row][Column*Width +: Width];
    assign value     = value_i;
    assign prefix    = prefix_i;
  end else begin : gen_registered_rom
    always_ff @(posedge clk_i) begin
      if (en_i) begin
        value  <= value_i;
        prefix <= prefix_i;
      end
    end

    if (LogicRom) begin : gen_logic
      (* logic_block = 1, rom_style = "distributed" *)
      logic [Columns*Width-1:0] rows [Rows];
      initial $readmemh(File, rows);
      always_ff @(posedge clk_i) if (en_i) threshold <= rows[row][Column*Width +: Width];
    end else begin : gen_block
      (* ram_style = "block", rom_style = "block" *)
      logic [Columns*Width-1:0] rows [Rows];
      initial $readmemh(File, rows);
      always_ff @(posedge clk_i) if (en_i) threshold <= rows[row][Column*Width +: Width];
    end
  end

  always_ff @(posedge clk_i) begin
    if (en_i) begin
      value_o <= value;
      count_o <= OutWidth'({prefix, {1'b0, value} >= threshold}) + OutWidth'(OutBias);
    end
  end

endmodule : rbonn_threshold_node
