// SPDX-License-Identifier: BSD-3-Clause
//
// A clock buffer, for lint and simulation.

module BUFG (
  input  logic I,
  output logic O
);
  assign O = I;
endmodule : BUFG
