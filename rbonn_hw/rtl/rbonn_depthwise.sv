// SPDX-License-Identifier: BSD-3-Clause
//
// Depthwise convolution over windows that a window generator lays out:
//
//   out[c] = sum over k of W[k][c] * x[k][c]        c a channel, k a tap of the window
//
// W is bipolar or an integer, x an integer. A window comes tap by tap, channels innermost, as an
// MVAU would read it: either Fold beats of PE channels a tap (SIMD = 1), or SIMD taps of all PE
// channels a beat (Fold = 1). II = 1; a window takes Taps / SIMD * Fold beats, and its results leave
// in Fold beats of PE channels after the last tap. Sums of a window lie in Fold words of a RAM (a
// register for Fold = 1).
//
// Flow control as in rbonn_mvau: what has been issued runs to its end, and a beat of the last tap
// takes one of the 32 places of the output FIFO with it. in_ready_o is a register.
//
// Latency, from the beat that completes a result to out_valid_o: DotStages + 4 cycles, one more with
// BlockRom.
//
// Lane tap * PE + channel of the input, channel of the output; element 0 in the LSBs. Memory:
//   WeightFile  row t * Fold + f : W[t*SIMD +: SIMD] of channel f*PE, then of channel f*PE + 1, ...
//
// Golden model: rbonn_hw/ref/depthwise.py.    Test: tests/rtl/test_depthwise.py.

`include "rbonn_assert.svh"

module rbonn_depthwise #(
  parameter  int unsigned PE          = 4,     // channels per beat
  parameter  int unsigned Fold        = 2,     // beats per tap
  parameter  int unsigned Taps        = 9,     // pixels of a window
  parameter  int unsigned SIMD        = 1,     // taps per beat, divides Taps; 1 unless Fold is 1
  parameter  int unsigned InWidth     = 4,     // of an input element, bits
  parameter  bit          InSigned    = 1'b0,
  parameter  int unsigned WeightWidth = 4,     // 1: bipolar; more: two's complement, bits
  parameter  int unsigned AccWidth    = 12,    // holds every result, bits
  parameter  bit          BlockRom    = 1'b0,  // weights in block RAM, else in LUTs
  parameter               WeightFile  = "weights.mem"  // $readmemh path
) (
  input  logic                       clk_i,
  input  logic                       rst_i,   // synchronous, active high

  input  logic                       in_valid_i,
  output logic                       in_ready_o,
  input  logic [SIMD*PE*InWidth-1:0] in_data_i,

  output logic                       out_valid_o,
  input  logic                       out_ready_i,
  output logic [PE*AccWidth-1:0]     out_data_o
);

  if (PE < 1 || Fold < 1 || SIMD < 1 || Taps % SIMD != 0) begin : gen_bad_size
    $error("PE=%0d, Fold=%0d and SIMD=%0d must be at least 1, and SIMD divide Taps=%0d",
           PE, Fold, SIMD, Taps);
  end
  if (SIMD > 1 && Fold > 1) begin : gen_bad_fold
    $error("SIMD=%0d needs Fold=%0d to be 1: taps of a beat have all channels", SIMD, Fold);
  end

  localparam int unsigned Groups    = Taps / SIMD;
  localparam int unsigned Tiles     = Groups * Fold;
  // As in rbonn_dot, which checks it.
  localparam int unsigned DotStages = ((WeightWidth > 1) ? 1 : 0) + ($clog2(SIMD) + 1) / 2;
  localparam int unsigned Depth     = DotStages + (BlockRom ? 2 : 1);  // issue to accumulator input
  localparam int unsigned Slots     = 32;             // one RAM32M deep

  // Width of a counter over `n` values, at least one bit.
  function automatic int unsigned count_width(int unsigned n);
    return (n > 1) ? $clog2(n) : 1;
  endfunction

  typedef logic [count_width(Fold)-1:0]   fold_t;
  typedef logic [count_width(Tiles)-1:0]  tile_t;
  typedef logic [$clog2(Slots+1)-1:0]     credit_t;
  typedef logic [AccWidth-1:0]            acc_t;
  typedef logic [PE-1:0][AccWidth-1:0]    word_t;

  localparam tile_t BeforeLast = tile_t'((Groups > 1) ? Tiles - Fold - 1 : 0);

  ///////////
  // Issue //
  ///////////

  fold_t   fold_q;
  tile_t   tile_q;                // row of weights
  credit_t credit_q;              // free output slots that no beat is on its way to
  logic    ready_q;               // there was one to spare: credit_q > 0 even after a beat
  logic    first_q, last_q;       // first, last taps of the window
  logic    beat, take, last_fold, last_tile, before_last, credit_return;

  assign in_ready_o  = ready_q;
  assign beat        = in_valid_i && ready_q;
  assign take        = beat && last_q;
  assign last_fold   = 32'(fold_q) == Fold - 1;
  assign last_tile   = 32'(tile_q) == Tiles - 1;
  assign before_last = tile_q == BeforeLast;  // the last taps come next

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      fold_q   <= '0;
      tile_q   <= '0;
      first_q  <= 1'b1;
      last_q   <= Groups == 1;
      credit_q <= credit_t'(Slots);
      ready_q  <= 1'b1;
    end else begin
      if (beat) begin
        fold_q <= last_fold ? '0 : fold_q + 1'b1;
        tile_q <= last_tile ? '0 : tile_q + 1'b1;
        if (last_fold) begin
          first_q <= last_q;
          last_q  <= Groups == 1 || before_last;
        end
      end
      if (credit_return != take) credit_q <= credit_q + (take ? '1 : credit_t'(1));
      ready_q  <= credit_q > credit_t'(1);
    end
  end

  //////////////
  // Operands //
  //////////////

  logic [SIMD*PE*InWidth-1:0]     operand_q, operand;  // the latter beside its weights
  logic [PE*SIMD*WeightWidth-1:0] weights;

  always_ff @(posedge clk_i) operand_q <= in_data_i;

  // A block ROM takes a cycle more than the operand.
  if (BlockRom) begin : gen_late_operand
    logic [SIMD*PE*InWidth-1:0] late_q;
    always_ff @(posedge clk_i) late_q <= operand_q;
    assign operand = late_q;
  end else begin : gen_operand
    assign operand = operand_q;
  end

  rbonn_rom #(
    .Width(PE * SIMD * WeightWidth),
    .Depth(Tiles),
    .Block(BlockRom),
    .File (WeightFile)
  ) u_weights (
    .clk_i,
    .addr_i(tile_q),
    .data_o(weights)
  );

  // What the datapath does with the beat that left the issue stage i cycles ago.
  logic  [Depth:0] valid, first, last;
  fold_t [Depth:0] fold;

  assign valid[0] = beat;
  assign first[0] = first_q;
  assign last[0]  = last_q;
  assign fold[0]  = fold_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) valid[Depth:1] <= '0;
    else       valid[Depth:1] <= valid[Depth-1:0];
  end

  always_ff @(posedge clk_i) begin
    first[Depth:1] <= first[Depth-1:0];
    last[Depth:1]  <= last[Depth-1:0];
    fold[Depth:1]  <= fold[Depth-1:0];
  end

  //////////////////
  // Accumulation //
  //////////////////

  word_t earlier, total, acc_q;
  logic  done_q;  // acc_q holds results

  for (genvar pe = 0; pe < PE; pe++) begin : gen_pe
    logic [SIMD-1:0][InWidth-1:0] x;
    acc_t sum, base, addend;
    logic negate;

    for (genvar tap = 0; tap < SIMD; tap++) begin : gen_tap
      assign x[tap] = operand[(tap*PE+pe)*InWidth +: InWidth];
    end

    rbonn_dot #(
      .SIMD       (SIMD),
      .InWidth    (InWidth),
      .InSigned   (InSigned),
      .WeightWidth(WeightWidth),
      .Xnor       (1'b0),
      .SumWidth   (AccWidth),
      .Stages     (DotStages)
    ) u_dot (
      .clk_i,
      .x_i     (x),
      .w_i     (weights[pe*SIMD*WeightWidth +: SIMD*WeightWidth]),
      .sum_o   (sum),
      .negate_o(negate)
    );

    assign base      = first[Depth] ? '0 : earlier[pe];
    assign addend    = sum ^ {AccWidth{negate}};
    assign total[pe] = base + addend + acc_t'(negate);
  end

  always_ff @(posedge clk_i) begin
    if (valid[Depth]) acc_q <= total;
  end

  if (Fold > 1) begin : gen_ram
    // A word is written Fold cycles or more before it is read again, and Fold is at least 2.
    rbonn_ram #(
      .Width(PE * AccWidth),
      .Depth(Fold)
    ) u_sums (
      .clk_i,
      .write_i        (valid[Depth]),
      .write_address_i(fold[Depth]),
      .write_data_i   (total),
      .read_i         (1'b1),
      .read_address_i (fold[Depth-1]),
      .read_data_o    (earlier)
    );
  end else begin : gen_register
    logic unused_fold;
    assign unused_fold = ^fold;
    assign earlier     = acc_q;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) done_q <= 1'b0;
    else       done_q <= valid[Depth] && last[Depth];
  end

  rbonn_result_stage #(
    .Width(PE * AccWidth),
    .Slots(Slots)
  ) u_result (
    .clk_i,
    .rst_i,
    .push_i (done_q),
    .data_i (acc_q),
    .free_o (credit_return),
    .out_valid_o,
    .out_ready_i,
    .out_data_o
  );

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))
  `ASSERT(TileFollowsFolds, 32'(tile_q) % Fold == 32'(fold_q) && 32'(tile_q) < Tiles)
  `ASSERT(FlagsFollowTile, first_q == (32'(tile_q) < Fold)
                           && last_q == (32'(tile_q) >= Tiles - Fold))
  `ASSERT(CreditInRange, 32'(credit_q) <= Slots && (!ready_q || credit_q != '0))

endmodule : rbonn_depthwise
