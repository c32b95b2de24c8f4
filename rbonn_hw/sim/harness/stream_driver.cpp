// SPDX-License-Identifier: BSD-3-Clause
//
// Clocks a model with valid-ready streams.
//
//   model FOLDER SEED IN_STALL OUT_STALL IDLE_LIMIT PROGRESS_BEATS WAVEFORM FIRST LAST
//         RECORD EXPECTED_BEATS...
//
// FOLDER/in<i>.bin holds the words of input i, FOLDER/out<o>.bin receives those of output o, each
// word as whole little-endian bytes; in<i>.cycles and out<o>.cycles receive the cycle of every
// beat as 64-bit integers. IN_STALL and OUT_STALL are the chances per cycle that a source or a sink
// pauses; a source never withdraws what it has offered. WAVEFORM is an FST file, or "-"; it holds
// cycles FIRST to LAST, and the reset where FIRST is 0. FOLDER/tap<t>.bin receives the words of tap
// t, an internal stream. FOLDER/streams.bin receives what inputs, outputs and probes did in these cycles,
// with at most RECORD changes, in the numbers of stream_log.hpp, unless that is 0.
// EXPECTED_BEATS is one number per output. Cycle 0 is the first one out of reset. Every
// PROGRESS_BEATS beats of output 0 a line "beats N" is printed (0: never).
//
// The exit status is 0 when the driver reached a verdict, and FOLDER/verdict holds it: a line
// "done CYCLES", "deadlock" or "fault", then the message.

#include "stream_driver.hpp"

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include "fault.hpp"
#include "stream_ends.hpp"
#include "stream_log.hpp"

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
  uint64_t first, last;  // cycles of waveform and record
  int64_t record;
  std::vector<uint64_t> expected;
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
    for (const TapPins& pins : device.taps) taps_.emplace_back(pins, Stem("tap", taps_.size()));
    if (options.record > 0) Watch();
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
    for (const Tap& tap : taps_) tap.Save();
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
    if (tracing_ && cycle_ >= options_.first && cycle_ <= options_.last) {
      device_.DumpWaveform(time_);
    }
    ++time_;
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
      if (complete && end == 0) {
        end = cycle_ + 1;
        SaveRecord();
      }
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
    for (Tap& tap : taps_) tap.Look();
    if (log_ != nullptr) Record();
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

  // Every stream at the model's ends, and those within.
  void Watch() {
    for (const StreamPins& pins : device_.inputs) watched_.push_back({pins.valid, pins.ready});
    for (const StreamPins& pins : device_.outputs) watched_.push_back({pins.valid, pins.ready});
    for (const ProbePins& pins : device_.probes) watched_.push_back({pins.valid, pins.ready});
    log_ = std::make_unique<StreamLog>(watched_.size(), static_cast<int64_t>(options_.first),
                                       static_cast<int64_t>(options_.last), options_.record);
  }

  void Record() {
    const auto cycle = static_cast<int64_t>(cycle_);
    for (size_t number = 0; number < watched_.size(); ++number) {
      log_->Note(number, cycle, 2 * *watched_[number].valid + *watched_[number].ready);
    }
    log_->EndCycle(cycle);
  }

  void SaveRecord() {
    if (log_ == nullptr) return;
    WriteCycles(options_.folder + "/streams.bin", log_->Numbers(static_cast<int64_t>(cycle_) + 1));
    log_.reset();
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
  std::vector<Tap> taps_;
  std::vector<Source*> accepted_;
  struct Watched {
    const uint8_t *valid, *ready;
  };
  std::vector<Watched> watched_;
  std::unique_ptr<StreamLog> log_;
  bool tracing_ = false;
  uint64_t time_ = 0, cycle_ = 0;
};

}  // namespace

int Drive(Device& device, int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() != 10 + device.outputs.size()) return 2;
  Options options{words[0],
                  std::stoull(words[1]),
                  std::stod(words[2]),
                  std::stod(words[3]),
                  std::stoull(words[4]),
                  std::stoull(words[5]),
                  words[6],
                  std::stoull(words[7]),
                  std::stoull(words[8]),
                  std::stoll(words[9]),
                  {}};
  for (size_t i = 10; i < words.size(); ++i) options.expected.push_back(std::stoull(words[i]));
  const std::string verdict = Driver(device, options).Run();
  std::ofstream(options.folder + "/verdict") << verdict << "\n";
  return 0;
}

}  // namespace rbonn
