// SPDX-License-Identifier: BSD-3-Clause
//
// Matrix-vector unit with optional multi-threshold activation for Vitis HLS: the twin of
// rbonn_hw/rtl/rbonn_mvau.sv. Formulas, stream words and memory words are those of the RTL's header,
// so that the same files feed both. Compiles with g++ against the ap_types headers, C++14.
//
// Test: tests/hls/test_mvau.py.

#ifndef RBONN_HLS_MVAU_HPP_
#define RBONN_HLS_MVAU_HPP_

#include <type_traits>

#include "ap_int.h"
#include "hls_stream.h"

namespace rbonn {

constexpr unsigned CeilLog2(unsigned n) { return n <= 1 ? 0 : 1 + CeilLog2((n + 1) / 2); }

template <unsigned Bits, bool Signed>
using Integer = typename std::conditional<Signed, ap_int<Bits>, ap_uint<Bits>>::type;

// Parameters of rbonn_mvau.sv, under their names there, and what follows from them.
template <unsigned MW_, unsigned MH_, unsigned PE_, unsigned SIMD_, unsigned InWidth_,
          bool InSigned_, unsigned WeightWidth_, bool Xnor_, unsigned AccWidth_, bool AccSigned_,
          unsigned Steps_, unsigned OutWidth_, int OutBias_>
struct MvauConfig {
  static_assert(SIMD_ >= 1 && MW_ % SIMD_ == 0, "SIMD must divide MW");
  static_assert(PE_ >= 1 && MH_ % PE_ == 0, "PE must divide MH");
  static_assert(!Xnor_ || (InWidth_ == 1 && WeightWidth_ == 1), "Xnor needs widths of one bit");
  static_assert(Steps_ > 0 || OutWidth_ == AccWidth_, "OutWidth must be AccWidth without steps");

  static constexpr unsigned PE = PE_, SIMD = SIMD_, InWidth = InWidth_, WeightWidth = WeightWidth_;
  static constexpr unsigned AccWidth = AccWidth_, Steps = Steps_, OutWidth = OutWidth_;
  static constexpr bool Xnor = Xnor_, AccSigned = AccSigned_;
  static constexpr int OutBias = OutBias_;

  static constexpr unsigned SynapseFold = MW_ / SIMD_;
  static constexpr unsigned NeuronFold = MH_ / PE_;
  static constexpr unsigned Tiles = SynapseFold * NeuronFold;
  // Comparisons of the search among thresholds; a memory without thresholds still has a row.
  static constexpr unsigned Stages = CeilLog2(Steps_ + 1);
  static constexpr unsigned ThresholdRows = Stages ? NeuronFold << (Stages - 1) : 1;
  static constexpr unsigned ThresholdWidth = AccWidth_ + 1;

  using Input = Integer<InWidth_, InSigned_>;
  using Weight = Integer<WeightWidth_, (WeightWidth_ > 1)>;
  using Accumulator = Integer<AccWidth_, AccSigned_>;
  using InWord = ap_uint<SIMD_ * InWidth_>;
  using OutWord = ap_uint<PE_ * OutWidth_>;
  using WeightRow = ap_uint<PE_ * SIMD_ * WeightWidth_>;
  using ThresholdRow = ap_uint<Stages ? Stages * PE_ * ThresholdWidth : 1>;
};

// Field `index` of a word of `Bits`-bit fields.
template <unsigned Bits, typename Word>
ap_uint<Bits> Field(const Word& word, unsigned index) {
#pragma HLS INLINE
  return word.range((index + 1) * Bits - 1, index * Bits);
}

// What neuron `pe` of this beat adds to its accumulator.
template <typename C>
typename C::Accumulator Dot(const typename C::InWord& inputs, const typename C::WeightRow& weights,
                            unsigned pe) {
#pragma HLS INLINE
  typename C::Accumulator sum = 0;
  for (unsigned i = 0; i < C::SIMD; ++i) {
#pragma HLS UNROLL
    const ap_uint<C::InWidth> x_bits = Field<C::InWidth>(inputs, i);
    const ap_uint<C::WeightWidth> w_bits = Field<C::WeightWidth>(weights, pe * C::SIMD + i);
    typename C::Input x;
    typename C::Weight w;
    x.range(C::InWidth - 1, 0) = x_bits;
    w.range(C::WeightWidth - 1, 0) = w_bits;
    if (C::Xnor) {
      sum += x_bits[0] == w_bits[0] ? 1 : 0;
    } else if (C::WeightWidth > 1) {
      sum += w * x;
    } else if (w_bits[0]) {
      sum += x;
    } else {
      sum -= x;
    }
  }
  return sum;
}

// OutBias plus the number of thresholds that `acc` reaches; `acc` itself if there are none. The
// search and its tables are those of rbonn_threshold.sv.
template <typename C>
ap_uint<C::OutWidth> Activate(const typename C::Accumulator& acc, unsigned neuron_fold, unsigned pe,
                              const typename C::ThresholdRow (&thresholds)[C::ThresholdRows]) {
#pragma HLS INLINE
  ap_uint<C::AccWidth> offset = acc.range(C::AccWidth - 1, 0);
  if (C::Steps == 0) return offset;
  // From two's complement to the distance from the least value.
  if (C::AccSigned) offset[C::AccWidth - 1] = !offset[C::AccWidth - 1];
  unsigned prefix = 0;
  for (unsigned stage = 0; stage < C::Stages; ++stage) {
#pragma HLS UNROLL
    const typename C::ThresholdRow row = thresholds[(neuron_fold << stage) | prefix];
    const ap_uint<C::ThresholdWidth> threshold = Field<C::ThresholdWidth>(row, stage * C::PE + pe);
    prefix = (prefix << 1) | (offset >= threshold ? 1 : 0);
  }
  return ap_uint<C::OutWidth>(static_cast<int>(prefix) + C::OutBias);
}

// Takes `vectors` input vectors and gives as many output vectors, a beat a cycle.
template <typename C>
void Mvau(hls::stream<typename C::InWord>& in, hls::stream<typename C::OutWord>& out,
          const typename C::WeightRow (&weights)[C::Tiles],
          const typename C::ThresholdRow (&thresholds)[C::ThresholdRows], unsigned vectors) {
  // Each lane and stage of the search reads a row of its own in the same cycle.
#pragma HLS ARRAY_PARTITION variable=thresholds complete dim=1
  typename C::InWord vector[C::SynapseFold];
#pragma HLS BIND_STORAGE variable=vector type=ram_2p impl=lutram
  typename C::Accumulator acc[C::PE];
#pragma HLS ARRAY_PARTITION variable=acc complete dim=1

  unsigned sf = 0, nf = 0, tile = 0;
  for (unsigned beat = 0; beat < vectors * C::Tiles; ++beat) {
#pragma HLS PIPELINE II=1
    typename C::InWord operand;
    if (nf == 0) {
      operand = in.read();
      vector[sf] = operand;
    } else {
      operand = vector[sf];
    }
    const typename C::WeightRow row = weights[tile];
    typename C::OutWord result = 0;
    for (unsigned pe = 0; pe < C::PE; ++pe) {
#pragma HLS UNROLL
      const typename C::Accumulator base = sf == 0 ? typename C::Accumulator(0) : acc[pe];
      acc[pe] = base + Dot<C>(operand, row, pe);
      result.range((pe + 1) * C::OutWidth - 1, pe * C::OutWidth) =
          Activate<C>(acc[pe], nf, pe, thresholds);
    }
    ++tile;
    if (++sf == C::SynapseFold) {
      out.write(result);
      sf = 0;
      if (++nf == C::NeuronFold) nf = tile = 0;
    }
  }
}

}  // namespace rbonn

#endif  // RBONN_HLS_MVAU_HPP_
