// The functional simulator's engine: frames through the steps of a compiled network, in integers.
// Every path computes the same bits; they differ in the instructions that the compiler may use.

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "layout.hpp"

namespace portable {
#include "rows.hpp"
#include "products.hpp"
#include "maps.hpp"
#include "windows.hpp"
#include "steps.hpp"
}  // namespace portable

// Bytes behind the last tensor that vector loads may touch.
constexpr int64_t kSlack = 256;

// Runs `number` frames [number][elements]; targets[tensor] is null or takes [number][rows][channels].
// Returns 0, or 1 where there is no memory for the workspace.
extern "C" int rbonn_run(const Step* steps, int64_t count, const Tensor* tensors, int64_t input,
                         const int64_t* frames, int64_t number, int64_t* const* targets, int64_t space_bytes,
                         int64_t scratch_bytes) {
  const int64_t space_size = padded(space_bytes + kSlack, 64), scratch_size = padded(scratch_bytes + kSlack, 64);
  auto* space = static_cast<char*>(std::aligned_alloc(64, space_size + scratch_size));
  if (space == nullptr) return 1;
  std::memset(space, 0, space_size + scratch_size);
  portable::run_frames(steps, count, tensors, input, frames, number, targets, space, space + space_size);
  std::free(space);
  return 0;
}
