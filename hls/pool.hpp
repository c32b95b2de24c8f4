// SPDX-License-Identifier: BSD-3-Clause
//
// Maximum or sum over windows that tile the map: the twin of rbonn_hw/rtl/rbonn_pool.sv.
//
// Test: tests/hls/test_pool.py.

#ifndef RBONN_HLS_POOL_HPP_
#define RBONN_HLS_POOL_HPP_

#include "fields.hpp"

namespace rbonn {

// Parameters of rbonn_pool.sv, under their names there.
template <bool Sum_, unsigned PE_, unsigned Fold_, unsigned Width_, unsigned KernelH_,
          unsigned KernelW_, unsigned InBits_, bool InSigned_, unsigned OutBits_, bool BlockRam_>
struct PoolConfig {
  static_assert(PE_ >= 1 && Fold_ >= 1 && KernelH_ >= 1, "sizes must be at least 1");
  static_assert(KernelW_ >= 1 && Width_ % KernelW_ == 0, "KernelW must divide Width");
  static_assert(Sum_ ? OutBits_ >= InBits_ : OutBits_ == InBits_, "OutBits must hold the result");

  static constexpr bool Sum = Sum_;
  static constexpr unsigned PE = PE_, Fold = Fold_, Columns = Width_ / KernelW_;
  static constexpr unsigned KernelH = KernelH_, KernelW = KernelW_;

  using Input = Integer<InBits_, InSigned_>;
  using Result = Integer<OutBits_, InSigned_>;
  using InWord = ap_uint<PE_ * InBits_>;
  using OutWord = ap_uint<PE_ * OutBits_>;
};

// The elements of a beat as wide as results.
template <typename C>
typename C::OutWord Widened(const typename C::InWord& word) {
#pragma HLS INLINE
  typename C::OutWord wide = 0;
  for (unsigned pe = 0; pe < C::PE; ++pe) {
#pragma HLS UNROLL
    SetField(wide, pe, typename C::Result(Field<typename C::Input>(word, pe)));
  }
  return wide;
}

// Maximum or sum of what was `before` and what comes; what comes alone at the `first`.
template <typename C>
typename C::OutWord Combine(const typename C::OutWord& before, const typename C::OutWord& next,
                            bool first) {
#pragma HLS INLINE
  typename C::OutWord combined = 0;
  for (unsigned pe = 0; pe < C::PE; ++pe) {
#pragma HLS UNROLL
    const auto a = Field<typename C::Result>(before, pe);
    const auto b = Field<typename C::Result>(next, pe);
    typename C::Result result = b;
    if (!first && C::Sum) result = a + b;
    if (!first && !C::Sum && a > b) result = a;
    SetField(combined, pe, result);
  }
  return combined;
}

// Takes `WindowRows` rows of windows a frame, a beat a cycle.
template <typename C, unsigned WindowRows>
void Pool(unsigned frames, hls::stream<typename C::InWord>& in,
          hls::stream<typename C::OutWord>& out) {
  // Results so far: of this row of the window in registers, of the rows above in a row buffer, which
  // is met once a window and fold.
  typename C::OutWord pixels[C::Fold];
#pragma HLS ARRAY_PARTITION variable=pixels complete dim=1
  typename C::OutWord rows[C::Columns * C::Fold];

  constexpr unsigned kBeats = WindowRows * C::KernelH * C::Columns * C::KernelW * C::Fold;
  unsigned fold = 0, kx = 0, column = 0, ky = 0;
  for (unsigned beat = 0; beat < frames * kBeats; ++beat) {
#pragma HLS PIPELINE II=1
    const typename C::OutWord pixel =
        Combine<C>(pixels[fold], Widened<C>(in.read()), kx == 0);
    pixels[fold] = pixel;
    if (kx == C::KernelW - 1) {
      const unsigned place = column * C::Fold + fold;
      const typename C::OutWord window = Combine<C>(rows[place], pixel, ky == 0);
      rows[place] = window;
      if (ky == C::KernelH - 1) out.write(window);
    }
    if (++fold == C::Fold) {
      fold = 0;
      if (++kx == C::KernelW) {
        kx = 0;
        if (++column == C::Columns) {
          column = 0;
          if (++ky == C::KernelH) ky = 0;
        }
      }
    }
  }
}

}  // namespace rbonn

#endif  // RBONN_HLS_POOL_HPP_
