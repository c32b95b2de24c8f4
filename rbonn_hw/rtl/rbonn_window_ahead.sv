// SPDX-License-Identifier: BSD-3-Clause
//
// Whether a window's present word can be read.
//
// ahead is the number of rows that have been written beyond the one in which the word lies, in two's
// complement; step_i adds leave_i to it, and every row that is written adds one. A word is there when
// it is border or has been written; a frame begins with its first word, also where it begins with
// border.
//
// What is asked of the number of rows is found with the number itself, a cycle earlier, so that one
// comparison and a LUT or two lead to there_o.
//
// Test: tests/rtl/test_window.py.

`include "rbonn_assert.svh"

module rbonn_window_ahead #(
  parameter int unsigned AheadWidth = 5,  // holds every number of rows, bits
  parameter int unsigned WordWidth  = 4,  // a word of a row, bits
  parameter int unsigned PadTop     = 1,  // border rows above the map
  parameter int unsigned Rows       = 3   // rows that the memory holds
) (
  input  logic                  clk_i,
  input  logic                  rst_i,  // synchronous, active high

  input  logic                  step_i,         // the present word is read, or is border
  input  logic [AheadWidth-1:0] leave_i,        // rows from the next word back to this one
  input  logic                  border_i,       // it is border
  input  logic                  frame_i,        // it is the first of a frame
  input  logic [WordWidth-1:0]  word_i,         // its place in the row
  input  logic                  row_written_i,  // the memory has one row more from the next cycle on
  input  logic [WordWidth-1:0]  written_i,      // words of the row that is being written
  input  logic                  begun_i,        // these are not 0

  output logic                  there_o
);

  typedef logic [AheadWidth-1:0] ahead_t;

  localparam ahead_t Top = ahead_t'(int'(PadTop));

  ahead_t ahead_q, stayed, left;

  // The row that has been written is carried in. Both sums are at hand when step_i comes, which is late.
  logic unused_carry;
  assign stayed               = ahead_q + ahead_t'(row_written_i);
  assign {left, unused_carry} = {ahead_q, 1'b1} + {leave_i, row_written_i};

  // What follows from the number of rows, with it.
  typedef struct packed {
    logic whole;    // all words of the row have been written
    logic partial;  // it is the row that is being written
    logic above;    // all of row 0 has, where the word is the first of a frame: PadTop rows further
    logic at;       // row 0 is the row that is being written
  } known_t;

  function automatic known_t known(ahead_t ahead);
    return '{
      whole:   !ahead[AheadWidth-1] && ahead != '0,
      partial: ahead == '0,
      above:   $signed(ahead) > $signed(Top),
      at:      ahead == Top
    };
  endfunction

  known_t known_q, known_stayed;

  always_comb begin
    known_stayed = known_q;
    if (row_written_i) begin
      known_stayed.whole   = known_q.whole || known_q.partial;
      known_stayed.partial = ahead_q == '1;
      known_stayed.above   = known_q.above || known_q.at;
      known_stayed.at      = ahead_q == Top - 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      ahead_q <= Top;
      known_q <= known(Top);
    end else begin
      ahead_q <= step_i ? left : stayed;
      known_q <= step_i ? known(left) : known_stayed;
    end
  end

  assign there_o = border_i ? !frame_i || known_q.above || (known_q.at && begun_i)
                            : known_q.whole || (known_q.partial && word_i < written_i);

  `ASSERT(KnownFollowsAhead, known_q == known(ahead_q))
  `ASSERT(NeverFurtherThanTheMemory, $signed(ahead_q) <= $signed(ahead_t'(Rows + 1)))

endmodule : rbonn_window_ahead
