// SPDX-License-Identifier: BSD-3-Clause
// The inner loops of portable.hpp in vectors, a neuron in each lane. Included within a namespace.

constexpr int64_t kLanes = sizeof(Vector) / 8;   // of 64 bits
constexpr int64_t kParts = kGroup / kLanes;      // vectors of a word of all neurons
constexpr int64_t kIntParts = kParts / 2;        // vectors of a 32-bit number of all neurons

#ifdef RBONN_COUNTS_WORDS

inline void count_differences(const uint64_t* x, const uint64_t* weights, int64_t count, int32_t* sums) {
  Vector totals[kParts];
  for (auto& total : totals) total = zeros();
  for (int64_t k = 0; k < count; ++k) {
    const Vector word = everywhere(x[k]);
    for (int64_t part = 0; part < kParts; ++part) {
      const Vector bits = differ(word, load_vector(weights + k * kGroup + part * kLanes));
      totals[part] = add_words(totals[part], _mm512_popcnt_epi64(bits));
    }
  }
  store_totals(totals, sums);
}

#else

// Ones of every byte of seven words, added up: full adders leave three words to be counted.
inline Vector ones_of_seven(const Vector* words) {
  const Vector a = odd(words[0], words[1], words[2]), b = odd(words[3], words[4], words[5]);
  const Vector first = most(words[0], words[1], words[2]), second = most(words[3], words[4], words[5]);
  const Vector third = most(a, b, words[6]);
  const Vector single = ones_of_bytes(odd(a, b, words[6]));
  const Vector twice = ones_of_bytes(odd(first, second, third));
  const Vector four = ones_of_bytes(most(first, second, third));
  const Vector half = add_bytes(twice, add_bytes(four, four));
  return add_bytes(single, add_bytes(half, half));
}

inline Vector ones_of_three(const Vector* words) {
  const Vector twice = ones_of_bytes(most(words[0], words[1], words[2]));
  return add_bytes(ones_of_bytes(odd(words[0], words[1], words[2])), add_bytes(twice, twice));
}

inline Vector differences(const uint64_t* x, const uint64_t* weights) {
  return differ(everywhere(*x), load_vector(weights));
}

// Ones of every byte of up to 28 words, which a byte holds.
inline Vector ones_of_some(const uint64_t* x, const uint64_t* weights, int64_t count) {
  Vector ones = zeros(), words[7];
  int64_t k = 0;
  for (; k + 7 <= count; k += 7) {
    for (int64_t ahead = 0; ahead < 7; ++ahead) words[ahead] = differences(x + k + ahead, weights + (k + ahead) * kGroup);
    ones = add_bytes(ones, ones_of_seven(words));
  }
  for (; k + 3 <= count; k += 3) {
    for (int64_t ahead = 0; ahead < 3; ++ahead) words[ahead] = differences(x + k + ahead, weights + (k + ahead) * kGroup);
    ones = add_bytes(ones, ones_of_three(words));
  }
  for (; k < count; ++k) ones = add_bytes(ones, ones_of_bytes(differences(x + k, weights + k * kGroup)));
  return ones;
}

inline void count_differences(const uint64_t* x, const uint64_t* weights, int64_t count, int32_t* sums) {
  constexpr int64_t kMost = 28;
  Vector totals[kParts];
  for (int64_t part = 0; part < kParts; ++part) {
    totals[part] = zeros();
    for (int64_t k = 0; k < count; k += kMost) {
      const int64_t some = count - k < kMost ? count - k : kMost;
      const Vector ones = ones_of_some(x + k, weights + k * kGroup + part * kLanes, some);
      totals[part] = add_words(totals[part], sum_bytes(ones));
    }
  }
  store_totals(totals, sums);
}

#endif

inline void dot_pairs(const int16_t* x, const int16_t* weights, int64_t pairs, int32_t* sums) {
  Vector totals[kIntParts];
  for (auto& total : totals) total = zeros();
  for (int64_t k = 0; k < pairs; ++k) {
    int32_t pair;
    std::memcpy(&pair, x + 2 * k, sizeof pair);
    const Vector both = int_everywhere(pair);
    for (int64_t part = 0; part < kIntParts; ++part) {
      const Vector products = multiply_pairs(both, load_vector(weights + (k * kGroup + part * kLanes * 2) * 2));
      totals[part] = add_ints(totals[part], products);
    }
  }
  for (int64_t part = 0; part < kIntParts; ++part) store_vector(sums + part * kLanes * 2, totals[part]);
}

inline void count_of_group(const int32_t* sums, int32_t* counts, const int32_t* thresholds, int64_t steps,
                           int64_t stride, int32_t bias) {
  for (int64_t lane = 0; lane < kGroup; lane += kLanes * 2) {
    const Vector values = load_vector(sums + lane);
    Vector count = int_everywhere(bias);
    for (int64_t k = 0; k < steps; ++k) count = count_one(count, values, load_vector(thresholds + k * stride + lane));
    store_vector(counts + lane, count);
  }
}

inline uint64_t reached_bits(const int32_t* sums, const int32_t* thresholds) {
  uint64_t bits = 0;
  for (int64_t part = 0; part < kIntParts; ++part) {
    const int64_t lane = part * kLanes * 2;
    bits |= reached_lanes(load_vector(sums + lane), load_vector(thresholds + lane)) << lane;
  }
  return bits;
}
