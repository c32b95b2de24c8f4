// SPDX-License-Identifier: BSD-3-Clause
//
// Fork: every input beat goes to each of the outputs; the twin of rbonn_hw/rtl/rbonn_duplicate.sv.
//
// Test: tests/hls/test_duplicate.py.

#ifndef RBONN_HLS_DUPLICATE_HPP_
#define RBONN_HLS_DUPLICATE_HPP_

#include "fields.hpp"

namespace rbonn {

// Parameters of rbonn_duplicate.sv, under their names there.
template <unsigned Width_, unsigned Copies_>
struct DuplicateConfig {
  static_assert(Copies_ >= 2 && Copies_ <= 8, "Copies must lie in 2 .. 8");

  static constexpr unsigned Copies = Copies_;
  using Word = ap_uint<Width_>;
};

// Takes `Beats` beats a frame and gives as many on each output, a beat a cycle.
template <typename C, unsigned Beats, typename... Outputs>
void Duplicate(unsigned frames, hls::stream<typename C::Word>& in, Outputs&... outs) {
  static_assert(sizeof...(Outputs) == C::Copies, "one output for each copy");
  for (unsigned beat = 0; beat < frames * Beats; ++beat) {
#pragma HLS PIPELINE II=1
    const typename C::Word word = in.read();
    // A call for each output; C++14 has no fold expressions.
    const int written[] = {(outs.write(word), 0)...};
    (void)written;
  }
}

}  // namespace rbonn

#endif  // RBONN_HLS_DUPLICATE_HPP_
