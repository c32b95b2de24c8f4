// SPDX-License-Identifier: BSD-3-Clause
//
// Pipelined dot product of SIMD inputs with SIMD weights; one of three datapaths:
//
//   Xnor                       popcount(~(w ^ x))                    0 .. SIMD
//   WeightWidth = 1, not Xnor  sum over i of (w[i] ? x[i] : -x[i])   no multiplier, no DSP
//   WeightWidth > 1            sum over i of w[i] * x[i]             w in two's complement
//
// The value is (negate_o ? -sum_o : sum_o), modulo 2^SumWidth; see rbonn_add_tree for the sign.
//
// The popcount is cut for LUTs of six inputs: three synapses are six bits, so each triple becomes a
// (sum, carry) pair in two LUTs with the XNOR inside; six triples' sums, and their carries, are
// counted by a 6:3 compressor of three LUTs each. That is one LUT a synapse for what leaves 6 bits
// of 18 synapses, after two LUT levels, and there it is registered.
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
  localparam int unsigned Group       = 18,    // synapses behind one pair of 6:3 compressors
  localparam int unsigned Groups      = (SIMD + Group - 1) / Group,
  localparam int unsigned Lanes       = Xnor ? 2 * Groups : SIMD,
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
    // Ones among six bits. In gates: an adder would be given a carry chain and not three LUTs.
    function automatic logic [2:0] count6(logic [5:0] b);
      logic s0, c0, s1, c1, k;
      s0 = ^b[2:0];
      c0 = (b[0] & b[1]) | (b[0] & b[2]) | (b[1] & b[2]);
      s1 = ^b[5:3];
      c1 = (b[3] & b[4]) | (b[3] & b[5]) | (b[4] & b[5]);
      k  = s0 & s1;
      return {(c0 & c1) | (c0 & k) | (c1 & k), c0 ^ c1 ^ k, s0 ^ s1};
    endfunction

    logic [Groups*Group-1:0] match;  // behind the last synapse: no match

    always_comb begin
      match           = '0;
      match[SIMD-1:0] = ~(w_i ^ x_i);
    end

    for (genvar g = 0; g < Groups; g++) begin : gen_group
      logic [5:0] sum, carry;
      for (genvar t = 0; t < 6; t++) begin : gen_triple
        logic [2:0] m;
        assign m        = match[g*Group+3*t +: 3];
        assign sum[t]   = ^m;
        assign carry[t] = (m[0] & m[1]) | (m[0] & m[2]) | (m[1] & m[2]);
      end
      always_ff @(posedge clk_i) begin
        leaf[2*g]   <= {1'b0, count6(sum)};
        leaf[2*g+1] <= {count6(carry), 1'b0};
      end
    end
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
