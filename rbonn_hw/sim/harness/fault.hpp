// SPDX-License-Identifier: BSD-3-Clause
//
// What makes a simulation worthless: Verilator's runtime warnings (a memory file that is not there),
// failed assertions, $stop and broken stream rules all end in this exception.

#pragma once

#include <stdexcept>

namespace rbonn {

class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace rbonn
