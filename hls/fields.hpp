// SPDX-License-Identifier: BSD-3-Clause
//
// Integers and fields of stream and memory words: field 0 is in the LSBs, as in rbonn_hw/rtl.

#ifndef RBONN_HLS_FIELDS_HPP_
#define RBONN_HLS_FIELDS_HPP_

#include <type_traits>

#include "ap_int.h"
#include "hls_stream.h"

namespace rbonn {

constexpr unsigned CeilLog2(unsigned n) { return n <= 1 ? 0 : 1 + CeilLog2((n + 1) / 2); }

constexpr unsigned Greatest(unsigned a, unsigned b) { return a > b ? a : b; }

constexpr unsigned Gcd(unsigned a, unsigned b) { return b == 0 ? a : Gcd(b, a % b); }

template <unsigned Bits, bool Signed>
using Integer = typename std::conditional<Signed, ap_int<Bits>, ap_uint<Bits>>::type;

// Field `index` of a word of fields as wide as `T`.
template <typename T, typename Word>
T Field(const Word& word, unsigned index) {
#pragma HLS INLINE
  T value;
  value.range(T::width - 1, 0) = word.range((index + 1) * T::width - 1, index * T::width);
  return value;
}

template <typename T, typename Word>
void SetField(Word& word, unsigned index, const T& value) {
#pragma HLS INLINE
  word.range((index + 1) * T::width - 1, index * T::width) = value.range(T::width - 1, 0);
}

}  // namespace rbonn

#endif  // RBONN_HLS_FIELDS_HPP_
