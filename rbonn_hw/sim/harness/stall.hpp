// SPDX-License-Identifier: BSD-3-Clause
//
// The pauses of a stream's end: the same for RTL and for the dataflow model, by seed.

#pragma once

#include <cmath>
#include <cstdint>
#include <random>

namespace rbonn {

// Says, cycle by cycle, whether one stream pauses.
class Stall {
 public:
  Stall(double chance, uint64_t seed)
      : threshold_(static_cast<uint64_t>(std::ldexp(chance, 64))), rng_(seed) {}
  bool Now() { return threshold_ != 0 && rng_() < threshold_; }

 private:
  uint64_t threshold_;
  std::mt19937_64 rng_;
};

}  // namespace rbonn
