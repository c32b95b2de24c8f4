// SPDX-License-Identifier: BSD-3-Clause
// Rows of tensors as integers of the kernel's type, and bits moved between rows.
// Included once for each instruction set, within its namespace.

inline const uint64_t* words(const Tensor& tensor, const char* space, int64_t row) {
  return reinterpret_cast<const uint64_t*>(space + tensor.offset + row * row_bytes(tensor));
}

inline uint64_t* words(const Tensor& tensor, char* space, int64_t row) {
  return reinterpret_cast<uint64_t*>(space + tensor.offset + row * row_bytes(tensor));
}

template <class Stored, class Value>
inline void convert(const Stored* from, Value* to, int64_t count) {
  for (int64_t c = 0; c < count; ++c) to[c] = static_cast<Value>(from[c]);
}

template <class Value>
inline void unpack_bits(const uint64_t* from, Value* to, int64_t count) {
  for (int64_t c = 0; c < count; ++c) to[c] = static_cast<Value>(from[c / kWordBits] >> (c % kWordBits) & 1);
}

template <class Value>
inline void pack_bits(const Value* from, uint64_t* to, int64_t count) {
  for (int64_t first = 0; first < count; first += kWordBits) {
    const int64_t lanes = count - first < kWordBits ? count - first : kWordBits;
    uint64_t word = 0;
    for (int64_t c = 0; c < lanes; ++c) word |= static_cast<uint64_t>(from[first + c] & 1) << c;
    to[first / kWordBits] = word;
  }
}

// Returns row `row` as values: in place where it is stored so, else in `scratch`.
template <class Value>
inline const Value* load(const Tensor& tensor, const char* space, int64_t row, Value* scratch) {
  const char* from = space + tensor.offset + row * row_bytes(tensor);
  switch (static_cast<Storage>(tensor.storage)) {
    case Storage::Bits:
      unpack_bits(reinterpret_cast<const uint64_t*>(from), scratch, tensor.channels);
      return scratch;
    case Storage::Short:
      if constexpr (sizeof(Value) == 2) return reinterpret_cast<const Value*>(from);
      convert(reinterpret_cast<const int16_t*>(from), scratch, tensor.channels);
      return scratch;
    case Storage::Int:
      if constexpr (sizeof(Value) == 4) return reinterpret_cast<const Value*>(from);
      convert(reinterpret_cast<const int32_t*>(from), scratch, tensor.channels);
      return scratch;
    default:
      if constexpr (sizeof(Value) == 8) return reinterpret_cast<const Value*>(from);
      convert(reinterpret_cast<const int64_t*>(from), scratch, tensor.channels);
      return scratch;
  }
}

template <class Value>
inline void store(const Tensor& tensor, char* space, int64_t row, const Value* values) {
  char* to = space + tensor.offset + row * row_bytes(tensor);
  switch (static_cast<Storage>(tensor.storage)) {
    case Storage::Bits: pack_bits(values, reinterpret_cast<uint64_t*>(to), tensor.channels); break;
    case Storage::Short: convert(values, reinterpret_cast<int16_t*>(to), tensor.channels); break;
    case Storage::Int: convert(values, reinterpret_cast<int32_t*>(to), tensor.channels); break;
    default: convert(values, reinterpret_cast<int64_t*>(to), tensor.channels);
  }
}

// Copies `count` bits into `to`, whose bits from `to_bit` on are 0.
inline void copy_bits(uint64_t* to, int64_t to_bit, const uint64_t* from, int64_t from_bit, int64_t count) {
  while (count > 0) {
    const int64_t lanes = count < kWordBits ? count : kWordBits;
    const int64_t place = from_bit / kWordBits, shift = from_bit % kWordBits;
    uint64_t word = from[place] >> shift;
    if (shift + lanes > kWordBits) word |= from[place + 1] << (kWordBits - shift);
    if (lanes < kWordBits) word &= (uint64_t{1} << lanes) - 1;
    const int64_t target = to_bit / kWordBits, offset = to_bit % kWordBits;
    to[target] |= word << offset;
    if (offset + lanes > kWordBits) to[target + 1] |= word >> (kWordBits - offset);
    to_bit += lanes;
    from_bit += lanes;
    count -= lanes;
  }
}

// Gives `bias` and how many thresholds each sum reaches.
inline void count_reached(const int64_t* sums, int64_t* counts, const int64_t* thresholds, int64_t steps,
                          int64_t stride, int64_t bias) {
  for (int64_t c = 0; c < stride; ++c) {
    counts[c] = bias;
    for (int64_t k = 0; k < steps; ++k) counts[c] += sums[c] >= thresholds[k * stride + c];
  }
}

inline void count_reached(const int32_t* sums, int32_t* counts, const int32_t* thresholds, int64_t steps,
                          int64_t stride, int32_t bias) {
  for (int64_t c = 0; c < stride; c += kGroup) {
    count_of_group(sums + c, counts + c, thresholds + c, steps, stride, bias);
  }
}

// Stores one bit for each sum: whether it reaches its threshold.
inline void store_signs(const Tensor& out, char* space, int64_t row, const int32_t* sums, const int32_t* thresholds) {
  uint64_t* to = words(out, space, row);
  for (int64_t first = 0; first < out.channels; first += kWordBits) {
    uint64_t word = 0;
    for (int64_t lane = 0; lane < kWordBits && first + lane < out.channels; lane += kGroup) {
      word |= reached_bits(sums + first + lane, thresholds + first + lane) << lane;
    }
    const int64_t lanes = out.channels - first;
    to[first / kWordBits] = lanes < kWordBits ? word & ((uint64_t{1} << lanes) - 1) : word;
  }
}

// Stores the sums of a row, or what the thresholds behind the step make of them.
template <class Value>
inline void finish(const Step& step, const Tensor& out, char* space, int64_t row, Value* sums, Value* counts) {
  if (step.steps == 0) {
    store(out, space, row, sums);
    return;
  }
  const auto* thresholds = static_cast<const Value*>(step.thresholds);
  const int64_t stride = padded(out.channels, kGroup);
  if constexpr (sizeof(Value) == sizeof(int32_t)) {
    if (step.steps == 1 && static_cast<Storage>(out.storage) == Storage::Bits) {
      store_signs(out, space, row, sums, thresholds);
      return;
    }
  }
  count_reached(sums, counts, thresholds, step.steps, stride, static_cast<Value>(step.bias));
  store(out, space, row, counts);
}
