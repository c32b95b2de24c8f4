// SPDX-License-Identifier: BSD-3-Clause
//
// Matrix-vector unit with optional multi-threshold activation for Vitis HLS: the twin of
// rbonn_hw/rtl/rbonn_mvau.sv. Formulas, stream words and memory words are those of the RTL's header,
// so that the same files feed both.
//
// Test: tests/hls/test_mvau.py.

#ifndef RBONN_HLS_MVAU_HPP_
#define RBONN_HLS_MVAU_HPP_

#include "threshold.hpp"

namespace rbonn {

// Parameters of rbonn_mvau.sv, under their names there, and what follows from them. BlockRom is the
// binding of the weights' table, which is outside.
template <unsigned MW_, unsigned MH_, unsigned PE_, unsigned SIMD_, unsigned InWidth_,
          bool InSigned_, unsigned WeightWidth_, bool Xnor_, unsigned AccWidth_, bool AccSigned_,
          unsigned Steps_, unsigned OutWidth_, int OutBias_, bool BlockRom_>
struct MvauConfig {
  static_assert(SIMD_ >= 1 && MW_ % SIMD_ == 0, "SIMD must divide MW");
  static_assert(PE_ >= 1 && MH_ % PE_ == 0, "PE must divide MH");
  static_assert(!Xnor_ || (InWidth_ == 1 && WeightWidth_ == 1), "Xnor needs widths of one bit");
  static_assert(Steps_ > 0 || OutWidth_ == AccWidth_, "OutWidth must be AccWidth without steps");

  static constexpr unsigned PE = PE_, SIMD = SIMD_, WeightWidth = WeightWidth_;
  static constexpr unsigned Steps = Steps_, AccWidth = AccWidth_;
  static constexpr bool Xnor = Xnor_;

  static constexpr unsigned SynapseFold = MW_ / SIMD_;
  static constexpr unsigned NeuronFold = MH_ / PE_;
  static constexpr unsigned Tiles = SynapseFold * NeuronFold;

  using Unit = Search<NeuronFold, PE_, Steps_, AccWidth_, AccSigned_, OutWidth_, OutBias_>;
  using Input = Integer<InWidth_, InSigned_>;
  using Weight = Integer<WeightWidth_, (WeightWidth_ > 1)>;
  using Accumulator = Integer<AccWidth_, AccSigned_>;
  using Result = ap_uint<OutWidth_>;
  using InWord = ap_uint<SIMD_ * InWidth_>;
  using OutWord = ap_uint<PE_ * OutWidth_>;
  using WeightRow = ap_uint<PE_ * SIMD_ * WeightWidth_>;
  using ThresholdRow = typename Unit::Row;
  static constexpr unsigned ThresholdRows = Unit::Rows;
};

// What neuron `pe` of this beat adds to its accumulator.
template <typename C>
typename C::Accumulator Dot(const typename C::InWord& inputs, const typename C::WeightRow& weights,
                            unsigned pe) {
#pragma HLS INLINE
  typename C::Accumulator sum = 0;
  for (unsigned i = 0; i < C::SIMD; ++i) {
#pragma HLS UNROLL
    const auto x = Field<typename C::Input>(inputs, i);
    const auto w = Field<typename C::Weight>(weights, pe * C::SIMD + i);
    if (C::Xnor) {
      sum += x[0] == w[0] ? 1 : 0;
    } else if (C::WeightWidth > 1) {
      sum += w * x;
    } else if (w[0]) {
      sum += x;
    } else {
      sum -= x;
    }
  }
  return sum;
}

// The accumulator's bits, or with steps what its thresholds make of it.
template <typename C>
typename C::Result Activate(const typename C::Accumulator& acc, unsigned neuron_fold, unsigned pe,
                            const typename C::ThresholdRow (&thresholds)[C::ThresholdRows]) {
#pragma HLS INLINE
  const ap_uint<C::AccWidth> bits = acc.range(C::AccWidth - 1, 0);
  if (C::Steps == 0) return bits;
  return Reached<typename C::Unit>(bits, false, neuron_fold, pe, thresholds);
}

// Takes and gives `Vectors` vectors a frame, a tile of the matrix a cycle.
template <typename C, unsigned Vectors>
void Mvau(unsigned frames, hls::stream<typename C::InWord>& in,
          hls::stream<typename C::OutWord>& out, const typename C::WeightRow (&weights)[C::Tiles],
          const typename C::ThresholdRow (&thresholds)[C::ThresholdRows]) {
  // Each lane and stage of the search reads a row of its own in the same cycle.
#pragma HLS ARRAY_PARTITION variable=thresholds complete dim=1
  typename C::InWord vector[C::SynapseFold];
#pragma HLS BIND_STORAGE variable=vector type=ram_2p impl=lutram
  typename C::Accumulator acc[C::PE];
#pragma HLS ARRAY_PARTITION variable=acc complete dim=1

  unsigned sf = 0, nf = 0, tile = 0;
  for (unsigned beat = 0; beat < frames * Vectors * C::Tiles; ++beat) {
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
      SetField(result, pe, Activate<C>(acc[pe], nf, pe, thresholds));
    }
    ++tile;
    if (++sf == C::SynapseFold) {
      out.write(result);
      sf = 0;
      if (++nf == C::NeuronFold) nf = tile = 0;
    }
  }
}

template <typename C, unsigned Vectors>
void Mvau(unsigned frames, hls::stream<typename C::InWord>& in,
          hls::stream<typename C::OutWord>& out, const typename C::WeightRow (&weights)[C::Tiles]) {
  static_assert(C::Steps == 0, "Steps need their thresholds");
  static const typename C::ThresholdRow kNone[C::ThresholdRows] = {};
  Mvau<C, Vectors>(frames, in, out, weights, kNone);
}

}  // namespace rbonn

#endif  // RBONN_HLS_MVAU_HPP_
