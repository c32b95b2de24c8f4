// SPDX-License-Identifier: BSD-3-Clause
//
// A verilated model behind a C interface, for rbonn_hw/sim/xsi.py: ports are read and written as
// little-endian bytes. The generated pins.hpp defines RBONN_PINS(X), X(name, bits, is_input) for
// every port of the top module.

#include <cstdint>
#include <string>
#include <vector>

#include "Vmodel.h"
#include "fault.hpp"
#include "pins.hpp"
#include "verilated.h"
#if VM_TRACE
#include "verilated_fst_c.h"
#endif

namespace {

struct Pin {
  const char* name;
  int bits;
  int is_input;
  uint8_t* bytes;  // in the model
};

struct Model {
  explicit Model(const std::string& path) : model(&context, "top") {
#define RBONN_PIN(name, bits, is_input) \
  {#name, bits, is_input, reinterpret_cast<uint8_t*>(&model.name)},
    pins = {RBONN_PINS(RBONN_PIN)};
#if VM_TRACE
    tracing = !path.empty();
    if (tracing) {
      context.traceEverOn(true);
      model.trace(&waveform, 99);
      waveform.open(path.c_str());
    }
#else
    (void)path;
#endif
  }

  VerilatedContext context;
  Vmodel model;
  std::vector<Pin> pins;
  std::string error;
#if VM_TRACE
  VerilatedFstC waveform;
  bool tracing;
#endif
};

}  // namespace

extern "C" {

// `waveform` is the path of an FST file, or empty.
Model* rbonn_new(const char* waveform) { return new Model(waveform); }

void rbonn_delete(Model* model) {
#if VM_TRACE
  if (model->tracing) model->waveform.close();
#endif
  delete model;
}

int rbonn_pin_count(Model* model) { return static_cast<int>(model->pins.size()); }
const char* rbonn_pin_name(Model* model, int pin) { return model->pins[pin].name; }
int rbonn_pin_bits(Model* model, int pin) { return model->pins[pin].bits; }
int rbonn_pin_is_input(Model* model, int pin) { return model->pins[pin].is_input; }
uint8_t* rbonn_pin_bytes(Model* model, int pin) { return model->pins[pin].bytes; }

// Settles the model, then lets `duration` time units pass. Returns an error text or null.
const char* rbonn_run(Model* model, uint64_t duration) {
  try {
    model->model.eval();
#if VM_TRACE
    if (model->tracing) model->waveform.dump(model->context.time());
#endif
  } catch (const rbonn::Fault& fault) {
    model->error = fault.what();
    return model->error.c_str();
  }
  model->context.timeInc(duration);
  return nullptr;
}

}  // extern "C"
