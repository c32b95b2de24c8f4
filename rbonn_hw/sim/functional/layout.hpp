// SPDX-License-Identifier: BSD-3-Clause
// What Python hands to the engine: tensors, steps, and where they lie. plan.py and engine.py mirror it.
#pragma once

#include <cstdint>

// How a tensor lies in the workspace. A row is a pixel; rows of Bits begin at a new word of 64, lane 0 in
// the least significant bit, and the bits behind the last lane are 0.
enum class Storage : int32_t { Bits, Short, Int, Long };

struct Tensor {
  int64_t rows;
  int64_t channels;
  int64_t offset;   // in the workspace [bytes]
  int64_t storage;  // Storage
};

enum class Kernel : int32_t {
  Match, Dot, Depthwise, Threshold, Add, Concat, Select, Upsample, Window, PoolMap, PoolRows, LabelSelect,
  Reshape,
};

// One kernel of the network. `numbers` and the tables depend on the kernel; see steps.hpp.
struct Step {
  int32_t kernel;  // Kernel
  int32_t wide;    // whether it computes in 64 bits, else in 32
  int32_t in0;
  int32_t in1;
  int32_t out;
  int32_t steps;  // thresholds per channel behind it
  int64_t bias;   // what is added to their count
  const int64_t* numbers;
  const void* weights;
  const void* thresholds;  // [steps][channels, padded], int32 or int64
};

constexpr int64_t kWordBits = 64;
constexpr int64_t kGroup = 16;  // neurons that are computed side by side; tables are padded to it

constexpr int64_t padded(int64_t count, int64_t unit) { return (count + unit - 1) / unit * unit; }

constexpr int64_t words_of(int64_t bits) { return (bits + kWordBits - 1) / kWordBits; }

inline int64_t row_bytes(const Tensor& tensor) {
  switch (static_cast<Storage>(tensor.storage)) {
    case Storage::Bits: return words_of(tensor.channels) * 8;
    case Storage::Short: return tensor.channels * 2;
    case Storage::Int: return tensor.channels * 4;
    default: return tensor.channels * 8;
  }
}
