// SPDX-License-Identifier: BSD-3-Clause
//
// Label select (arg-max, the least of equals): the twin of rbonn_hw/rtl/rbonn_labelselect.sv.
//
// Test: tests/hls/test_labelselect.py.

#ifndef RBONN_HLS_LABELSELECT_HPP_
#define RBONN_HLS_LABELSELECT_HPP_

#include "fields.hpp"

namespace rbonn {

// Parameters of rbonn_labelselect.sv, under their names there.
template <unsigned Labels_, unsigned Pe_, unsigned InWidth_, bool InSigned_>
struct LabelselectConfig {
  static_assert(Pe_ >= 1 && Labels_ % Pe_ == 0, "Pe must divide Labels");

  static constexpr unsigned Pe = Pe_, Folds = Labels_ / Pe_;

  using Input = Integer<InWidth_, InSigned_>;
  using Label = ap_uint<Greatest(CeilLog2(Labels_), 1)>;
  using InWord = ap_uint<Pe_ * InWidth_>;
  using OutWord = Label;
};

// Takes `Vectors` vectors a frame, a beat a cycle, and gives a label for each.
template <typename C, unsigned Vectors>
void Labelselect(unsigned frames, hls::stream<typename C::InWord>& in,
                 hls::stream<typename C::OutWord>& out) {
  typename C::Input best = 0;
  typename C::Label label = 0;
  unsigned fold = 0;
  for (unsigned beat = 0; beat < frames * Vectors * C::Folds; ++beat) {
#pragma HLS PIPELINE II=1
    const typename C::InWord word = in.read();
    for (unsigned lane = 0; lane < C::Pe; ++lane) {
#pragma HLS UNROLL
      const auto value = Field<typename C::Input>(word, lane);
      if ((fold == 0 && lane == 0) || value > best) {
        best = value;
        label = fold * C::Pe + lane;
      }
    }
    if (++fold == C::Folds) {
      out.write(label);
      fold = 0;
    }
  }
}

}  // namespace rbonn

#endif  // RBONN_HLS_LABELSELECT_HPP_
