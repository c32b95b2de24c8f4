// SPDX-License-Identifier: BSD-3-Clause
//
// Clocks a model with valid-ready streams.
//
//   model FOLDER SEED IN_STALL OUT_STALL IDLE_LIMIT PROGRESS_BEATS WAVEFORM EXPECTED_BEATS...
//
// FOLDER/in<i>.bin holds the words of input i, FOLDER/out<o>.bin receives those of output o, each
// word as whole little-endian bytes; in<i>.cycles and out<o>.cycles receive the cycle of every
// beat as 64-bit integers. IN_STALL and OUT_STALL are the chances per cycle that a source or a sink
// pauses; a source never withdraws what it has offered. WAVEFORM is an FST file, or "-".
// EXPECTED_BEATS is one number per output. Cycle 0 is the first one out of reset. Every
// PROGRESS_BEATS beats of output 0 a line "beats N" is printed (0: never).
//
// The exit status is 0 when the driver reached a verdict, and FOLDER/verdict holds it: a line
// "done CYCLES", "deadlock" or "fault", then the message.

#include "stream_driver.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

#include "fault.hpp"

namespace rbonn {
namespace {

constexpr int kResetCycles = 16;
// Quiet cycles after the last expected beat, in which a surplus beat would show itself.
constexpr uint64_t kQuietCycles = 1000;

struct Options {
  std::string folder;
  uint64_t seed;
  double in_stall, out_stall;
  uint64_t idle_limit, progress_beats;
  std::string waveform;
  std::vector<uint64_t> expected;
};

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

void WriteCycles(const std::string& path, const std::vector<int64_t>& cycles) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(cycles.data()),
             static_cast<std::streamsize>(cycles.size() * sizeof(int64_t)));
}

std::string Count(size_t done, size_t all) {
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

class Driver {
 public:
  Driver(Device& device, const Options& options) : device_(device), options_(options) {
    uint64_t stream = 0;
    for (const StreamPins& pins : device.inputs) {
      sources_.emplace_back(pins, Stem("in", sources_.size()),
                            Stall(options.in_stall, Seed(stream++)));
    }
    for (const StreamPins& pins : device.outputs) {
      sinks_.emplace_back(pins, Stem("out", sinks_.size()),
                          Stall(options.out_stall, Seed(stream++)),
                          options.expected.at(sinks_.size()));
    }
    tracing_ = options.waveform != "-";
    if (tracing_) device.OpenWaveform(options.waveform);
  }

  // Returns the verdict.
  std::string Run() {
    std::string verdict;
    try {
      Reset();
      verdict = Stream();
    } catch (const Fault& fault) {
      verdict = "fault\ncycle " + std::to_string(cycle_) + ": " + fault.what();
    }
    if (tracing_) device_.CloseWaveform();
    for (const Source& source : sources_) source.Save();
    for (const Sink& sink : sinks_) sink.Save();
    return verdict;
  }

 private:
  std::string Stem(const char* direction, size_t number) const {
    return options_.folder + "/" + direction + std::to_string(number);
  }
  uint64_t Seed(uint64_t stream) const { return options_.seed * 1000003 + stream; }

  void HalfCycle(uint8_t clock) {
    *device_.clock = clock;
    device_.Eval();
    if (tracing_) device_.DumpWaveform(time_++);
  }

  void Reset() {
    for (const StreamPins& pins : device_.inputs) *pins.valid = 0;
    for (const StreamPins& pins : device_.outputs) *pins.ready = 0;
    *device_.reset = device_.reset_active;
    for (int i = 0; i < kResetCycles; ++i) {
      HalfCycle(0);
      HalfCycle(1);
    }
    *device_.reset = !device_.reset_active;
  }

  std::string Stream() {
    uint64_t last_move = 0, end = 0;
    for (;; ++cycle_) {
      if (Step()) last_move = cycle_;
      const bool complete = Complete();
      if (complete && end == 0) end = cycle_ + 1;
      const uint64_t idle = cycle_ - last_move;
      if (complete && idle >= kQuietCycles) break;
      // Inside a network a frame may travel long before a boundary stream moves.
      if (idle >= options_.idle_limit / 2 && ProbeMoves()) last_move = cycle_;
      if (!complete && idle >= options_.idle_limit) return "deadlock\n" + Stuck();
    }
    for (const Source& source : sources_) {
      if (!source.Done()) throw Fault("all outputs are complete, but " + source.Report());
    }
    return "done " + std::to_string(end);
  }

  // One clock cycle; returns whether a beat was transferred.
  bool Step() {
    for (Source& source : sources_) source.Offer();
    for (Sink& sink : sinks_) sink.Offer();
    HalfCycle(0);
    bool moved = false;
    for (Sink& sink : sinks_) {
      sink.CheckHeld();
      if (!sink.Fires()) continue;
      sink.Accept(cycle_);
      moved = true;
      if (&sink == &sinks_.front()) PrintProgress(sink.Beats());
    }
    accepted_.clear();
    for (Source& source : sources_) {
      if (source.Fires()) accepted_.push_back(&source);
    }
    HalfCycle(1);
    for (Source* source : accepted_) source->Accepted(cycle_);
    return moved || !accepted_.empty();
  }

  void PrintProgress(size_t beats) const {
    if (options_.progress_beats == 0 || beats % options_.progress_beats != 0) return;
    std::printf("beats %zu\n", beats);
    std::fflush(stdout);
  }

  bool Complete() const {
    for (const Sink& sink : sinks_) {
      if (!sink.Done()) return false;
    }
    return true;
  }

  bool ProbeMoves() const {
    for (const ProbePins& probe : device_.probes) {
      if (*probe.valid && *probe.ready) return true;
    }
    return false;
  }

  std::string Stuck() const {
    std::ostringstream text;
    text << "no stream moved for " << options_.idle_limit << " cycles, since cycle "
         << cycle_ - options_.idle_limit << ":";
    for (const Source& source : sources_) {
      if (!source.Done()) text << "\n  " << source.Report();
    }
    for (const Sink& sink : sinks_) {
      if (!sink.Done()) text << "\n  " << sink.Report();
    }
    for (const ProbePins& probe : device_.probes) {
      if (*probe.valid == *probe.ready) continue;
      text << "\n  " << probe.label << (*probe.valid ? ": valid, not ready" : ": ready, not valid");
    }
    return text.str();
  }

  Device& device_;
  const Options& options_;
  std::vector<Source> sources_;
  std::vector<Sink> sinks_;
  std::vector<Source*> accepted_;
  bool tracing_ = false;
  uint64_t time_ = 0, cycle_ = 0;
};

}  // namespace

int Drive(Device& device, int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() != 7 + device.outputs.size()) return 2;
  Options options{words[0],
                  std::stoull(words[1]),
                  std::stod(words[2]),
                  std::stod(words[3]),
                  std::stoull(words[4]),
                  std::stoull(words[5]),
                  words[6],
                  {}};
  for (size_t i = 7; i < words.size(); ++i) options.expected.push_back(std::stoull(words[i]));
  const std::string verdict = Driver(device, options).Run();
  std::ofstream(options.folder + "/verdict") << verdict << "\n";
  return 0;
}

}  // namespace rbonn
