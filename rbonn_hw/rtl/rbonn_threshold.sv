// SPDX-License-Identifier: BSD-3-Clause
//
// Multi-threshold:
//
//   out[c] = OutBias + #{k : x[c] >= T[c][k]},    k = 0 .. Steps-1, T[c] non-decreasing
//   out[c] = OutBias + #{k : -x[c] >= T[c][k]}    for a channel whose flip bit is set
//
// A pipelined binary search: clog2(Steps + 1) stages with one comparator a lane each. Steps missing
// to a full tree hold a threshold that no input reaches; Steps = 1 is one comparator. A vector of
// Channels elements takes Channels / Pe beats, repeated for ever; fold f carries channels
// f*Pe .. f*Pe+Pe-1. II = 1 per beat. Latency: a cycle a stage, and one more for every stage
// whose table has over 64 entries a lane, which no longer are one LUT a bit (a deep one is a block
// RAM). All stages move
// together: in_ready_o follows out_ready_i combinationally.
//
// Lane 0 is in the LSBs of every stream word and memory word. Memories:
//   ThresholdFile  row (f << s) | p, s = 0 .. Stages-1, has at column s*Pe + lane (InWidth + 1 bits)
//                  the threshold of index (2*p + 1) * 2**(Stages-1-s) - 1 of channel f*Pe + lane as
//                  an offset from the least input, 0 (always) .. 2**InWidth (never); there are
//                  Folds << (Stages-1) rows, and stage s uses the first Folds << s of its columns.
//                  A flipped channel counts the offset upwards from the greatest input downwards.
//   FlipFile       row f: Pe bits, 1 = the channel is flipped; read only when Flip = 1
// rbonn_hw/memory.py writes both.
//
// Golden model: rbonn_hw/ref/threshold.py.    Test: tests/rtl/test_threshold.py.

`include "rbonn_assert.svh"

module rbonn_threshold #(
  parameter  int unsigned Channels      = 8,    // elements of a vector
  parameter  int unsigned Pe            = 2,    // elements per beat, divides Channels
  parameter  int unsigned Steps         = 3,    // thresholds per channel, 1 .. 255
  parameter  int unsigned InWidth       = 8,    // an input element, bits, 1 .. 32
  parameter  int unsigned OutWidth      = 2,    // holds OutBias .. OutBias + Steps, bits
  parameter  bit          InSigned      = 1,    // input is two's complement
  parameter  bit          Flip          = 0,    // channels may be flipped, see FlipFile
  parameter  int          OutBias       = 0,    // negative: output is two's complement
  parameter               ThresholdFile = "thresholds.mem",  // $readmemh paths
  parameter               FlipFile      = "flip.mem",
  localparam int unsigned Folds         = Channels / Pe,
  localparam int unsigned Stages        = $clog2(Steps + 1)
) (
  input  logic                   clk_i,
  input  logic                   rst_i,   // synchronous, active high

  input  logic                   in_valid_i,
  output logic                   in_ready_o,
  input  logic [Pe*InWidth-1:0]  in_data_i,

  output logic                   out_valid_o,
  input  logic                   out_ready_i,
  output logic [Pe*OutWidth-1:0] out_data_o
);

  if (Pe == 0 || Channels % Pe != 0) begin : gen_bad_pe
    $error("Pe=%0d must divide Channels=%0d", Pe, Channels);
  end
  if (Steps < 1 || Steps > 255) begin : gen_bad_steps
    $error("Steps=%0d must lie in 1 .. 255", Steps);
  end
  if (InWidth < 1 || InWidth > 32) begin : gen_bad_in_width
    $error("InWidth=%0d must lie in 1 .. 32", InWidth);
  end
  if (OutBias >= 0 ? 64'(OutBias) + 64'(Steps) >= 64'd1 << OutWidth
                   : OutBias < -(1 << (OutWidth - 1)) ||
                     OutBias + int'(Steps) >= 1 << (OutWidth - 1)) begin : gen_bad_out_width
    $error("OutWidth=%0d does not hold %0d .. %0d", OutWidth, OutBias, OutBias + int'(Steps));
  end
  if (ThresholdFile == "") begin : gen_no_threshold_file
    $error("ThresholdFile is empty: name the $readmemh file of the thresholds");
  end
  if (Flip && FlipFile == "") begin : gen_no_flip_file
    $error("FlipFile is empty: name the $readmemh file of the flip bits, or set Flip=0");
  end

  localparam int unsigned FoldWidth = (Folds > 1) ? $clog2(Folds) : 1;
  // Above the first depth a table and a comparator no longer share a cycle. Above the second a table
  // is block RAM, unless it takes no more LUTs than half a block RAM is worth.
  localparam int unsigned DirectDepth = 64;
  localparam int unsigned LogicDepth  = 256;
  localparam int unsigned LogicLuts   = 62;

  typedef logic [FoldWidth-1:0] fold_t;
  typedef logic [InWidth-1:0]   value_t;
  typedef logic [Stages-1:0]    prefix_t;

  // Cycles before stage `s` reads its table.
  function automatic int unsigned start_of(int unsigned s);
    int unsigned cycles = 0;
    for (int unsigned i = 0; i < s; i++) cycles += (Folds << i) > DirectDepth ? 2 : 1;
    return cycles;
  endfunction

  // Whether the table of stage `s` is LUTs: one for 64 words of a bit, one more to choose among slices.
  function automatic bit in_luts(int unsigned s);
    int unsigned depth = Folds << s;
    return depth <= LogicDepth ||
           (depth <= 4 * LogicDepth && ((depth + 63) / 64 + 1) * (InWidth + 1) <= LogicLuts);
  endfunction

  localparam int unsigned Latency = start_of(Stages);

  /////////////
  // Control //
  /////////////

  logic               advance;
  logic [Latency-1:0] valid_d, valid_q;
  fold_t              fold_d, fold_q;
  fold_t              fold_at [Latency];  // fold of the beat that has made this many cycles

  assign advance     = !valid_q[Latency-1] || out_ready_i;
  assign in_ready_o  = advance;
  assign out_valid_o = valid_q[Latency-1];
  assign valid_d     = Latency'({valid_q, in_valid_i});

  always_comb begin
    fold_d = fold_q;
    if (in_valid_i) fold_d = (32'(fold_q) == Folds - 1) ? '0 : fold_q + 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      valid_q <= '0;
      fold_q  <= '0;
    end else if (advance) begin
      valid_q <= valid_d;
      fold_q  <= fold_d;
    end
  end

  assign fold_at[0] = fold_q;
  for (genvar i = 1; i < Latency; i++) begin : gen_fold
    always_ff @(posedge clk_i) begin
      if (advance) fold_at[i] <= fold_at[i-1];
    end
  end

  ///////////
  // Lanes //
  ///////////

  logic [Pe-1:0] flip;

  if (Flip) begin : gen_flip
    logic [Pe-1:0] rows [Folds];
    initial $readmemh(FlipFile, rows);
    assign flip = rows[fold_q];
  end else begin : gen_no_flip
    assign flip = '0;
  end

  // Offset of a two's complement number from the least one: its sign bit inverted.
  localparam value_t SignBit = InSigned ? value_t'(1) << (InWidth - 1) : '0;

  for (genvar lane = 0; lane < Pe; lane++) begin : gen_lane
    for (genvar s = 0; s < Stages; s++) begin : gen_stage
      value_t  value_i, value_o;
      prefix_t prefix_i;
      logic [(s == Stages - 1 ? OutWidth : Stages)-1:0] count_o;

      if (s == 0) begin : gen_first
        assign value_i  = in_data_i[lane*InWidth +: InWidth] ^ SignBit ^ {InWidth{flip[lane]}};
        assign prefix_i = '0;
      end else begin : gen_next
        assign value_i  = gen_stage[s-1].value_o;
        assign prefix_i = gen_stage[s-1].count_o;
      end

      rbonn_threshold_node #(
        .InWidth     (InWidth),
        .FoldWidth   (FoldWidth),
        .PrefixWidth (Stages),
        .Stage       (s),
        .Rows        (Folds << (Stages - 1)),
        .Columns     (Stages * Pe),
        .Column      (s * Pe + lane),
        .RegisterRom ((Folds << s) > DirectDepth),
        .LogicRom    (in_luts(s)),
        .OutWidth    (s == Stages - 1 ? OutWidth : Stages),
        .OutBias     (s == Stages - 1 ? OutBias : 0),
        .File        (ThresholdFile)
      ) u_node (
        .clk_i,
        .en_i   (advance),
        .fold_i (fold_at[start_of(s)]),
        .value_i,
        .prefix_i,
        .value_o,
        .count_o
      );
    end

    // The value has been searched; only its count goes on.
    logic unused_value;
    assign unused_value = ^gen_stage[Stages-1].value_o;

    assign out_data_o[lane*OutWidth +: OutWidth] = gen_stage[Stages-1].count_o;
  end

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))
  `ASSERT(FoldInRange, 32'(fold_q) < Folds)

endmodule : rbonn_threshold
