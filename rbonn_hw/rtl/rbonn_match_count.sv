// SPDX-License-Identifier: BSD-3-Clause
//
// First stage of an XNOR popcount: SIMD synapses to 2 * ceil(SIMD / 18) numbers with the same sum,
//
//   sum over l of lanes_o[l] (one cycle later) = popcount(~(w_i ^ x_i))
//
// Cut for LUTs of six inputs: three synapses are six bits, so each triple becomes a (sum, carry)
// pair in two LUTs with the XNOR inside; six triples' sums, and their carries, are counted by a 6:3
// compressor of three LUTs each. That is one LUT a synapse for what leaves 6 bits of 18 synapses,
// after two LUT levels.
//
// Lane 2*g counts the sums of synapses 18*g .. 18*g+17, lane 2*g+1 twice their carries; element 0
// and lane 0 are in the LSBs. A bit is bipolar: 1 = +1, 0 = -1.
//
// Test: tests/rtl/test_dot.py.

module rbonn_match_count #(
  parameter  int unsigned SIMD   = 32,
  localparam int unsigned Group  = 18,
  localparam int unsigned Groups = (SIMD + Group - 1) / Group
) (
  input  logic                     clk_i,
  input  logic [SIMD-1:0]          x_i,
  input  logic [SIMD-1:0]          w_i,
  output logic [2*Groups-1:0][3:0] lanes_o
);

  if (SIMD < 1) begin : gen_bad_simd
    $error("SIMD=%0d must be at least 1", SIMD);
  end

  // Carry of a full adder.
  function automatic logic majority(logic [2:0] b);
    return (b[0] & b[1]) | (b[0] & b[2]) | (b[1] & b[2]);
  endfunction

  // Ones among six bits. In gates: an adder would be given a carry chain and not three LUTs.
  function automatic logic [2:0] count6(logic [5:0] b);
    logic low, high, carry;
    low   = majority(b[2:0]);
    high  = majority(b[5:3]);
    carry = (^b[2:0]) & (^b[5:3]);
    return {majority({low, high, carry}), low ^ high ^ carry, ^b};
  endfunction

  logic [Groups*Group-1:0] match;  // behind the last synapse: no match

  always_comb begin
    match           = '0;
    match[SIMD-1:0] = ~(w_i ^ x_i);
  end

  for (genvar g = 0; g < Groups; g++) begin : gen_group
    logic [5:0] sum, carry;

    for (genvar t = 0; t < 6; t++) begin : gen_triple
      assign sum[t]   = ^match[g*Group+3*t +: 3];
      assign carry[t] = majority(match[g*Group+3*t +: 3]);
    end

    always_ff @(posedge clk_i) begin
      lanes_o[2*g]   <= {1'b0, count6(sum)};
      lanes_o[2*g+1] <= {count6(carry), 1'b0};
    end
  end

endmodule : rbonn_match_count
