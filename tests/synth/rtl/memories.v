// SPDX-License-Identifier: BSD-3-Clause
//
// An accelerator that is all block RAM: FIFOs side by side, one for each shape that a block takes,
// then tables that exclusive-or what they hold into the word. A frame is one beat of 137 bits.
//
// Test: tests/synth/test_netlist.py.

module accelerator (
  input          ap_clk,
  input          ap_rst_n,
  input  [143:0] s_axis_0_tdata,
  input          s_axis_0_tvalid,
  output         s_axis_0_tready,
  output [143:0] m_axis_0_tdata,
  output         m_axis_0_tvalid,
  input          m_axis_0_tready
);

  wire [4:0]   in_ready, out_valid;
  wire         in_fire, out_fire, take;
  wire [136:0] word, next;
  wire [35:0]  wide;
  wire [3:0]   narrow;
  reg  [136:0] held;
  reg          full, pending;
  reg  [3:0]   column;

  // All FIFOs move together, so that the deepest is the last to be full.
  assign s_axis_0_tready = &in_ready;
  assign in_fire         = s_axis_0_tvalid && s_axis_0_tready;
  assign take            = !pending && (!full || m_axis_0_tready);
  assign out_fire        = take && (&out_valid);

  rbonn_fifo #(.Width(72), .Depth(512), .BlockRam(1)) u_72 (
    .clk_i(ap_clk), .rst_i(!ap_rst_n), .in_valid_i(in_fire), .in_ready_o(in_ready[0]),
    .in_data_i(s_axis_0_tdata[71:0]), .out_valid_o(out_valid[0]), .out_ready_i(out_fire),
    .out_data_o(word[71:0])
  );
  rbonn_fifo #(.Width(36), .Depth(512), .BlockRam(1)) u_36 (
    .clk_i(ap_clk), .rst_i(!ap_rst_n), .in_valid_i(in_fire), .in_ready_o(in_ready[1]),
    .in_data_i(s_axis_0_tdata[107:72]), .out_valid_o(out_valid[1]), .out_ready_i(out_fire),
    .out_data_o(word[107:72])
  );
  rbonn_fifo #(.Width(18), .Depth(1024), .BlockRam(1)) u_18 (
    .clk_i(ap_clk), .rst_i(!ap_rst_n), .in_valid_i(in_fire), .in_ready_o(in_ready[2]),
    .in_data_i(s_axis_0_tdata[125:108]), .out_valid_o(out_valid[2]), .out_ready_i(out_fire),
    .out_data_o(word[125:108])
  );
  rbonn_fifo #(.Width(9), .Depth(2048), .BlockRam(1)) u_9 (
    .clk_i(ap_clk), .rst_i(!ap_rst_n), .in_valid_i(in_fire), .in_ready_o(in_ready[3]),
    .in_data_i(s_axis_0_tdata[134:126]), .out_valid_o(out_valid[3]), .out_ready_i(out_fire),
    .out_data_o(word[134:126])
  );
  rbonn_fifo #(.Width(2), .Depth(8192), .BlockRam(1)) u_2 (
    .clk_i(ap_clk), .rst_i(!ap_rst_n), .in_valid_i(in_fire), .in_ready_o(in_ready[4]),
    .in_data_i(s_axis_0_tdata[136:135]), .out_valid_o(out_valid[4]), .out_ready_i(out_fire),
    .out_data_o(word[136:135])
  );

  // A table reads the address of the word that the register will hold, and answers a cycle after it.
  assign next = out_fire ? word : held;
  rbonn_rom #(.Width(36), .Depth(1024), .Block(1), .File("wide.mem")) u_wide (
    .clk_i(ap_clk), .addr_i(next[9:0]), .data_o(wide)
  );
  rbonn_rom #(.Width(4), .Depth(4096), .Block(1), .File("narrow.mem")) u_narrow (
    .clk_i(ap_clk), .addr_i(next[83:72]), .data_o(narrow)
  );

  // One column of the first half of a table, as a stage of rbonn_threshold reads it.
  (* ram_style = "block", rom_style = "block" *)
  reg [35:0] rows [0:1023];
  initial $readmemh("wide.mem", rows);
  always @(posedge ap_clk) column <= rows[{1'b0, next[116:108]}][12:9];

  always @(posedge ap_clk) begin
    held <= next;
    pending <= ap_rst_n && out_fire;
    if (!ap_rst_n) full <= 1'b0;
    else if (pending) full <= 1'b1;
    else if (m_axis_0_tready) full <= 1'b0;
  end

  assign m_axis_0_tvalid = full;
  assign m_axis_0_tdata  = {7'b0, held} ^ {108'b0, wide} ^ {104'b0, narrow, 36'b0}
                         ^ {100'b0, column, 40'b0};

endmodule
