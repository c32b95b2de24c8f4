// SPDX-License-Identifier: BSD-3-Clause
//
// The verilated shell between a memory and a processor's port, behind a C interface for
// rbonn_hw/sim/shell.py. Functions that return text return an error, or null.

#include <cstdint>
#include <cstring>
#include <string>

#include "Vmodel.h"
#include "axi_memory.hpp"
#include "fault.hpp"
#include "lite_master.hpp"
#include "verilated.h"

namespace {

constexpr int kResetCycles = 8;
constexpr uint32_t kStatus = 0x10, kBusy = 1;
constexpr uint64_t kPollCycles = 16;

rbonn::AxiPins MemoryPins(Vmodel& m) {
  return {
      .arvalid = &m.m_axi_arvalid_o, .arlen = &m.m_axi_arlen_o, .arsize = &m.m_axi_arsize_o,
      .arburst = &m.m_axi_arburst_o, .rready = &m.m_axi_rready_o, .araddr = &m.m_axi_araddr_o,
      .awvalid = &m.m_axi_awvalid_o, .awlen = &m.m_axi_awlen_o, .awsize = &m.m_axi_awsize_o,
      .awburst = &m.m_axi_awburst_o, .wvalid = &m.m_axi_wvalid_o, .wstrb = &m.m_axi_wstrb_o,
      .wlast = &m.m_axi_wlast_o, .bready = &m.m_axi_bready_o, .awaddr = &m.m_axi_awaddr_o,
      .wdata = &m.m_axi_wdata_o, .arready = &m.m_axi_arready_i, .rvalid = &m.m_axi_rvalid_i,
      .rresp = &m.m_axi_rresp_i, .rlast = &m.m_axi_rlast_i, .awready = &m.m_axi_awready_i,
      .wready = &m.m_axi_wready_i, .bvalid = &m.m_axi_bvalid_i, .bresp = &m.m_axi_bresp_i,
      .rdata = &m.m_axi_rdata_i,
  };
}

rbonn::LitePins RegisterPins(Vmodel& m) {
  return {
      .awvalid = &m.s_axil_awvalid_i, .wvalid = &m.s_axil_wvalid_i, .wstrb = &m.s_axil_wstrb_i,
      .bready = &m.s_axil_bready_i, .arvalid = &m.s_axil_arvalid_i, .rready = &m.s_axil_rready_i,
      .awaddr = &m.s_axil_awaddr_i, .araddr = &m.s_axil_araddr_i, .wdata = &m.s_axil_wdata_i,
      .awready = &m.s_axil_awready_o, .wready = &m.s_axil_wready_o, .bvalid = &m.s_axil_bvalid_o,
      .bresp = &m.s_axil_bresp_o, .arready = &m.s_axil_arready_o, .rvalid = &m.s_axil_rvalid_o,
      .rresp = &m.s_axil_rresp_o, .rdata = &m.s_axil_rdata_o,
  };
}

struct Shell {
  Shell(uint8_t* bytes, rbonn::Range range, rbonn::Timing timing)
      : model(Prepared(context), "top"),
        memory(MemoryPins(model), bytes, range, timing),
        processor(RegisterPins(model), [this] { Step(); }, timing.seed + 1) {}

  // Registers without reset start with arbitrary values.
  static VerilatedContext* Prepared(VerilatedContext& context) {
    context.randReset(2);
    context.randSeed(1);
    return &context;
  }

  void Step() {
    model.clk_i = 0;
    model.eval();
    memory.Sample();
    processor.Sample();
    model.clk_i = 1;
    model.eval();
    memory.Advance();
    context.timeInc(1);
    ++cycles;
  }

  void Reset() {
    memory.Reset();
    processor.Reset();
    model.rst_i = 1;
    for (int cycle = 0; cycle < kResetCycles; ++cycle) {
      model.clk_i = 0;
      model.eval();
      model.clk_i = 1;
      model.eval();
      context.timeInc(1);
    }
    model.rst_i = 0;
    cycles = 0;
  }

  bool Busy() { return processor.Read(kStatus) & kBusy; }

  VerilatedContext context;
  Vmodel model;
  rbonn::AxiMemory memory;
  rbonn::LiteMaster processor;
  uint64_t cycles = 0;
  std::string error;
};

template <typename Action>
const char* Try(Shell* shell, Action action) {
  try {
    action();
    return nullptr;
  } catch (const rbonn::Fault& fault) {
    shell->error = fault.what();
    return shell->error.c_str();
  }
}

}  // namespace

extern "C" {

Shell* rbonn_shell_new(uint8_t* bytes, uint64_t base, uint64_t length, uint64_t latency,
                       double stall, uint64_t outstanding, uint64_t seed) {
  return new Shell(bytes, {base, length}, {latency, stall, outstanding, seed});
}

void rbonn_shell_delete(Shell* shell) { delete shell; }

const char* rbonn_shell_reset(Shell* shell) {
  return Try(shell, [&] { shell->Reset(); });
}

const char* rbonn_shell_read(Shell* shell, uint32_t offset, uint32_t* value) {
  return Try(shell, [&] { *value = shell->processor.Read(offset); });
}

const char* rbonn_shell_write(Shell* shell, uint32_t offset, uint32_t value, uint32_t strobes) {
  return Try(shell, [&] { shell->processor.Write(offset, value, strobes); });
}

const char* rbonn_shell_run(Shell* shell, uint64_t cycles) {
  return Try(shell, [&] {
    for (uint64_t cycle = 0; cycle < cycles; ++cycle) shell->Step();
  });
}

const char* rbonn_shell_run_until_idle(Shell* shell, uint64_t limit, uint32_t* busy) {
  return Try(shell, [&] {
    const uint64_t end = shell->cycles + limit;
    while ((*busy = shell->Busy()) && shell->cycles < end) {
      for (uint64_t cycle = 0; cycle < kPollCycles; ++cycle) shell->Step();
    }
  });
}

int rbonn_shell_interrupt(Shell* shell) { return shell->model.irq_o; }
uint64_t rbonn_shell_cycles(Shell* shell) { return shell->cycles; }

void rbonn_shell_fail(Shell* shell, int writes, uint64_t first, uint64_t length) {
  (writes ? shell->memory.fail_writes : shell->memory.fail_reads) = {first, length};
}

// Rows of (cycle, address, what) on one channel; returns their number, and copies unless `rows` is
// null.
uint64_t rbonn_shell_log(Shell* shell, int channel, int64_t* rows) {
  const auto& log = shell->memory.logs[channel];
  if (rows != nullptr && !log.empty()) {
    std::memcpy(rows, log.data(), log.size() * sizeof(log[0]));
  }
  return log.size();
}

}  // extern "C"
