// SPDX-License-Identifier: BSD-3-Clause
// The inner loops in plain C++. Included within a namespace.

// Counts, for the neurons of a group, the bits in which a vector and their weights differ.
inline void count_differences(const uint64_t* x, const uint64_t* weights, int64_t count, int32_t* sums) {
  uint64_t totals[kGroup] = {};
  for (int64_t k = 0; k < count; ++k) {
    for (int64_t lane = 0; lane < kGroup; ++lane) {
      uint64_t bits = x[k] ^ weights[k * kGroup + lane];
      bits -= bits >> 1 & 0x5555555555555555u;
      bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
      bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fu;
      totals[lane] += bits * 0x0101010101010101u >> 56;
    }
  }
  for (int64_t lane = 0; lane < kGroup; ++lane) sums[lane] = static_cast<int32_t>(totals[lane]);
}

// Adds up, for the neurons of a group, products of pairs of elements.
inline void dot_pairs(const int16_t* x, const int16_t* weights, int64_t pairs, int32_t* sums) {
  int32_t totals[kGroup] = {};
  for (int64_t k = 0; k < pairs; ++k) {
    const int16_t* pair = weights + k * kGroup * 2;
    for (int64_t lane = 0; lane < kGroup; ++lane) {
      totals[lane] += x[2 * k] * pair[2 * lane] + x[2 * k + 1] * pair[2 * lane + 1];
    }
  }
  for (int64_t lane = 0; lane < kGroup; ++lane) sums[lane] = totals[lane];
}

// Gives, for the sums of a group, `bias` and how many thresholds each reaches.
inline void count_of_group(const int32_t* sums, int32_t* counts, const int32_t* thresholds, int64_t steps,
                           int64_t stride, int32_t bias) {
  for (int64_t lane = 0; lane < kGroup; ++lane) counts[lane] = bias;
  for (int64_t k = 0; k < steps; ++k) {
    for (int64_t lane = 0; lane < kGroup; ++lane) counts[lane] += sums[lane] >= thresholds[k * stride + lane];
  }
}

// Returns a bit for each sum of a group: whether it reaches its threshold.
inline uint64_t reached_bits(const int32_t* sums, const int32_t* thresholds) {
  uint64_t bits = 0;
  for (int64_t lane = 0; lane < kGroup; ++lane) {
    bits |= static_cast<uint64_t>(sums[lane] >= thresholds[lane]) << lane;
  }
  return bits;
}
