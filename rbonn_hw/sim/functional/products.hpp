// SPDX-License-Identifier: BSD-3-Clause
// Products of vectors with constant weights. Included once for each instruction set, within its namespace.

constexpr int64_t kRows = 4;  // vectors that meet the weights of a group while these are at hand

// weights: [groups][words][kGroup] of 64 bits.
inline void match(const Step& step, const Tensor& in, const Tensor& out, char* space, char* scratch) {
  const int64_t groups = padded(out.channels, kGroup) / kGroup, count = words_of(in.channels);
  const auto* weights = static_cast<const uint64_t*>(step.weights);
  const int64_t stride = groups * kGroup;
  const auto all = static_cast<int32_t>(in.channels);
  auto* sums = reinterpret_cast<int32_t*>(scratch);
  for (int64_t first = 0; first < in.rows; first += kRows) {
    const int64_t rows = in.rows - first < kRows ? in.rows - first : kRows;
    for (int64_t group = 0; group < groups; ++group) {
      for (int64_t row = 0; row < rows; ++row) {
        const uint64_t* x = words(in, space, first + row);
        count_differences(x, weights + group * count * kGroup, count, sums + row * stride + group * kGroup);
      }
    }
    for (int64_t c = 0; c < rows * stride; ++c) sums[c] = all - sums[c];
    for (int64_t row = 0; row < rows; ++row) {
      finish(step, out, space, first + row, sums + row * stride, sums + kRows * stride);
    }
  }
}

// weights: [groups][pairs of elements][kGroup][2] of 16 bits; an odd last element is paired with 0.
inline void dot_short(const Step& step, const Tensor& in, const Tensor& out, char* space, char* scratch) {
  const int64_t groups = padded(out.channels, kGroup) / kGroup, pairs = (in.channels + 1) / 2;
  const auto* weights = static_cast<const int16_t*>(step.weights);
  const int64_t stride = groups * kGroup;
  auto* sums = reinterpret_cast<int32_t*>(scratch);
  int32_t* counts = sums + kRows * stride;
  auto* elements = reinterpret_cast<int16_t*>(counts + stride);
  for (int64_t first = 0; first < in.rows; first += kRows) {
    const int64_t rows = in.rows - first < kRows ? in.rows - first : kRows;
    const int16_t* x[kRows];
    for (int64_t row = 0; row < rows; ++row) {
      x[row] = load(in, space, first + row, elements + row * padded(in.channels, kGroup));
    }
    for (int64_t group = 0; group < groups; ++group) {
      const int16_t* some = weights + group * pairs * kGroup * 2;
      for (int64_t row = 0; row < rows; ++row) dot_pairs(x[row], some, pairs, sums + row * stride + group * kGroup);
    }
    for (int64_t row = 0; row < rows; ++row) {
      finish(step, out, space, first + row, sums + row * stride, counts);
    }
  }
}

// Lets `add_products(x, sums)` add up the products of each row.
template <class Value, class AddProducts>
inline void each_row(
    const Step& step, const Tensor& in, const Tensor& out, char* space, char* scratch, AddProducts add_products) {
  auto* sums = reinterpret_cast<Value*>(scratch);
  Value* counts = sums + padded(out.channels, kGroup);
  Value* elements = counts + padded(out.channels, kGroup);
  for (int64_t row = 0; row < in.rows; ++row) {
    const Value* x = load(in, space, row, elements);
    std::memset(sums, 0, out.channels * sizeof(Value));
    add_products(x, sums);
    finish(step, out, space, row, sums, counts);
  }
}

// weights: [elements][neurons] of 64 bits.
inline void dot_wide(const Step& step, const Tensor& in, const Tensor& out, char* space, char* scratch) {
  const auto* weights = static_cast<const int64_t*>(step.weights);
  each_row<int64_t>(step, in, out, space, scratch, [&](const int64_t* x, int64_t* sums) {
    for (int64_t k = 0; k < in.channels; ++k) {
      const int64_t* row_weights = weights + k * out.channels;
      for (int64_t c = 0; c < out.channels; ++c) sums[c] += x[k] * row_weights[c];
    }
  });
}

// weights: [taps][channels] of the kernel's type.
template <class Value>
void depthwise(const Step& step, const Tensor& in, const Tensor& out, char* space, char* scratch) {
  const auto* weights = static_cast<const Value*>(step.weights);
  each_row<Value>(step, in, out, space, scratch, [&](const Value* x, Value* sums) {
    for (int64_t first = 0; first < in.channels; first += out.channels) {
      for (int64_t c = 0; c < out.channels; ++c) sums[c] += x[first + c] * weights[first + c];
    }
  });
}
