// SPDX-License-Identifier: BSD-3-Clause
// The vectors of AVX-512, as lanes.hpp wants them. Included within a namespace.

using Vector = __m512i;

inline Vector load_vector(const void* from) { return _mm512_loadu_si512(from); }
inline void store_vector(void* to, Vector value) { _mm512_storeu_si512(to, value); }
inline Vector zeros() { return _mm512_setzero_si512(); }
inline Vector everywhere(uint64_t word) { return _mm512_set1_epi64(static_cast<long long>(word)); }
inline Vector differ(Vector a, Vector b) { return _mm512_xor_si512(a, b); }
inline Vector odd(Vector a, Vector b, Vector c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
inline Vector most(Vector a, Vector b, Vector c) { return _mm512_ternarylogic_epi64(a, b, c, 0xe8); }

// Ones of every byte.
inline Vector ones_of_bytes(Vector bits) {
  const __m512i table = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
  const __m512i low = _mm512_set1_epi8(15);
  const __m512i first = _mm512_shuffle_epi8(table, _mm512_and_si512(bits, low));
  const __m512i second = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(bits, 4), low));
  return _mm512_add_epi8(first, second);
}

inline Vector add_bytes(Vector a, Vector b) { return _mm512_add_epi8(a, b); }
inline Vector add_words(Vector a, Vector b) { return _mm512_add_epi64(a, b); }
inline Vector add_ints(Vector a, Vector b) { return _mm512_add_epi32(a, b); }
inline Vector sum_bytes(Vector a) { return _mm512_sad_epu8(a, zeros()); }
inline Vector int_everywhere(int32_t value) { return _mm512_set1_epi32(value); }
inline Vector multiply_pairs(Vector a, Vector b) { return _mm512_madd_epi16(a, b); }

// Adds 1 where a sum reaches its threshold.
inline Vector count_one(Vector count, Vector sums, Vector thresholds) {
  return _mm512_mask_add_epi32(count, _mm512_cmpge_epi32_mask(sums, thresholds), count, _mm512_set1_epi32(1));
}

inline void store_totals(const Vector* totals, int32_t* sums) {
  for (int64_t part = 0; part < kGroup / 8; ++part) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + part * 8), _mm512_cvtepi64_epi32(totals[part]));
  }
}

// Bits of `sums >= thresholds`, one for each 32-bit lane.
inline uint64_t reached_lanes(Vector sums, Vector thresholds) { return _mm512_cmpge_epi32_mask(sums, thresholds); }
