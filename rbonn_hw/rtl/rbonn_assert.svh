// SPDX-License-Identifier: BSD-3-Clause
//
// Assertion macro in the spelling of lowRISC's prim_assert.sv: needs clk_i and rst_i in scope.

`ifndef RBONN_ASSERT_SVH_
`define RBONN_ASSERT_SVH_

`ifdef SYNTHESIS
`define ASSERT(__name, __prop)
`else
`define ASSERT(__name, __prop)                                        \
  __name: assert property (@(posedge clk_i) disable iff (rst_i)       \
                           (__prop))                                  \
  else $error("[%m] %s failed", `"__name`");
`endif

`endif  // RBONN_ASSERT_SVH_
