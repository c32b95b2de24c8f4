// SPDX-License-Identifier: BSD-3-Clause
//
// What streams did over a window of cycles: their states, 2 * valid + ready, change by change. The dataflow
// engine and the driver of the RTL keep the same log, so that the two can be compared.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace rbonn {

class StreamLog {
 public:
  // A window that would hold more than `most` changes ends sooner.
  StreamLog(size_t streams, int64_t first, int64_t last, int64_t most)
      : first_(first), last_(last), left_(most), streams_(streams) {}

  // The state of a stream from a cycle on, 0 before the first; cycles never fall, and the last word on a
  // cycle counts. No change is kept that is none.
  void Note(size_t number, int64_t cycle, unsigned state) {
    Stream& stream = streams_[number];
    if (state == stream.state || cycle > last_) return;
    if (stream.state == kMoves && stream.since < first_) {
      stream.beats_before += std::min(cycle, first_) - stream.since;
    }
    stream.state = state;
    stream.since = cycle;
    auto& changes = stream.changes;
    if (!changes.empty() && changes.back() / 4 >= std::max(cycle, first_)) {
      changes.pop_back();
      ++left_;
    }
    if (state == (changes.empty() ? 0 : static_cast<unsigned>(changes.back() & 3))) return;
    changes.push_back(4 * std::max(cycle, first_) + static_cast<int64_t>(state));
    --left_;
  }
  // Ends the window with this cycle where it is full.
  void EndCycle(int64_t cycle) {
    if (left_ <= 0) last_ = std::min(last_, cycle);
  }

  // The first cycle behind the window, of a run of so many; per stream its changes and the beats before the
  // window; then the changes, each as 4 * cycle + state.
  std::vector<int64_t> Numbers(int64_t cycles) {
    const int64_t end = std::max(first_, std::min(last_ + 1, cycles));
    std::vector<int64_t> numbers{end};
    for (size_t number = 0; number < streams_.size(); ++number) {
      Stream& stream = streams_[number];
      if (stream.state == kMoves && stream.since < first_) {
        stream.beats_before += std::min(cycles, first_) - stream.since;
        stream.since = first_;
      }
      while (!stream.changes.empty() && stream.changes.back() / 4 >= end) stream.changes.pop_back();
      numbers.push_back(static_cast<int64_t>(stream.changes.size()));
      numbers.push_back(stream.beats_before);
    }
    for (const Stream& stream : streams_) {
      numbers.insert(numbers.end(), stream.changes.begin(), stream.changes.end());
    }
    return numbers;
  }

 private:
  static constexpr unsigned kMoves = 3;
  struct Stream {
    unsigned state = 0;
    int64_t since = 0, beats_before = 0;
    std::vector<int64_t> changes;
  };

  int64_t first_, last_, left_;
  std::vector<Stream> streams_;
};

}  // namespace rbonn
