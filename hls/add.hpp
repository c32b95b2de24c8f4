// SPDX-License-Identifier: BSD-3-Clause
//
// Element-wise sum of two streams, where a shortcut joins its branch: the twin of
// rbonn_hw/rtl/rbonn_add.sv.
//
// Test: tests/hls/test_add.py.

#ifndef RBONN_HLS_ADD_HPP_
#define RBONN_HLS_ADD_HPP_

#include "fields.hpp"

namespace rbonn {

// Parameters of rbonn_add.sv, under their names there.
template <unsigned PE_, unsigned In0Bits_, bool In0Signed_, unsigned In1Bits_, bool In1Signed_,
          unsigned OutBits_, unsigned Factor0_, unsigned Factor1_>
struct AddConfig {
  static_assert(PE_ >= 1 && Factor0_ >= 1 && Factor1_ >= 1, "PE and factors must be at least 1");
  static_assert(OutBits_ > In0Bits_ && OutBits_ > In1Bits_, "OutBits must exceed the inputs'");

  static constexpr unsigned PE = PE_;
  static constexpr int Factor0 = Factor0_, Factor1 = Factor1_;

  using Input0 = Integer<In0Bits_, In0Signed_>;
  using Input1 = Integer<In1Bits_, In1Signed_>;
  using Sum = Integer<OutBits_, In0Signed_ || In1Signed_>;
  using In0Word = ap_uint<PE_ * In0Bits_>;
  using In1Word = ap_uint<PE_ * In1Bits_>;
  using OutWord = ap_uint<PE_ * OutBits_>;
};

// Takes and gives `Beats` beats a frame, a beat a cycle.
template <typename C, unsigned Beats>
void Add(unsigned frames, hls::stream<typename C::In0Word>& in0,
         hls::stream<typename C::In1Word>& in1, hls::stream<typename C::OutWord>& out) {
  for (unsigned beat = 0; beat < frames * Beats; ++beat) {
#pragma HLS PIPELINE II=1
    const typename C::In0Word a = in0.read();
    const typename C::In1Word b = in1.read();
    typename C::OutWord sums = 0;
    for (unsigned pe = 0; pe < C::PE; ++pe) {
#pragma HLS UNROLL
      const typename C::Sum sum = C::Factor0 * Field<typename C::Input0>(a, pe) +
                                  C::Factor1 * Field<typename C::Input1>(b, pe);
      SetField(sums, pe, sum);
    }
    out.write(sums);
  }
}

}  // namespace rbonn

#endif  // RBONN_HLS_ADD_HPP_
