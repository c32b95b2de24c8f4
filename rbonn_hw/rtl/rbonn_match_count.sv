// SPDX-License-Identifier: BSD-3-Clause
//
// First stage of an XNOR popcount: SIMD synapses to 2 * ceil(SIMD / 18) numbers with the same sum,
//
//   sum over l of lanes_o[l] (one cycle later) = popcount(~(w_i ^ x_i))
//
// Cut for LUTs of six inputs: three synapses are six bits, so each triple becomes a (sum, carry)
// pair in two LUTs with the XNOR inside; six triples' sums, and their carries, are counted by a 6:3
// compressor of three LUTs each. That is one LUT a synapse for what leaves 6 bits of 18 synapses.
//
// Registered between the two: of both at once a mapper makes other functions, the parity of 18
// synapses for one, which share nothing. The compressors' LUT stands before the adders behind.
//
// Group g counts synapses g, Groups + g, .., 17 * Groups + g: lane 2*g their sums, lane 2*g+1 twice
// their carries; so a simulator computes all groups by operations on whole words. Element 0 and lane
// 0 are in the LSBs. A bit is bipolar: 1 = +1, 0 = -1.
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

  // Synapse s of group g is bit s * Groups + g, so that all groups are computed by the same words.
  typedef logic [Groups-1:0] across_t;

  // Carries of full adders.
  function automatic across_t majority(across_t a, across_t b, across_t c);
    return (a & b) | (a & c) | (b & c);
  endfunction

  // Ones among six bits. In gates: an adder would be given a carry chain and not three LUTs.
  function automatic logic [2:0][Groups-1:0] count6(logic [5:0][Groups-1:0] b);
    across_t low, high, carry;
    low   = majority(b[0], b[1], b[2]);
    high  = majority(b[3], b[4], b[5]);
    carry = (b[0] ^ b[1] ^ b[2]) & (b[3] ^ b[4] ^ b[5]);
    return {majority(low, high, carry), low ^ high ^ carry, b[0] ^ b[1] ^ b[2] ^ b[3] ^ b[4] ^ b[5]};
  endfunction

  logic [Group-1:0][Groups-1:0] match;  // behind the last synapse: no match
  logic [5:0][Groups-1:0] sum, carry;
  logic [5:0][Groups-1:0] sum_q, carry_q;
  logic [2:0][Groups-1:0] ones, twos;

  always_comb begin
    logic [Group*Groups-1:0] wide;
    wide           = '0;
    wide[SIMD-1:0] = ~(w_i ^ x_i);
    match          = wide;
    for (int unsigned t = 0; t < 6; t++) begin
      sum[t]   = match[3*t] ^ match[3*t+1] ^ match[3*t+2];
      carry[t] = majority(match[3*t], match[3*t+1], match[3*t+2]);
    end
  end

  always_ff @(posedge clk_i) begin
    sum_q   <= sum;
    carry_q <= carry;
  end

  assign ones = count6(sum_q);
  assign twos = count6(carry_q);

  for (genvar g = 0; g < Groups; g++) begin : gen_group
    assign lanes_o[2*g]   = {1'b0, ones[2][g], ones[1][g], ones[0][g]};
    assign lanes_o[2*g+1] = {twos[2][g], twos[1][g], twos[0][g], 1'b0};
  end

endmodule : rbonn_match_count
