// SPDX-License-Identifier: BSD-3-Clause
// The vectors of AVX2, as lanes.hpp wants them. Included within a namespace.

using Vector = __m256i;

inline Vector load_vector(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }
inline void store_vector(void* to, Vector value) { _mm256_storeu_si256(static_cast<__m256i*>(to), value); }
inline Vector zeros() { return _mm256_setzero_si256(); }
inline Vector everywhere(uint64_t word) { return _mm256_set1_epi64x(static_cast<long long>(word)); }
inline Vector differ(Vector a, Vector b) { return _mm256_xor_si256(a, b); }
inline Vector odd(Vector a, Vector b, Vector c) { return differ(differ(a, b), c); }

inline Vector most(Vector a, Vector b, Vector c) {
  return _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(differ(a, b), c));
}

// Ones of every byte.
inline Vector ones_of_bytes(Vector bits) {
  const __m256i table = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
  const __m256i low = _mm256_set1_epi8(15);
  const __m256i first = _mm256_shuffle_epi8(table, _mm256_and_si256(bits, low));
  const __m256i second = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bits, 4), low));
  return _mm256_add_epi8(first, second);
}

inline Vector add_bytes(Vector a, Vector b) { return _mm256_add_epi8(a, b); }
inline Vector add_words(Vector a, Vector b) { return _mm256_add_epi64(a, b); }
inline Vector add_ints(Vector a, Vector b) { return _mm256_add_epi32(a, b); }
inline Vector sum_bytes(Vector a) { return _mm256_sad_epu8(a, zeros()); }
inline Vector int_everywhere(int32_t value) { return _mm256_set1_epi32(value); }
inline Vector multiply_pairs(Vector a, Vector b) { return _mm256_madd_epi16(a, b); }

// Adds 1 where a sum reaches its threshold.
inline Vector count_one(Vector count, Vector sums, Vector thresholds) {
  return _mm256_add_epi32(_mm256_add_epi32(count, _mm256_set1_epi32(1)), _mm256_cmpgt_epi32(thresholds, sums));
}

inline void store_totals(const Vector* totals, int32_t* sums) {
  const __m256i even = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
  for (int64_t part = 0; part < kGroup / 4; ++part) {
    const __m128i lanes = _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(totals[part], even));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums + part * 4), lanes);
  }
}

// Bits of `sums >= thresholds`, one for each 32-bit lane.
inline uint64_t reached_lanes(Vector sums, Vector thresholds) {
  const __m256i below = _mm256_cmpgt_epi32(thresholds, sums);
  return 0xffu & ~static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(below)));
}
