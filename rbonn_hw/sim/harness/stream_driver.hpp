// SPDX-License-Identifier: BSD-3-Clause
//
// The driver's view of a verilated model: pointers to its pins, so that the driver is compiled once.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rbonn {

struct StreamPins {
  const char* name;
  uint8_t* valid;
  uint8_t* ready;
  uint8_t* data;  // Verilator keeps ports as little-endian bytes on the hosts it runs on
  size_t word_bytes;
};

struct ProbePins {
  const char* label;
  const uint8_t* valid;
  const uint8_t* ready;
};

struct TapPins {
  const uint8_t* valid;
  const uint8_t* ready;
  const uint8_t* data;
  size_t word_bytes;
};

class Device {
 public:
  virtual ~Device() = default;
  virtual void Eval() = 0;
  virtual void OpenWaveform(const std::string& path) = 0;
  virtual void DumpWaveform(uint64_t time) = 0;
  virtual void CloseWaveform() = 0;

  std::vector<StreamPins> inputs, outputs;
  std::vector<ProbePins> probes;
  std::vector<TapPins> taps;
  uint8_t* clock = nullptr;
  uint8_t* reset = nullptr;
  uint8_t reset_active = 1;
};

// Runs the command line that stream_driver.cpp describes.
int Drive(Device& device, int argc, char** argv);

}  // namespace rbonn
