// SPDX-License-Identifier: BSD-3-Clause
// The functional simulator's engine: frames through the steps of a compiled network, in integers.
// Every path computes the same bits; they differ in the instructions that the compiler may use.

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "layout.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define RBONN_X86 1
#include <immintrin.h>
#endif

namespace portable {
#include "portable.hpp"
#include "kernels.hpp"
}  // namespace portable

#ifdef RBONN_X86

#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,popcnt")
namespace avx2 {
#include "avx2.hpp"
#include "lanes.hpp"
#include "kernels.hpp"
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,popcnt,avx512f,avx512bw,avx512dq,avx512vl")
namespace avx512 {
#include "avx512.hpp"
#include "lanes.hpp"
#include "kernels.hpp"
}  // namespace avx512
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq")
#define RBONN_COUNTS_WORDS
namespace avx512_popcount {
#include "avx512.hpp"
#include "lanes.hpp"
#include "kernels.hpp"
}  // namespace avx512_popcount
#undef RBONN_COUNTS_WORDS
#pragma GCC pop_options

#endif

// Says whether this processor can run a path: 0 portable, 1 AVX2, 2 AVX-512, 3 with VPOPCNTDQ.
extern "C" int rbonn_can(int path) {
  if (path == 0) return 1;
#ifdef RBONN_X86
  __builtin_cpu_init();
  const bool avx2_too = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
  const bool avx512_too = avx2_too && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                          __builtin_cpu_supports("avx512vl");
  if (path == 1) return avx2_too;
  if (path == 2) return avx512_too;
  if (path == 3) return avx512_too && __builtin_cpu_supports("avx512vpopcntdq");
#endif
  return 0;
}

static auto runner(int path) {
#ifdef RBONN_X86
  if (path == 1) return &avx2::run_frames;
  if (path == 2) return &avx512::run_frames;
  if (path == 3) return &avx512_popcount::run_frames;
#endif
  return path == 0 ? &portable::run_frames : nullptr;
}

// Bytes behind the last tensor that vector loads may touch.
constexpr int64_t kSlack = 256;

// Runs `number` frames [number][elements]; targets[tensor] is null or takes [number][rows][channels].
// Returns 0, or 1 where there is no memory for the workspace.
extern "C" int rbonn_run(int path, const Step* steps, int64_t count, const Tensor* tensors, int64_t input,
                         const int64_t* frames, int64_t number, int64_t* const* targets, int64_t space_bytes,
                         int64_t scratch_bytes) {
  const int64_t space_size = padded(space_bytes + kSlack, 64), scratch_size = padded(scratch_bytes + kSlack, 64);
  auto* space = static_cast<char*>(std::aligned_alloc(64, space_size + scratch_size));
  if (space == nullptr) return 1;
  std::memset(space, 0, space_size + scratch_size);
  runner(path)(steps, count, tensors, input, frames, number, targets, space, space + space_size);
  std::free(space);
  return 0;
}
