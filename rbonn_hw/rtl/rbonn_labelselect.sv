// SPDX-License-Identifier: BSD-3-Clause
//
// Label select (arg-max, top 1):
//
//   out = the least l with in[l] = max(in[0 .. Labels-1])
//
// A vector takes Labels / Pe beats in (II = 1) and gives one beat out. Each beat runs through a tree of
// comparators with a register per level; its winner meets the best one of the earlier beats. Both
// prefer the lower index when values are equal. Latency: clog2(Pe) + 1 cycles from the last beat.
// All registers move together: in_ready_o follows out_ready_i combinationally.
//
// Lane 0 is in the LSBs; beat f carries labels f*Pe .. f*Pe+Pe-1.
//
// Golden model: rbonn_hw/ref/labelselect.py.    Test: tests/rtl/test_labelselect.py.

`include "rbonn_assert.svh"

module rbonn_labelselect #(
  parameter  int unsigned Labels   = 10,  // elements of a vector
  parameter  int unsigned Pe       = 2,   // elements per beat, divides Labels
  parameter  int unsigned InWidth  = 8,   // an element, bits
  parameter  bit          InSigned = 1,   // elements are two's complement
  localparam int unsigned OutWidth = (Labels > 1) ? $clog2(Labels) : 1
) (
  input  logic                  clk_i,
  input  logic                  rst_i,   // synchronous, active high

  input  logic                  in_valid_i,
  output logic                  in_ready_o,
  input  logic [Pe*InWidth-1:0] in_data_i,

  output logic                  out_valid_o,
  input  logic                  out_ready_i,
  output logic [OutWidth-1:0]   out_data_o
);

  if (Pe == 0 || Labels % Pe != 0) begin : gen_bad_pe
    $error("Pe=%0d must divide Labels=%0d", Pe, Labels);
  end
  if (InWidth < 1) begin : gen_bad_in_width
    $error("InWidth=%0d must be at least 1", InWidth);
  end

  localparam int unsigned Levels = $clog2(Pe);

  typedef logic [InWidth-1:0]  value_t;
  typedef logic [OutWidth-1:0] label_t;

  // Two's complement compares like an unsigned number once its sign bit is inverted.
  localparam value_t SignBit = InSigned ? value_t'(1) << (InWidth - 1) : '0;

  logic advance, out_valid_q;

  assign advance     = !out_valid_q || out_ready_i;
  assign in_ready_o  = advance;
  assign out_valid_o = out_valid_q;

  //////////
  // Tree //
  //////////

  logic beat;  // the winner of a beat is at the root

  // Level l has a node for every 2**l lanes; `lanes` counts within those.
  for (genvar l = 0; l <= Levels; l++) begin : gen_level
    localparam int unsigned Nodes = (Pe + (1 << l) - 1) >> l;

    logic   valid;
    value_t values [Nodes];
    label_t lanes  [Nodes];

    if (l == 0) begin : gen_input
      assign valid = in_valid_i;
      for (genvar n = 0; n < Nodes; n++) begin : gen_node
        assign values[n] = in_data_i[n*InWidth +: InWidth] ^ SignBit;
        assign lanes[n]  = '0;
      end
    end else begin : gen_compare
      localparam int unsigned Below = (Pe + (1 << (l - 1)) - 1) >> (l - 1);

      always_ff @(posedge clk_i) begin
        if (rst_i) valid <= 1'b0;
        else if (advance) valid <= gen_level[l-1].valid;
      end

      for (genvar n = 0; n < Nodes; n++) begin : gen_node
        if (2 * n + 1 < Below) begin : gen_pair
          logic right;
          assign right = gen_level[l-1].values[2*n+1] > gen_level[l-1].values[2*n];
          always_ff @(posedge clk_i) begin
            if (advance) begin
              values[n] <= right ? gen_level[l-1].values[2*n+1] : gen_level[l-1].values[2*n];
              lanes[n]  <= right ? gen_level[l-1].lanes[2*n+1] | label_t'(1 << (l - 1))
                                 : gen_level[l-1].lanes[2*n];
            end
          end
        end else begin : gen_single
          always_ff @(posedge clk_i) begin
            if (advance) begin
              values[n] <= gen_level[l-1].values[2*n];
              lanes[n]  <= gen_level[l-1].lanes[2*n];
            end
          end
        end
      end
    end
  end

  assign beat = gen_level[Levels].valid;

  ///////////////////
  // Best of beats //
  ///////////////////

  logic   first, last, better;
  label_t base_d, base_q;  // label of lane 0 at the root
  label_t best_label_q;
  value_t best_value_q;

  assign first  = base_q == '0;
  assign last   = 32'(base_q) == Labels - Pe;
  assign better = first || gen_level[Levels].values[0] > best_value_q;
  assign base_d = last ? '0 : base_q + label_t'(Pe);

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      base_q      <= '0;
      out_valid_q <= 1'b0;
    end else if (advance) begin
      out_valid_q <= beat && last;
      if (beat) base_q <= base_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (advance && beat && better) begin
      best_value_q <= gen_level[Levels].values[0];
      best_label_q <= base_q + gen_level[Levels].lanes[0];
    end
  end

  assign out_data_o = best_label_q;

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))
  `ASSERT(LabelInRange, out_valid_o |-> 32'(out_data_o) < Labels)
  `ASSERT(BaseIsWholeBeats, 32'(base_q) % Pe == 0 && 32'(base_q) < Labels)

endmodule : rbonn_labelselect
