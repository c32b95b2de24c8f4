// SPDX-License-Identifier: BSD-3-Clause
//
// The dataflow model behind a C interface, compiled for any processor and for one that counts the bits of a
// word in an instruction.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "stall.hpp"
#include "stream_log.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define RBONN_X86 1
#endif

namespace portable {
#include "layers.hpp"
}  // namespace portable

#ifdef RBONN_X86
#pragma GCC push_options
#pragma GCC target("bmi,bmi2,popcnt")
namespace counting {
#include "layers.hpp"
}  // namespace counting
#pragma GCC pop_options
#endif

static auto Path() {
#ifdef RBONN_X86
  __builtin_cpu_init();
  if (__builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")) {
    return &counting::Simulate;
  }
#endif
  return &portable::Simulate;
}

extern "C" int rbonn_dataflow(const int64_t* program, int64_t actors, int64_t wires, int64_t every, int64_t* end,
                              int64_t* wire_cycles, uint8_t* wire_state, int64_t* spent, int64_t* marks,
                              int64_t* beats, int64_t* log, int64_t* record) {
  return Path()(program, actors, wires, every, end, wire_cycles, wire_state, spent, marks, beats, log, record);
}
