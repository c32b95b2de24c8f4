// SPDX-License-Identifier: BSD-3-Clause
//
// One of every kind of cell that our kernels are mapped to: a product, a sum, registers set and
// cleared by reset, a shift register, memories in LUTs and in blocks, a table in LUTs.
//
// Test: tests/synth/test_flat_netlist.py.

module accelerator (
  input             clk_i,
  input             rst_i,
  input      [17:0] a_i,
  input      [17:0] b_i,
  input             write_i,
  output reg [35:0] product_o,
  output reg [31:0] sum_o,
  output reg [7:0]  set_o,
  output reg        five_o,
  output reg        six_o,
  output            late_o,
  output     [3:0]  table_o,
  output     [17:0] word_o,
  output     [3:0]  short_o,
  output     [71:0] wide_o,
  output     [8:0]  narrow_o
);

  reg [17:0] a, b;
  reg [8:0]  shift;
  reg [5:0]  write_at, read_at;

  always @(posedge clk_i) begin
    a         <= a_i;
    b         <= b_i;
    product_o <= $signed(a) * $signed(b);
    sum_o     <= rst_i ? 32'd0 : sum_o + {14'd0, a ^ b};
    set_o     <= rst_i ? 8'hff : set_o & a[7:0];
    five_o    <= (a[0] & b[0]) ^ (a[1] | b[1]) ^ (a[0] & a[2]);
    six_o     <= (a[3] & b[3]) ^ (a[4] | b[4]) ^ (a[5] & ~b[5]);
    shift     <= {shift[7:0], ~a[0]};
    write_at  <= rst_i ? 6'd0 : write_at + {5'd0, write_i};
    read_at   <= a_i[5:0];
  end

  assign late_o = shift[8];

  reg [17:0] words [0:63];
  reg [3:0]  shorts [0:31];

  always @(posedge clk_i) if (write_i) words[write_at] <= a;
  always @(posedge clk_i) if (write_i) shorts[write_at[4:0]] <= b[3:0];

  assign word_o  = words[read_at];
  assign short_o = shorts[read_at[4:0]];

  rbonn_rom #(.Width(4), .Depth(256), .Block(0), .File("table.mem")) u_table (
    .clk_i(clk_i), .addr_i(a_i[7:0]), .data_o(table_o)
  );

  (* ram_style = "block" *) reg [71:0] wide [0:511];
  (* ram_style = "block" *) reg [8:0]  narrow [0:2047];
  reg [71:0] wide_q;
  reg [8:0]  narrow_q;

  always @(posedge clk_i) begin
    if (write_i) wide[a[8:0]] <= {4{a}};
    wide_q <= wide[b[8:0]];
  end

  always @(posedge clk_i) begin
    if (write_i) narrow[a[10:0]] <= b[8:0];
    narrow_q <= narrow[b[10:0]];
  end

  assign wide_o   = wide_q;
  assign narrow_o = narrow_q;

endmodule
