// SPDX-License-Identifier: BSD-3-Clause
//
// Pipelined tree that adds or subtracts its lanes:
//
//   (negate_o ? -sum_o : sum_o) = sum over i of (negate_i[i] ? -lanes_i[i] : lanes_i[i])
//
// A node never negates, it defers: s*a + t*b = s * (a + s*t*b) for signs s, t, so it adds when the
// signs of its two branches agree, subtracts when they differ, and hands on the sign of the first.
// That is one carry chain a node, complement in its LUTs (written as "? a - b : a + b" Yosys
// would spend an inverter a bit); a conditional negation a lane would be another. The sign that is
// left over is for the accumulator behind, which adds or subtracts at no cost either. Lanes whose
// negate_i is a constant 0 cost nothing for it.
//
// No handshake, II = 1, latency ceil(Levels / 2) cycles: every second level is registered, the last
// one always, so that no path has more than two carry chains in a row (meant for 150 MHz; no
// vendor's timing analysis has been run).
//
// Lane 0 is in the LSBs. With Signed = 0 no lane may be negated.
//
// Test: tests/rtl/test_dot.py.

module rbonn_add_tree #(
  parameter  int unsigned Lanes    = 6,     // values to add
  parameter  int unsigned Width    = 4,     // of a lane, bits
  parameter  bit          Signed   = 1'b1,  // lanes and sum are two's complement
  localparam int unsigned Levels   = $clog2(Lanes),
  localparam int unsigned SumWidth = Width + Levels
) (
  input  logic                        clk_i,
  input  logic [Lanes-1:0][Width-1:0] lanes_i,
  input  logic [Lanes-1:0]            negate_i,
  output logic [SumWidth-1:0]         sum_o,
  output logic                        negate_o
);

  if (Lanes < 1 || Width < 1) begin : gen_bad_size
    $error("Lanes=%0d and Width=%0d must be at least 1", Lanes, Width);
  end

  if (Levels == 0) begin : gen_no_register
    logic unused_clk;
    assign unused_clk = clk_i;
  end

  // Level l holds ceil(Lanes / 2^l) nodes, each one bit wider than those of level l-1: exact.
  for (genvar l = 0; l <= Levels; l++) begin : gen_level
    localparam int unsigned Nodes     = (Lanes + (1 << l) - 1) >> l;
    localparam int unsigned NodeWidth = Width + l;

    logic [Nodes-1:0][NodeWidth-1:0] node;
    logic [Nodes-1:0]                negate;

    if (l == 0) begin : gen_leaves
      assign node   = lanes_i;
      assign negate = negate_i;
    end else begin : gen_nodes
      localparam int unsigned Children = (Lanes + (1 << (l - 1)) - 1) >> (l - 1);

      logic [Nodes-1:0][NodeWidth-1:0] node_d;
      logic [Nodes-1:0]                negate_d;

      for (genvar i = 0; i < Nodes; i++) begin : gen_node
        logic [NodeWidth-2:0] left;
        logic [NodeWidth-1:0] a;

        assign left        = gen_level[l-1].node[2*i];
        assign a           = {Signed & left[NodeWidth-2], left};
        assign negate_d[i] = gen_level[l-1].negate[2*i];

        if (2 * i + 1 < Children) begin : gen_add
          logic [NodeWidth-2:0] right;
          logic [NodeWidth-1:0] b;
          logic                 subtract;

          assign right     = gen_level[l-1].node[2*i+1];
          assign b         = {Signed & right[NodeWidth-2], right};
          assign subtract  = negate_d[i] != gen_level[l-1].negate[2*i+1];
          assign node_d[i] = a + (b ^ {NodeWidth{subtract}}) + NodeWidth'(subtract);
        end else begin : gen_pass
          assign node_d[i] = a;
        end
      end

      if ((Levels - l) % 2 == 0) begin : gen_register
        always_ff @(posedge clk_i) begin
          node   <= node_d;
          negate <= negate_d;
        end
      end else begin : gen_wire
        assign node   = node_d;
        assign negate = negate_d;
      end
    end
  end

  assign sum_o    = gen_level[Levels].node[0];
  assign negate_o = gen_level[Levels].negate[0];

endmodule : rbonn_add_tree
