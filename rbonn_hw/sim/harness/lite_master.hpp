// SPDX-License-Identifier: BSD-3-Clause
//
// A processor's AXI4-Lite port: one access at a time, address and data of a write in either order or
// together, responses taken at once or late, all by chance. Checks that answers come once and stay
// until they are taken.

#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>

#include "fault.hpp"

namespace rbonn {

struct LitePins {
  uint8_t *awvalid, *wvalid, *wstrb, *bready, *arvalid, *rready;
  uint16_t *awaddr, *araddr;
  uint32_t* wdata;
  const uint8_t *awready, *wready, *bvalid, *bresp, *arready, *rvalid, *rresp;
  const uint32_t* rdata;
};

class LiteMaster {
 public:
  // `step` lets one clock cycle pass; it calls Sample with the outputs settled before the edge.
  LiteMaster(const LitePins& pins, std::function<void()> step, uint64_t seed)
      : pins_(pins), step_(std::move(step)), rng_(seed) {}

  void Reset() {
    *pins_.awvalid = *pins_.wvalid = *pins_.bready = *pins_.arvalid = *pins_.rready = 0;
    b_held_ = r_held_ = false;
  }

  void Write(uint32_t offset, uint32_t value, uint32_t strobes) {
    uint64_t aw_wait = Delay(), w_wait = Delay(), b_wait = Delay();
    bool aw_done = false, w_done = false;
    *pins_.awaddr = static_cast<uint16_t>(offset);
    *pins_.wdata = value;
    *pins_.wstrb = static_cast<uint8_t>(strobes);
    Until([&] {
      aw_done |= *pins_.awvalid && aw_fires_;
      w_done |= *pins_.wvalid && w_fires_;
      *pins_.awvalid = !aw_done && Elapsed(aw_wait);
      *pins_.wvalid = !w_done && Elapsed(w_wait);
      awaited_response_ = aw_done && w_done;
      if (*pins_.bready && b_fires_) return true;
      *pins_.bready = awaited_response_ && Elapsed(b_wait);
      return false;
    });
    *pins_.bready = 0;
    awaited_response_ = false;
    if (response_ != 0) throw Fault("register bus: a write was answered with an error");
  }

  uint32_t Read(uint32_t offset) {
    uint64_t ar_wait = Delay(), r_wait = Delay();
    bool ar_done = false;
    *pins_.araddr = static_cast<uint16_t>(offset);
    Until([&] {
      ar_done |= *pins_.arvalid && ar_fires_;
      *pins_.arvalid = !ar_done && Elapsed(ar_wait);
      awaited_data_ = ar_done;
      if (*pins_.rready && r_fires_) return true;
      *pins_.rready = awaited_data_ && Elapsed(r_wait);
      return false;
    });
    *pins_.rready = 0;
    awaited_data_ = false;
    if (response_ != 0) throw Fault("register bus: a read was answered with an error");
    return data_;
  }

  void Sample() {
    aw_fires_ = *pins_.awvalid && *pins_.awready;
    w_fires_ = *pins_.wvalid && *pins_.wready;
    b_fires_ = *pins_.bvalid && *pins_.bready;
    ar_fires_ = *pins_.arvalid && *pins_.arready;
    r_fires_ = *pins_.rvalid && *pins_.rready;
    if (b_held_ && !*pins_.bvalid) throw Fault("register bus: bvalid was withdrawn");
    if (r_held_ && (!*pins_.rvalid || data_ != *pins_.rdata)) {
      throw Fault("register bus: read data was withdrawn or changed");
    }
    if (*pins_.bvalid && !awaited_response_) throw Fault("register bus: a surplus write response");
    if (*pins_.rvalid && !awaited_data_) throw Fault("register bus: surplus read data");
    if (*pins_.bvalid) response_ = *pins_.bresp;
    if (*pins_.rvalid) {
      response_ = *pins_.rresp;
      data_ = *pins_.rdata;
    }
    b_held_ = *pins_.bvalid && !*pins_.bready;
    r_held_ = *pins_.rvalid && !*pins_.rready;
  }

 private:
  static constexpr int kPatience = 1000;  // cycles

  uint64_t Delay() { return rng_() % 3; }
  static bool Elapsed(uint64_t& wait) { return wait == 0 || wait-- == 0; }

  // Drives the pins, then clocks, until `drive` says that the access is over.
  template <typename Drive>
  void Until(Drive drive) {
    aw_fires_ = w_fires_ = b_fires_ = ar_fires_ = r_fires_ = false;
    for (int cycle = 0; cycle < kPatience; ++cycle) {
      if (drive()) return;
      step_();
    }
    throw Fault("register bus: no answer in " + std::to_string(kPatience) + " cycles");
  }

  LitePins pins_;
  std::function<void()> step_;
  std::mt19937_64 rng_;
  bool aw_fires_ = false, w_fires_ = false, b_fires_ = false, ar_fires_ = false, r_fires_ = false;
  bool awaited_response_ = false, awaited_data_ = false, b_held_ = false, r_held_ = false;
  uint8_t response_ = 0;
  uint32_t data_ = 0;
};

}  // namespace rbonn
