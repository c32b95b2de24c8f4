// SPDX-License-Identifier: BSD-3-Clause
// Steps that move or combine elements of maps. Included once for each instruction set, within its namespace.

// weights: signs [channels] of the kernel's type, or none.
template <class Value>
void threshold(const Step& step, const Tensor& in, const Tensor& out, char* space, char* scratch) {
  const auto* signs = static_cast<const Value*>(step.weights);
  auto* sums = reinterpret_cast<Value*>(scratch);
  Value* counts = sums + padded(in.channels, kGroup);
  for (int64_t row = 0; row < in.rows; ++row) {
    const Value* x = load(in, space, row, sums);
    for (int64_t c = 0; c < in.channels; ++c) sums[c] = signs ? x[c] * signs[c] : x[c];
    finish(step, out, space, row, sums, counts);
  }
}

// numbers: factors of both.
template <class Value>
void add(
    const Step& step, const Tensor& in0, const Tensor& in1, const Tensor& out, char* space, char* scratch) {
  const auto factor0 = static_cast<Value>(step.numbers[0]), factor1 = static_cast<Value>(step.numbers[1]);
  auto* sums = reinterpret_cast<Value*>(scratch);
  Value* first = sums + padded(out.channels, kGroup);
  Value* second = first + padded(out.channels, kGroup);
  for (int64_t row = 0; row < out.rows; ++row) {
    const Value* x0 = load(in0, space, row, first);
    const Value* x1 = load(in1, space, row, second);
    for (int64_t c = 0; c < out.channels; ++c) sums[c] = factor0 * x0[c] + factor1 * x1[c];
    store(out, space, row, sums);
  }
}

template <class Value>
void concat(
    const Step&, const Tensor& in0, const Tensor& in1, const Tensor& out, char* space, char* scratch) {
  auto* joined = reinterpret_cast<Value*>(scratch);
  Value* part = joined + padded(out.channels, kGroup);
  for (int64_t row = 0; row < out.rows; ++row) {
    std::memcpy(joined, load(in0, space, row, part), in0.channels * sizeof(Value));
    std::memcpy(joined + in0.channels, load(in1, space, row, part), in1.channels * sizeof(Value));
    store(out, space, row, joined);
  }
}

// numbers: the channels that are kept.
template <class Value>
void select(const Step& step, const Tensor& in, const Tensor& out, char* space, char* scratch) {
  auto* kept = reinterpret_cast<Value*>(scratch);
  Value* elements = kept + padded(out.channels, kGroup);
  for (int64_t row = 0; row < out.rows; ++row) {
    const Value* x = load(in, space, row, elements);
    for (int64_t c = 0; c < out.channels; ++c) kept[c] = x[step.numbers[c]];
    store(out, space, row, kept);
  }
}

// The least of the largest. weights: none.
template <class Value>
void label_select(const Step&, const Tensor& in, const Tensor& out, char* space, char* scratch) {
  auto* elements = reinterpret_cast<Value*>(scratch);
  for (int64_t row = 0; row < in.rows; ++row) {
    const Value* x = load(in, space, row, elements);
    Value best = 0;
    for (int64_t c = 1; c < in.channels; ++c) {
      if (x[c] > x[best]) best = static_cast<Value>(c);
    }
    store(out, space, row, &best);
  }
}

// numbers: height, width of the map, factors in both. Rows are copied as they lie.
inline void upsample(const Step& step, const Tensor& in, const Tensor& out, char* space) {
  const int64_t width = step.numbers[1], scale_h = step.numbers[2], scale_w = step.numbers[3];
  const int64_t bytes = row_bytes(in), wide = width * scale_w;
  for (int64_t row = 0; row < out.rows; ++row) {
    const int64_t source = row / wide / scale_h * width + row % wide / scale_w;
    std::memcpy(space + out.offset + row * bytes, space + in.offset + source * bytes, bytes);
  }
}

// The same elements in rows of another length.
inline void reshape(const Tensor& in, const Tensor& out, char* space) {
  if (static_cast<Storage>(in.storage) != Storage::Bits) {
    std::memcpy(space + out.offset, space + in.offset, out.rows * row_bytes(out));
    return;
  }
  std::memset(space + out.offset, 0, out.rows * row_bytes(out));
  for (int64_t row = 0, place = 0; row < out.rows; ++row) {
    for (int64_t done = 0; done < out.channels;) {
      const int64_t from = place % in.channels;
      const int64_t left = in.channels - from, wanted = out.channels - done;
      const int64_t count = left < wanted ? left : wanted;
      copy_bits(words(out, space, row), done, words(in, space, place / in.channels), from, count);
      done += count;
      place += count;
    }
  }
}

// The largest of bits is whether one is set.
inline void pool_bits(const Tensor& in, const Tensor& out, char* space, int64_t row, int64_t corner, int64_t width,
                      int64_t high, int64_t wide) {
  const int64_t count = words_of(in.channels);
  uint64_t* to = words(out, space, row);
  std::memset(to, 0, count * sizeof(uint64_t));
  for (int64_t y = 0; y < high; ++y) {
    const uint64_t* from = words(in, space, corner + y * width);
    for (int64_t x = 0; x < wide; ++x) {
      for (int64_t k = 0; k < count; ++k) to[k] |= from[x * count + k];
    }
  }
}

// numbers: sum or maximum, width of the map, height and width of a window; rows are pixels.
template <class Value>
void pool_map(const Step& step, const Tensor& in, const Tensor& out, char* space, char* scratch) {
  const bool sum = step.numbers[0] != 0;
  const int64_t width = step.numbers[1], high = step.numbers[2], wide = step.numbers[3], columns = width / wide;
  auto* result = reinterpret_cast<Value*>(scratch);
  Value* elements = result + padded(out.channels, kGroup);
  const bool bits = static_cast<Storage>(in.storage) == Storage::Bits && !sum;
  for (int64_t row = 0; row < out.rows; ++row) {
    const int64_t corner = row / columns * high * width + row % columns * wide;
    if (bits) {
      pool_bits(in, out, space, row, corner, width, high, wide);
      continue;
    }
    for (int64_t tap = 0; tap < high * wide; ++tap) {
      const Value* x = load(in, space, corner + tap / wide * width + tap % wide, elements);
      if (tap == 0) {
        std::memcpy(result, x, out.channels * sizeof(Value));
      } else if (sum) {
        for (int64_t c = 0; c < out.channels; ++c) result[c] += x[c];
      } else {
        for (int64_t c = 0; c < out.channels; ++c) result[c] = x[c] > result[c] ? x[c] : result[c];
      }
    }
    store(out, space, row, result);
  }
}

// numbers: sum or maximum; a row is a window, channels innermost.
template <class Value>
void pool_rows(const Step& step, const Tensor& in, const Tensor& out, char* space, char* scratch) {
  const bool sum = step.numbers[0] != 0;
  auto* result = reinterpret_cast<Value*>(scratch);
  Value* elements = result + padded(out.channels, kGroup);
  for (int64_t row = 0; row < out.rows; ++row) {
    const Value* x = load(in, space, row, elements);
    std::memcpy(result, x, out.channels * sizeof(Value));
    for (int64_t first = out.channels; first < in.channels; first += out.channels) {
      for (int64_t c = 0; c < out.channels; ++c) {
        const Value other = x[first + c];
        result[c] = sum ? result[c] + other : other > result[c] ? other : result[c];
      }
    }
    store(out, space, row, result);
  }
}
