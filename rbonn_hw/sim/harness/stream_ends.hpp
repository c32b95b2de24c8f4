// SPDX-License-Identifier: BSD-3-Clause
//
// The two ends of a valid-ready stream outside the model: a source that offers the words of a file,
// and a sink that collects words and checks the stream rules; and a tap on a stream inside it.

#pragma once

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fault.hpp"
#include "stall.hpp"
#include "stream_driver.hpp"

namespace rbonn {

inline void WriteCycles(const std::string& path, const std::vector<int64_t>& cycles) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(cycles.data()),
             static_cast<std::streamsize>(cycles.size() * sizeof(int64_t)));
}

inline std::string Count(size_t done, size_t all) {
  return "(" + std::to_string(done) + " of " + std::to_string(all) + " beats)";
}

class Source {
 public:
  Source(const StreamPins& pins, const std::string& stem, Stall stall)
      : pins_(pins), stem_(stem), stall_(stall) {
    std::ifstream file(stem + ".bin", std::ios::binary);
    if (!file) throw Fault(stem + ".bin cannot be read");
    words_.assign(std::istreambuf_iterator<char>(file), {});
    beats_ = words_.size() / pins.word_bytes;
  }

  void Offer() {
    if (*pins_.valid || cycles_.size() == beats_ || stall_.Now()) return;
    std::memcpy(pins_.data, &words_[cycles_.size() * pins_.word_bytes], pins_.word_bytes);
    *pins_.valid = 1;
  }
  bool Fires() const { return *pins_.valid && *pins_.ready; }
  void Accepted(uint64_t cycle) {
    cycles_.push_back(static_cast<int64_t>(cycle));
    *pins_.valid = 0;
  }
  bool Done() const { return cycles_.size() == beats_; }
  std::string Report() const {
    return std::string(pins_.name) + (*pins_.ready ? " pauses " : " waits for ready ") +
           Count(cycles_.size(), beats_);
  }
  void Save() const { WriteCycles(stem_ + ".cycles", cycles_); }

 private:
  StreamPins pins_;
  std::string stem_;
  Stall stall_;
  std::vector<char> words_;
  size_t beats_;
  std::vector<int64_t> cycles_;
};

class Sink {
 public:
  Sink(const StreamPins& pins, const std::string& stem, Stall stall, uint64_t expected)
      : pins_(pins), stem_(stem), stall_(stall), expected_(expected), held_(pins.word_bytes) {}

  // Once its beats are there it stays ready, so that a surplus beat is not held back.
  void Offer() { *pins_.ready = Done() || !stall_.Now(); }
  bool Fires() const { return *pins_.valid && *pins_.ready; }
  // A valid beat must stay as it is until it is accepted.
  void CheckHeld() {
    if (holding_ && !*pins_.valid) Break("withdrew valid before the beat was accepted");
    if (holding_ && std::memcmp(held_.data(), pins_.data, held_.size()) != 0) {
      Break("changed its data before the beat was accepted");
    }
    holding_ = *pins_.valid && !*pins_.ready;
    if (holding_) std::memcpy(held_.data(), pins_.data, held_.size());
  }
  void Accept(uint64_t cycle) {
    if (Done()) Break("sent a surplus beat after all " + std::to_string(expected_));
    cycles_.push_back(static_cast<int64_t>(cycle));
    words_.insert(words_.end(), pins_.data, pins_.data + pins_.word_bytes);
  }
  bool Done() const { return cycles_.size() == expected_; }
  size_t Beats() const { return cycles_.size(); }
  std::string Report() const {
    return std::string(pins_.name) + " waits for data " + Count(cycles_.size(), expected_);
  }
  void Save() const {
    WriteCycles(stem_ + ".cycles", cycles_);
    std::ofstream file(stem_ + ".bin", std::ios::binary);
    file.write(words_.data(), static_cast<std::streamsize>(words_.size()));
  }

 private:
  [[noreturn]] void Break(const std::string& what) const {
    throw Fault(std::string(pins_.name) + " " + what);
  }

  StreamPins pins_;
  std::string stem_;
  Stall stall_;
  size_t expected_;
  bool holding_ = false;
  std::vector<uint8_t> held_;
  std::vector<char> words_;
  std::vector<int64_t> cycles_;
};

// Records what passes on a stream inside the model.
class Tap {
 public:
  Tap(const TapPins& pins, const std::string& stem) : pins_(pins), stem_(stem) {}
  void Look() {
    if (!*pins_.valid || !*pins_.ready) return;
    words_.insert(words_.end(), pins_.data, pins_.data + pins_.word_bytes);
  }
  void Save() const {
    std::ofstream file(stem_ + ".bin", std::ios::binary);
    file.write(words_.data(), static_cast<std::streamsize>(words_.size()));
  }

 private:
  TapPins pins_;
  std::string stem_;
  std::vector<char> words_;
};

}  // namespace rbonn
