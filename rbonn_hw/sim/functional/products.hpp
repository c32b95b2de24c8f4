// Products of vectors with constant weights. Included once for each instruction set, within its namespace.

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

// numbers: elements of a vector. weights: [groups][words][kGroup] of 64 bits.
inline void match(const Step& step, const Tensor& in, const Tensor& out, char* space, char* scratch) {
  const int64_t groups = padded(out.channels, kGroup) / kGroup, count = words_of(in.channels);
  const auto* weights = static_cast<const uint64_t*>(step.weights);
  auto* sums = reinterpret_cast<int32_t*>(scratch);
  int32_t* counts = sums + groups * kGroup;
  for (int64_t row = 0; row < in.rows; ++row) {
    const uint64_t* x = words(in, space, row);
    for (int64_t group = 0; group < groups; ++group) {
      count_differences(x, weights + group * count * kGroup, count, sums + group * kGroup);
    }
    const auto all = static_cast<int32_t>(in.channels);
    for (int64_t c = 0; c < groups * kGroup; ++c) sums[c] = all - sums[c];
    finish(step, out, space, row, sums, counts);
  }
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

// weights: [groups][pairs of elements][kGroup][2] of 16 bits; an odd last element is paired with 0.
inline void dot_short(const Step& step, const Tensor& in, const Tensor& out, char* space, char* scratch) {
  const int64_t groups = padded(out.channels, kGroup) / kGroup, pairs = (in.channels + 1) / 2;
  const auto* weights = static_cast<const int16_t*>(step.weights);
  auto* sums = reinterpret_cast<int32_t*>(scratch);
  int32_t* counts = sums + groups * kGroup;
  auto* elements = reinterpret_cast<int16_t*>(counts + groups * kGroup);
  for (int64_t row = 0; row < in.rows; ++row) {
    const int16_t* x = load(in, space, row, elements);
    for (int64_t group = 0; group < groups; ++group) {
      dot_pairs(x, weights + group * pairs * kGroup * 2, pairs, sums + group * kGroup);
    }
    finish(step, out, space, row, sums, counts);
  }
}

// weights: [elements][neurons] of 64 bits.
inline void dot_wide(const Step& step, const Tensor& in, const Tensor& out, char* space, char* scratch) {
  const auto* weights = static_cast<const int64_t*>(step.weights);
  auto* sums = reinterpret_cast<int64_t*>(scratch);
  int64_t* counts = sums + padded(out.channels, kGroup);
  int64_t* elements = counts + padded(out.channels, kGroup);
  for (int64_t row = 0; row < in.rows; ++row) {
    const int64_t* x = load(in, space, row, elements);
    std::memset(sums, 0, out.channels * sizeof(int64_t));
    for (int64_t k = 0; k < in.channels; ++k) {
      const int64_t* row_weights = weights + k * out.channels;
      for (int64_t c = 0; c < out.channels; ++c) sums[c] += x[k] * row_weights[c];
    }
    finish(step, out, space, row, sums, counts);
  }
}

// weights: [taps][channels] of the kernel's type.
template <class Value>
void depthwise(const Step& step, const Tensor& in, const Tensor& out, char* space, char* scratch) {
  const auto* weights = static_cast<const Value*>(step.weights);
  auto* sums = reinterpret_cast<Value*>(scratch);
  Value* counts = sums + padded(out.channels, kGroup);
  Value* elements = counts + padded(out.channels, kGroup);
  for (int64_t row = 0; row < in.rows; ++row) {
    const Value* x = load(in, space, row, elements);
    std::memset(sums, 0, out.channels * sizeof(Value));
    for (int64_t first = 0; first < in.channels; first += out.channels) {
      for (int64_t c = 0; c < out.channels; ++c) sums[c] += x[first + c] * weights[first + c];
    }
    finish(step, out, space, row, sums, counts);
  }
}
