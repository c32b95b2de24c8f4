// SPDX-License-Identifier: BSD-3-Clause
//
// A memory on an AXI bus of one ID, written from the specification (ARM IHI 0022), with latency and
// back-pressure, that checks what the manager does: payloads held until accepted, lengths, sizes,
// 4 KB boundaries, the place of the last beat, no strobe on a narrow lane ahead of an enabled one.
//
// Its outputs change after the clock edge only. Data may come before its address, as AXI allows.

#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "fault.hpp"

namespace rbonn {

// The manager's outputs and the memory's, as pointers to the model's pins.
struct AxiPins {
  const uint8_t *arvalid, *arlen, *arsize, *arburst, *rready;
  const uint32_t* araddr;
  const uint8_t *awvalid, *awlen, *awsize, *awburst, *wvalid, *wstrb, *wlast, *bready;
  const uint32_t* awaddr;
  const uint64_t* wdata;
  uint8_t *arready, *rvalid, *rresp, *rlast, *awready, *wready, *bvalid, *bresp;
  uint64_t* rdata;
};

struct Range {
  uint64_t first = 0, length = 0;
  bool Has(uint64_t address) const { return address >= first && address - first < length; }
};

struct Timing {
  uint64_t latency;
  double stall;
  uint64_t outstanding;
  uint64_t seed;
};

constexpr uint64_t kBeatBytes = 8;
constexpr uint8_t kOkay = 0, kSlaveError = 2, kDecodeError = 3;
enum Channel { kReadAddress, kReadData, kWriteAddress, kWriteData, kWriteResponse, kChannels };

class AxiMemory {
 public:
  using Row = std::array<int64_t, 3>;

  AxiMemory(const AxiPins& pins, uint8_t* bytes, Range range, Timing timing)
      : pins_(pins), bytes_(bytes), range_(range), timing_(timing), rng_(timing.seed) {}

  Range fail_reads, fail_writes;
  std::array<std::vector<Row>, kChannels> logs;

  void Reset() {
    reads_.clear();
    writes_.clear();
    responses_.clear();
    data_.clear();
    for (auto& log : logs) log.clear();
    cycle_ = 0;
    ar_held_ = aw_held_ = w_held_ = Held();
    *pins_.arready = *pins_.rvalid = *pins_.awready = *pins_.wready = *pins_.bvalid = 0;
  }

  // Before the edge, with the manager's outputs settled: rules, and which transfers happen.
  void Sample() {
    CheckHeld("araddr", ar_held_, *pins_.arvalid, *pins_.arready,
              {*pins_.araddr, *pins_.arlen, *pins_.arsize, *pins_.arburst});
    CheckHeld("awaddr", aw_held_, *pins_.awvalid, *pins_.awready,
              {*pins_.awaddr, *pins_.awlen, *pins_.awsize, *pins_.awburst});
    CheckHeld("wdata", w_held_, *pins_.wvalid, *pins_.wready,
              {*pins_.wdata, *pins_.wstrb, *pins_.wlast, 0});
    ar_fires_ = *pins_.arvalid && *pins_.arready;
    aw_fires_ = *pins_.awvalid && *pins_.awready;
    w_fires_ = *pins_.wvalid && *pins_.wready;
    r_fires_ = *pins_.rvalid && *pins_.rready;
    b_fires_ = *pins_.bvalid && *pins_.bready;
    if (ar_fires_) {
      reads_.push_back(Accept("araddr", kReadAddress, *pins_.araddr, *pins_.arlen, *pins_.arsize,
                              *pins_.arburst));
    }
    if (aw_fires_) {
      writes_.push_back(Accept("awaddr", kWriteAddress, *pins_.awaddr, *pins_.awlen,
                               *pins_.awsize, *pins_.awburst));
    }
    if (w_fires_) data_.push_back({*pins_.wdata, *pins_.wstrb, *pins_.wlast != 0});
  }

  // After the edge: the memory's part, and its outputs for the next cycle.
  void Advance() {
    ++cycle_;
    Write();
    Respond();
    Read();
    *pins_.arready = reads_.size() < timing_.outstanding && !Pauses();
    *pins_.awready = writes_.size() + responses_.size() < timing_.outstanding && !Pauses();
    *pins_.wready = data_.size() < 2 * kMaxBeats && !Pauses();
  }

 private:
  static constexpr uint64_t kMaxBeats = 16;
  struct Burst {
    uint64_t address, beats, due;
    uint8_t response = kOkay;
  };
  struct Data {
    uint64_t bits;
    uint8_t strobes;
    bool last;
  };
  struct Held {
    bool valid = false;
    std::array<uint64_t, 4> payload{};
  };

  bool Pauses() {
    return timing_.stall > 0 && std::uniform_real_distribution<>()(rng_) < timing_.stall;
  }

  void Log(Channel channel, uint64_t address, uint64_t what) {
    logs[channel].push_back({static_cast<int64_t>(cycle_), static_cast<int64_t>(address),
                             static_cast<int64_t>(what)});
  }

  [[noreturn]] void Break(const std::string& what) const {
    throw Fault("cycle " + std::to_string(cycle_) + ", memory bus: " + what);
  }

  void CheckHeld(const char* name, Held& held, bool valid, bool ready,
                 const std::array<uint64_t, 4>& payload) {
    if (held.valid && !valid) Break(std::string(name) + " was withdrawn before it was accepted");
    if (held.valid && held.payload != payload) {
      Break(std::string(name) + " changed before it was accepted");
    }
    held = {valid && !ready, payload};
  }

  Burst Accept(const char* name, Channel channel, uint32_t address, uint8_t len, uint8_t size,
               uint8_t burst) {
    const uint64_t beats = len + 1u;
    std::ostringstream which;
    which << name << " 0x" << std::hex << address << std::dec << " of " << beats << " beats";
    if (beats > kMaxBeats) Break(which.str() + " is longer than AXI3 allows");
    if (size != 3) Break(which.str() + " is not of 8-byte beats");
    if (burst != 1) Break(which.str() + " is not incrementing");
    if (address % kBeatBytes) Break(which.str() + " is unaligned");
    if (address / 4096 != (address + beats * kBeatBytes - 1) / 4096) {
      Break(which.str() + " crosses 4 KB");
    }
    Log(channel, address, beats);
    return {address, beats, cycle_ + timing_.latency};
  }

  uint8_t Response(uint64_t address, const Range& failing) const {
    if (!range_.Has(address)) return kDecodeError;
    return failing.Has(address) ? kSlaveError : kOkay;
  }

  void Read() {
    if (r_fires_) {
      Burst& burst = reads_.front();
      Log(kReadData, burst.address, *pins_.rresp);
      burst.address += kBeatBytes;
      if (--burst.beats == 0) reads_.pop_front();
    }
    if (*pins_.rvalid && !r_fires_) return;  // held until accepted
    r_fires_ = false;
    *pins_.rvalid = !reads_.empty() && reads_.front().due <= cycle_ && !Pauses();
    if (!*pins_.rvalid) {
      *pins_.rdata = rng_();  // nobody may look at it
      return;
    }
    const Burst& burst = reads_.front();
    *pins_.rresp = Response(burst.address, fail_reads);
    *pins_.rlast = burst.beats == 1;
    *pins_.rdata = rng_();
    if (*pins_.rresp == kOkay) {
      std::memcpy(pins_.rdata, bytes_ + (burst.address - range_.first), kBeatBytes);
    }
  }

  // Data whose address is known goes to memory.
  void Write() {
    while (!writes_.empty() && !data_.empty()) {
      Burst& burst = writes_.front();
      const Data beat = data_.front();
      data_.pop_front();
      if (beat.last != (burst.beats == 1)) {
        Break("wlast is " + std::to_string(beat.last) + " with " + std::to_string(burst.beats) +
              " beats to come");
      }
      Log(kWriteData, burst.address, beat.strobes);
      const uint8_t response = Response(burst.address, fail_writes);
      if (response != kOkay) {
        burst.response = response;
      } else {
        for (uint64_t lane = 0; lane < kBeatBytes; ++lane) {
          if (beat.strobes >> lane & 1) {
            bytes_[burst.address - range_.first + lane] =
                static_cast<uint8_t>(beat.bits >> 8 * lane);
          }
        }
      }
      burst.address += kBeatBytes;
      if (--burst.beats == 0) {
        responses_.push_back({burst.address, 0, cycle_ + timing_.latency, burst.response});
        writes_.pop_front();
      }
    }
  }

  void Respond() {
    if (b_fires_) {
      Log(kWriteResponse, responses_.front().address, *pins_.bresp);
      responses_.pop_front();
    }
    if (*pins_.bvalid && !b_fires_) return;
    b_fires_ = false;
    *pins_.bvalid = !responses_.empty() && responses_.front().due <= cycle_ && !Pauses();
    if (*pins_.bvalid) *pins_.bresp = responses_.front().response;
  }

  AxiPins pins_;
  uint8_t* bytes_;
  Range range_;
  Timing timing_;
  std::mt19937_64 rng_;
  uint64_t cycle_ = 0;
  std::deque<Burst> reads_, writes_, responses_;
  std::deque<Data> data_;
  Held ar_held_, aw_held_, w_held_;
  bool ar_fires_ = false, aw_fires_ = false, w_fires_ = false, r_fires_ = false, b_fires_ = false;
};

}  // namespace rbonn
