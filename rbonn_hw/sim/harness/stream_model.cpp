// SPDX-License-Identifier: BSD-3-Clause
//
// Binds a verilated model to the stream driver. The generated ports.hpp defines
//   RBONN_CLOCK, RBONN_RESET, RBONN_RESET_ACTIVE, RBONN_TRACE (0 or 1),
//   RBONN_INPUTS(X), RBONN_OUTPUTS(X)   X(name, valid, ready, data, word_bytes) for every stream,
//   RBONN_PROBES(X)                     X(label, valid, ready) for every internal stream,
//   RBONN_TAPS(X)                       X(valid, ready, data, word_bytes) for those that are recorded.

#include <memory>
#include <string>

#include "Vmodel.h"
#include "Vmodel___024root.h"
#include "ports.hpp"
#include "stream_driver.hpp"
#include "verilated.h"
#if RBONN_TRACE
#include "verilated_fst_c.h"
#endif

namespace {

class Model final : public rbonn::Device {
 public:
  Model(VerilatedContext* context, Vmodel* model) : model_(model) {
    (void)context;
#if RBONN_TRACE
    context->traceEverOn(true);
#endif
#define RBONN_PIN(signal) reinterpret_cast<uint8_t*>(&model->signal)
#define RBONN_STREAM(name, valid, ready, data, bytes) \
  {name, RBONN_PIN(valid), RBONN_PIN(ready), RBONN_PIN(data), bytes},
#define RBONN_PROBE(label, valid, ready) \
  {label, RBONN_PIN(rootp->valid), RBONN_PIN(rootp->ready)},
#define RBONN_TAP(valid, ready, data, bytes) \
  {RBONN_PIN(rootp->valid), RBONN_PIN(rootp->ready), RBONN_PIN(rootp->data), bytes},
    inputs = {RBONN_INPUTS(RBONN_STREAM)};
    outputs = {RBONN_OUTPUTS(RBONN_STREAM)};
    probes = {RBONN_PROBES(RBONN_PROBE)};
    taps = {RBONN_TAPS(RBONN_TAP)};
    clock = RBONN_PIN(RBONN_CLOCK);
    reset = RBONN_PIN(RBONN_RESET);
    reset_active = RBONN_RESET_ACTIVE;
  }

  void Eval() override { model_->eval(); }

#if RBONN_TRACE
  void OpenWaveform(const std::string& path) override {
    model_->trace(&waveform_, 99);
    waveform_.open(path.c_str());
  }
  void DumpWaveform(uint64_t time) override { waveform_.dump(time); }
  void CloseWaveform() override { waveform_.close(); }
#else
  void OpenWaveform(const std::string&) override {}
  void DumpWaveform(uint64_t) override {}
  void CloseWaveform() override {}
#endif

 private:
  Vmodel* model_;
#if RBONN_TRACE
  VerilatedFstC waveform_;
#endif
};

}  // namespace

int main(int argc, char** argv) {
  VerilatedContext context;
  // Registers without reset start with arbitrary values: a kernel that trusts them fails its tests.
  context.randReset(2);
  context.randSeed(1);
  Vmodel model(&context, "top");
  Model device(&context, &model);
  return rbonn::Drive(device, argc, argv);
}
