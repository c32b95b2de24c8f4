// SPDX-License-Identifier: BSD-3-Clause
//
// Data width converter: the same elements, OutLanes instead of InLanes a beat, in the same order; the
// twin of rbonn_hw/rtl/rbonn_dwc.sv.
//
// Test: tests/hls/test_dwc.py.

#ifndef RBONN_HLS_DWC_HPP_
#define RBONN_HLS_DWC_HPP_

#include "fields.hpp"

namespace rbonn {

// Parameters of rbonn_dwc.sv, under their names there.
template <unsigned InLanes_, unsigned OutLanes_, unsigned LaneBits_>
struct DwcConfig {
  static_assert(InLanes_ >= 1 && OutLanes_ >= 1 && LaneBits_ >= 1, "sizes must be at least 1");

  static constexpr unsigned InWidth = InLanes_ * LaneBits_, OutWidth = OutLanes_ * LaneBits_;
  static constexpr unsigned Ratio = InLanes_ / Gcd(InLanes_, OutLanes_) * OutLanes_;
  static constexpr unsigned Gathered = Ratio / InLanes_, Scattered = Ratio / OutLanes_;

  using InWord = ap_uint<InWidth>;
  using OutWord = ap_uint<OutWidth>;
  using WideWord = ap_uint<Ratio * LaneBits_>;
};

// Takes and gives `Words` wide words a frame: words of the least common multiple of both widths. The
// wide word is complete with its last input beat and leaves from then on.
template <typename C, unsigned Words>
void Dwc(unsigned frames, hls::stream<typename C::InWord>& in,
         hls::stream<typename C::OutWord>& out) {
  typename C::WideWord gathered = 0, leaving = 0;
  unsigned taken = 0, left = 0, words = 0;
  while (words < frames * Words || left != 0) {
#pragma HLS PIPELINE II=1
    // A complete word moves on when the last part of the one before it has left.
    if (left != 0) {
      out.write(leaving.range(C::OutWidth - 1, 0));
      leaving >>= C::OutWidth;
      --left;
    }
    if (words < frames * Words && taken != C::Gathered) {
      const typename C::InWord word = in.read();
      gathered.range((taken + 1) * C::InWidth - 1, taken * C::InWidth) = word;
      ++taken;
    }
    if (taken == C::Gathered && left == 0) {
      leaving = gathered;
      left = C::Scattered;
      taken = 0;
      ++words;
    }
  }
}

}  // namespace rbonn

#endif  // RBONN_HLS_DWC_HPP_
