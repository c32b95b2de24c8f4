// SPDX-License-Identifier: BSD-3-Clause
//
// Multi-threshold: the twin of rbonn_hw/rtl/rbonn_threshold.sv, with its formula and memories.
//
// Test: tests/hls/test_threshold.py.

#ifndef RBONN_HLS_THRESHOLD_HPP_
#define RBONN_HLS_THRESHOLD_HPP_

#include "fields.hpp"

namespace rbonn {

// Binary search among the sorted thresholds of `Lanes_` channels at a time, `Folds_` times.
template <unsigned Folds_, unsigned Lanes_, unsigned Steps_, unsigned InWidth_, bool InSigned_,
          unsigned OutWidth_, int OutBias_>
struct Search {
  static constexpr unsigned Lanes = Lanes_, InWidth = InWidth_;
  static constexpr bool InSigned = InSigned_;
  static constexpr int OutBias = OutBias_;
  static constexpr unsigned Stages = CeilLog2(Steps_ + 1);
  // A memory without thresholds still has a row.
  static constexpr unsigned Rows = Stages ? Folds_ << (Stages - 1) : 1;

  using Offset = ap_uint<InWidth_>;
  using Threshold = ap_uint<InWidth_ + 1>;
  using Row = ap_uint<Stages ? Stages * Lanes_ * (InWidth_ + 1) : 1>;
  using Count = ap_uint<OutWidth_>;
};

// OutBias plus the number of thresholds that `bits` reaches; counted from the greatest value
// downwards where `flip` is set.
template <typename S>
typename S::Count Reached(typename S::Offset bits, bool flip, unsigned fold, unsigned lane,
                          const typename S::Row (&thresholds)[S::Rows]) {
#pragma HLS INLINE
  // From two's complement to the distance from the least value, or to the greatest one.
  if (S::InSigned) bits[S::InWidth - 1] = !bits[S::InWidth - 1];
  if (flip) bits = ~bits;
  unsigned prefix = 0;
  for (unsigned stage = 0; stage < S::Stages; ++stage) {
#pragma HLS UNROLL
    const typename S::Row row = thresholds[(fold << stage) | prefix];
    const bool reached =
        bits >= Field<typename S::Threshold>(row, stage * S::Lanes + lane);
    prefix = (prefix << 1) | (reached ? 1 : 0);
  }
  return typename S::Count(static_cast<int>(prefix) + S::OutBias);
}

// Parameters of rbonn_threshold.sv, under their names there.
template <unsigned Channels_, unsigned Pe_, unsigned Steps_, unsigned InWidth_, unsigned OutWidth_,
          bool InSigned_, bool Flip_, int OutBias_>
struct ThresholdConfig {
  static_assert(Pe_ >= 1 && Channels_ % Pe_ == 0, "Pe must divide Channels");
  static_assert(Steps_ >= 1 && Steps_ <= 255, "Steps must lie in 1 .. 255");

  static constexpr unsigned Pe = Pe_, Folds = Channels_ / Pe_;
  static constexpr bool Flip = Flip_;

  using Unit = Search<Folds, Pe_, Steps_, InWidth_, InSigned_, OutWidth_, OutBias_>;
  using Input = typename Unit::Offset;
  using InWord = ap_uint<Pe_ * InWidth_>;
  using OutWord = ap_uint<Pe_ * OutWidth_>;
  using ThresholdRow = typename Unit::Row;
  using FlipRow = ap_uint<Pe_>;
  static constexpr unsigned ThresholdRows = Unit::Rows;
};

// Takes and gives `Vectors` vectors a frame, a beat a cycle.
template <typename C, unsigned Vectors>
void Threshold(unsigned frames, hls::stream<typename C::InWord>& in,
               hls::stream<typename C::OutWord>& out,
               const typename C::ThresholdRow (&thresholds)[C::ThresholdRows],
               const typename C::FlipRow (&flips)[C::Folds]) {
  // Each lane and stage of the search reads a row of its own in the same cycle.
#pragma HLS ARRAY_PARTITION variable=thresholds complete dim=1
  unsigned fold = 0;
  for (unsigned beat = 0; beat < frames * Vectors * C::Folds; ++beat) {
#pragma HLS PIPELINE II=1
    const typename C::InWord word = in.read();
    const typename C::FlipRow flip = flips[fold];
    typename C::OutWord counts = 0;
    for (unsigned lane = 0; lane < C::Pe; ++lane) {
#pragma HLS UNROLL
      SetField(counts, lane,
               Reached<typename C::Unit>(Field<typename C::Input>(word, lane),
                                         C::Flip && flip[lane], fold, lane, thresholds));
    }
    out.write(counts);
    if (++fold == C::Folds) fold = 0;
  }
}

template <typename C, unsigned Vectors>
void Threshold(unsigned frames, hls::stream<typename C::InWord>& in,
               hls::stream<typename C::OutWord>& out,
               const typename C::ThresholdRow (&thresholds)[C::ThresholdRows]) {
  static_assert(!C::Flip, "Flip needs the flip bits");
  static const typename C::FlipRow kNone[C::Folds] = {};
  Threshold<C, Vectors>(frames, in, out, thresholds, kNone);
}

}  // namespace rbonn

#endif  // RBONN_HLS_THRESHOLD_HPP_
