// SPDX-License-Identifier: BSD-3-Clause
//
// Pipelined dot product of SIMD inputs with SIMD weights; one of three datapaths:
//
//   Xnor                       popcount(~(w ^ x))                    0 .. SIMD
//   WeightWidth = 1, not Xnor  sum over i of (w[i] ? x[i] : -x[i])   no multiplier, no DSP
//   WeightWidth > 1            sum over i of w[i] * x[i]             w in two's complement
//
// The value is (negate_o ? -sum_o : sum_o), modulo 2^SumWidth; see rbonn_add_tree for the sign and
// rbonn_match_count for the popcount.
//
// No handshake, II = 1, latency Stages [cycles]. Element 0 is in the LSBs.
//
// Golden model: rbonn_hw/ref/mvau.py.    Test: tests/rtl/test_dot.py.

module rbonn_dot #(
  parameter  int unsigned SIMD        = 32,
  parameter  int unsigned InWidth     = 1,     // of an input, bits
  parameter  bit          InSigned    = 1'b0,
  parameter  int unsigned WeightWidth = 1,     // of a weight, bits; 1: bit 1 is +1, bit 0 is -1
  parameter  bit          Xnor        = 1'b1,  // inputs are bipolar as well; needs both widths 1
  parameter  int unsigned SumWidth    = 8,     // of the result, bits; may be less than exact
  parameter  int unsigned Stages      = 2,     // must be what the datapath takes; checked
  localparam int unsigned Lanes       = Xnor ? 2 * ((SIMD + 17) / 18) : SIMD,
  localparam int unsigned LaneWidth   = Xnor ? 4 :
                                        (WeightWidth > 1) ? InWidth + WeightWidth :
                                        InSigned ? InWidth : InWidth + 1,
  localparam int unsigned LeafStages  = (Xnor || WeightWidth > 1) ? 1 : 0
) (
  input  logic                             clk_i,
  input  logic [SIMD-1:0][InWidth-1:0]     x_i,
  input  logic [SIMD-1:0][WeightWidth-1:0] w_i,
  output logic [SumWidth-1:0]              sum_o,
  output logic                             negate_o
);

  if (Xnor && (InWidth != 1 || WeightWidth != 1)) begin : gen_bad_xnor
    $error("Xnor needs InWidth=%0d and WeightWidth=%0d to be 1", InWidth, WeightWidth);
  end
  if (Stages != LeafStages + ($clog2(Lanes) + 1) / 2) begin : gen_bad_stages
    $error("Stages=%0d must be %0d", Stages, LeafStages + ($clog2(Lanes) + 1) / 2);
  end

  logic [Lanes-1:0][LaneWidth-1:0] leaf;
  logic [Lanes-1:0]                negate;

  if (Xnor) begin : gen_xnor
    rbonn_match_count #(
      .SIMD(SIMD)
    ) u_match_count (
      .clk_i,
      .x_i,
      .w_i,
      .lanes_o(leaf)
    );
    assign negate = '0;
  end else begin : gen_integer
    for (genvar i = 0; i < SIMD; i++) begin : gen_lane
      logic [LaneWidth-1:0] x;
      assign x = LaneWidth'($signed({InSigned & x_i[i][InWidth-1], x_i[i]}));
      if (WeightWidth == 1) begin : gen_sign
        assign leaf[i]   = x;
        assign negate[i] = !w_i[i][0];
      end else begin : gen_product
        always_ff @(posedge clk_i) leaf[i] <= $signed(x) * LaneWidth'($signed(w_i[i]));
        assign negate[i] = 1'b0;
      end
    end
  end

  logic [LaneWidth+$clog2(Lanes)-1:0] sum;
  logic                               unused_sum;  // high bits, if SumWidth is less than exact
  assign unused_sum = ^sum;

  rbonn_add_tree #(
    .Lanes (Lanes),
    .Width (LaneWidth),
    .Signed(!Xnor)
  ) u_tree (
    .clk_i,
    .lanes_i (leaf),
    .negate_i(negate),
    .sum_o   (sum),
    .negate_o
  );

  if (Xnor) begin : gen_unsigned_sum
    assign sum_o = SumWidth'(sum);
  end else begin : gen_signed_sum
    assign sum_o = SumWidth'($signed(sum));
  end

endmodule : rbonn_dot
