// SPDX-License-Identifier: BSD-3-Clause
//
// Matrix-vector unit with optional multi-threshold activation (MVAU):
//
//   acc[h] = popcount(~(W[h] ^ x))                   Xnor: inputs and weights bipolar, as bits
//   acc[h] = sum over i of W[h][i] * x[i]            else: x an integer, W bipolar or integer
//   out[h] = acc[h]                                  Steps = 0
//   out[h] = OutBias + #{k : acc[h] >= T[h][k]}      Steps > 0, see rbonn_threshold
//
// Each beat multiplies SIMD inputs into PE neurons (II = 1). The input vector is read once, on
// neuron fold 0, and replayed from a buffer for the other folds, so a vector takes
// SynapseFold * NeuronFold beats, and vectors follow each other without a bubble.
//
// Flow control: what has been issued runs to its end. Pipeline registers have no clock enable;
// instead a beat that completes a result is issued only while the output stage has a slot for it (a
// credit, taken at issue and returned when the result moves out). So no path leads from out_ready_i
// to in_ready_o, which is a register, and no ready net fans out over the datapath. If results are further apart than the
// pipeline is long, one output register is all the slots that full throughput needs; else it is a
// FIFO of LUT RAM.
//
// Latency, from the beat that completes a result to out_valid_o: DotStages + 3 cycles with the
// register, one more with the FIFO, one more with BlockRom, plus that of rbonn_threshold.
//
// Element 0 of every stream word and memory word is in the LSBs; a bipolar value is bit 1 = +1,
// 0 = -1. Memories, row by row:
//   WeightFile     row nf * SynapseFold + sf : W[nf*PE +: PE][sf*SIMD +: SIMD], WeightWidth bits
//   ThresholdFile  see rbonn_threshold; read only when Steps > 0
//
// Golden model: rbonn_hw/ref/mvau.py.    Test: tests/rtl/test_mvau.py.

`include "rbonn_assert.svh"

module rbonn_mvau #(
  parameter  int unsigned MW            = 64,    // input vector length, elements
  parameter  int unsigned MH            = 32,    // output vector length, elements
  parameter  int unsigned PE            = 4,     // neurons per beat, divides MH
  parameter  int unsigned SIMD          = 8,     // synapses per beat, divides MW
  parameter  int unsigned InWidth       = 1,     // of an input element, bits
  parameter  bit          InSigned      = 1'b0,
  parameter  int unsigned WeightWidth   = 1,     // 1: bipolar; more: two's complement, bits
  parameter  bit          Xnor          = 1'b1,  // inputs are bipolar too; needs both widths 1
  parameter  int unsigned AccWidth      = 7,     // holds every result, bits; popcount: 0 .. MW
  parameter  bit          AccSigned     = 1'b0,
  parameter  int unsigned Steps         = 0,     // thresholds per neuron; 0: raw accumulator out
  parameter  int unsigned OutWidth      = 7,     // of an output element, bits; Steps = 0: AccWidth
  parameter  int          OutBias       = 0,     // added to the count of thresholds
  parameter  bit          BlockRom      = 1'b0,  // weights in block RAM, else in LUTs
  parameter               WeightFile    = "weights.mem",     // $readmemh paths
  parameter               ThresholdFile = "thresholds.mem",
  localparam int unsigned SynapseFold   = MW / SIMD,
  localparam int unsigned NeuronFold    = MH / PE
) (
  input  logic                    clk_i,
  input  logic                    rst_i,   // synchronous, active high

  // Input vector, SynapseFold beats
  input  logic                    in_valid_i,
  output logic                    in_ready_o,
  input  logic [SIMD*InWidth-1:0] in_data_i,

  // Output vector, NeuronFold beats
  output logic                    out_valid_o,
  input  logic                    out_ready_i,
  output logic [PE*OutWidth-1:0]  out_data_o
);

  if (SIMD < 1 || MW % SIMD != 0) begin : gen_bad_simd
    $error("SIMD=%0d must divide MW=%0d", SIMD, MW);
  end
  if (PE < 1 || MH % PE != 0) begin : gen_bad_pe
    $error("PE=%0d must divide MH=%0d", PE, MH);
  end
  if (Xnor && (AccSigned || AccWidth < $clog2(MW + 1))) begin : gen_bad_acc
    $error("AccWidth=%0d must be at least %0d, and AccSigned 0, for a popcount",
           AccWidth, $clog2(MW + 1));
  end
  if (Steps == 0 && OutWidth != AccWidth) begin : gen_bad_out
    $error("OutWidth=%0d must be AccWidth=%0d when Steps is 0", OutWidth, AccWidth);
  end

  localparam int unsigned Tiles     = SynapseFold * NeuronFold;
  // As in rbonn_dot, which checks it: two lanes for 18 synapses, or a lane a synapse.
  localparam int unsigned DotStages = Xnor ? 1 + ($clog2(2 * ((SIMD + 17) / 18)) + 1) / 2 :
                                      ((WeightWidth > 1) ? 1 : 0) + ($clog2(SIMD) + 1) / 2;
  localparam int unsigned Depth     = DotStages + (BlockRom ? 2 : 1);  // issue to accumulator input
  localparam bit          OneSlot   = SynapseFold >= Depth + 3;
  localparam int unsigned Slots     = OneSlot ? 1 : 32;  // one RAM32M deep

  // Width of a counter over `n` values, at least one bit.
  function automatic int unsigned count_width(int unsigned n);
    return (n > 1) ? $clog2(n) : 1;
  endfunction

  typedef logic [count_width(SynapseFold)-1:0] sf_t;
  typedef logic [count_width(Tiles)-1:0]       tile_t;
  typedef logic [AccWidth-1:0]                 acc_t;

  ///////////
  // Issue //
  ///////////

  logic  beat, reading, first_synapse, last_synapse, credit_return;
  sf_t   sf;
  tile_t tile;

  rbonn_mvau_issue #(
    .SynapseFold(SynapseFold),
    .NeuronFold (NeuronFold),
    .Slots      (Slots)
  ) u_issue (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o,
    .credit_return_i(credit_return),
    .beat_o         (beat),
    .reading_o      (reading),
    .first_o        (first_synapse),
    .last_o         (last_synapse),
    .sf_o           (sf),
    .tile_o         (tile)
  );

  //////////////
  // Operands //
  //////////////

  logic [SIMD*InWidth-1:0]        operand_d, operand_q, operand;  // the last beside its weights
  logic [PE*SIMD*WeightWidth-1:0] weights;

  if (NeuronFold > 1 && SynapseFold > 1) begin : gen_replay
    (* ram_style = "distributed" *)
    logic [SIMD*InWidth-1:0] vector [SynapseFold];
    logic                    store_q;
    sf_t                     store_sf_q;

    // Written a cycle late, from registers. Nobody reads so soon: a word is read SynapseFold beats
    // after the beat that brought it, two at least, and the write is over one cycle after that beat.
    always_ff @(posedge clk_i) begin
      if (rst_i) store_q <= 1'b0;
      else store_q <= beat && reading;
    end

    always_ff @(posedge clk_i) begin
      store_sf_q <= sf;
      if (store_q) vector[store_sf_q] <= operand_q;
    end
    assign operand_d = reading ? in_data_i : vector[sf];
  end else begin : gen_no_replay
    logic unused_sf;
    assign unused_sf = ^sf;
    // A vector of one word stays where it is.
    assign operand_d = (NeuronFold == 1 || reading) ? in_data_i : operand_q;
  end

  always_ff @(posedge clk_i) operand_q <= operand_d;

  // A block ROM takes a cycle more than the operand.
  if (BlockRom) begin : gen_late_operand
    logic [SIMD*InWidth-1:0] late_q;
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
    .addr_i(tile),
    .data_o(weights)
  );

  // What the datapath does with the beat that left the issue stage i+1 cycles ago.
  logic [Depth-1:0] valid_q, first_q, last_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      valid_q <= '0;
    end else begin
      valid_q <= Depth'({valid_q, beat});
    end
  end

  always_ff @(posedge clk_i) begin
    first_q <= Depth'({first_q, first_synapse});
    last_q  <= Depth'({last_q, last_synapse});
  end

  //////////////////
  // Accumulation //
  //////////////////

  logic [PE-1:0][AccWidth-1:0] acc_q;
  logic                        done_q;  // acc_q holds results

  for (genvar pe = 0; pe < PE; pe++) begin : gen_pe
    acc_t sum, base, addend;
    logic negate;

    rbonn_dot #(
      .SIMD       (SIMD),
      .InWidth    (InWidth),
      .InSigned   (InSigned),
      .WeightWidth(WeightWidth),
      .Xnor       (Xnor),
      .SumWidth   (AccWidth),
      .Stages     (DotStages)
    ) u_dot (
      .clk_i,
      .x_i     (operand),
      .w_i     (weights[pe*SIMD*WeightWidth +: SIMD*WeightWidth]),
      .sum_o   (sum),
      .negate_o(negate)
    );

    assign base   = first_q[Depth-1] ? '0 : acc_q[pe];
    assign addend = sum ^ {AccWidth{negate}};

    always_ff @(posedge clk_i) begin
      if (valid_q[Depth-1]) acc_q[pe] <= base + addend + acc_t'(negate);
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      done_q <= 1'b0;
    end else begin
      done_q <= valid_q[Depth-1] && last_q[Depth-1];
    end
  end

  //////////////////
  // Output stage //
  //////////////////

  logic                   result_valid, result_ready;
  logic [PE*AccWidth-1:0] result;

  rbonn_result_stage #(
    .Width(PE * AccWidth),
    .Slots(Slots)
  ) u_result (
    .clk_i,
    .rst_i,
    .push_i     (done_q),
    .data_i     (acc_q),
    .free_o     (credit_return),
    .out_valid_o(result_valid),
    .out_ready_i(result_ready),
    .out_data_o (result)
  );

  if (Steps > 0) begin : gen_threshold
    rbonn_threshold #(
      .Channels     (MH),
      .Pe           (PE),
      .Steps        (Steps),
      .InWidth      (AccWidth),
      .OutWidth     (OutWidth),
      .InSigned     (AccSigned),
      .OutBias      (OutBias),
      .ThresholdFile(ThresholdFile)
    ) u_threshold (
      .clk_i,
      .rst_i,
      .in_valid_i (result_valid),
      .in_ready_o (result_ready),
      .in_data_i  (result),
      .out_valid_o,
      .out_ready_i,
      .out_data_o
    );
  end else begin : gen_raw
    assign out_valid_o  = result_valid;
    assign result_ready = out_ready_i;
    assign out_data_o   = result;
  end

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))

endmodule : rbonn_mvau
