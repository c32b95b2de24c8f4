// SPDX-License-Identifier: BSD-3-Clause
//
// Replaces the hooks of Verilator's runtime, which is compiled with VL_USER_STOP, VL_USER_FATAL and
// VL_USER_WARN. Verilator only prints a missing $readmemh file and would go on with wrong numbers.

#include "fault.hpp"

#include <string>

#include "verilated.h"

namespace {

std::string Located(const char* filename, int line, const std::string& message) {
  if (filename == nullptr || *filename == '\0') return message;
  const std::string place = line ? std::string(filename) + ":" + std::to_string(line) : filename;
  return place + ": " + message;
}

}  // namespace

void vl_stop(const char* filename, int line, const char*) {
  throw rbonn::Fault(Located(filename, line, "an assertion failed, or $stop was reached"));
}

void vl_fatal(const char* filename, int line, const char*, const char* message) {
  throw rbonn::Fault(Located(filename, line, message));
}

void vl_warn(const char* filename, int line, const char*, const char* message) {
  throw rbonn::Fault(Located(filename, line, message));
}
