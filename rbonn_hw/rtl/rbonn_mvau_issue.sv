// SPDX-License-Identifier: BSD-3-Clause
//
// Decides when rbonn_mvau issues a beat, and which:
//
//   for nf = 0 .. NeuronFold-1, for sf = 0 .. SynapseFold-1, for ever
//
// A beat of nf = 0 takes an input word; a beat of the last sf completes a result and needs a credit,
// of which there are Slots (one is never used if there are more). Every answer about the next beat
// is a register, in_ready_o among them, so that a beat is decided in one gate and no path leads to
// in_ready_o.
//
// Used by rbonn_mvau.    Test: tests/rtl/test_mvau.py.

`include "rbonn_assert.svh"

module rbonn_mvau_issue #(
  parameter  int unsigned SynapseFold = 4,  // beats of an input vector
  parameter  int unsigned NeuronFold  = 2,  // times that it is needed
  parameter  int unsigned Slots       = 1,  // results that may be on their way
  localparam int unsigned Tiles       = SynapseFold * NeuronFold,
  localparam int unsigned SfWidth     = (SynapseFold > 1) ? $clog2(SynapseFold) : 1,
  localparam int unsigned TileWidth   = (Tiles > 1) ? $clog2(Tiles) : 1
) (
  input  logic                 clk_i,
  input  logic                 rst_i,  // synchronous, active high

  input  logic                 in_valid_i,
  output logic                 in_ready_o,
  input  logic                 credit_return_i,

  output logic                 beat_o,     // issued in this cycle:
  output logic                 reading_o,  // nf == 0
  output logic                 first_o,    // sf == 0
  output logic                 last_o,     // sf == SynapseFold - 1
  output logic [SfWidth-1:0]   sf_o,
  output logic [TileWidth-1:0] tile_o      // nf * SynapseFold + sf
);

  if (SynapseFold < 1 || NeuronFold < 1 || Slots < 1) begin : gen_bad_size
    $error("SynapseFold=%0d, NeuronFold=%0d and Slots=%0d must be at least 1",
           SynapseFold, NeuronFold, Slots);
  end
  if (Slots == 1 && SynapseFold == 1) begin : gen_bad_slots
    $error("Slots=1 must be at least 2 when SynapseFold=1: every beat needs a credit");
  end

  localparam int unsigned NfWidth = (NeuronFold > 1) ? $clog2(NeuronFold) : 1;

  typedef logic [SfWidth-1:0]         sf_t;
  typedef logic [NfWidth-1:0]         nf_t;
  typedef logic [TileWidth-1:0]       tile_t;
  typedef logic [$clog2(Slots+1)-1:0] credit_t;

  // Where a flag about the next beat, or the beat after it, is found out.
  localparam sf_t ThirdToLast  = sf_t'((SynapseFold > 1) ? (2 * SynapseFold - 3) % SynapseFold : 0);
  localparam nf_t SecondToLast = nf_t'((NeuronFold > 1) ? NeuronFold - 2 : 0);

  sf_t     sf_d, sf_q;
  nf_t     nf_d, nf_q;
  tile_t   tile_d, tile_q;
  credit_t credit_d, credit_q;    // free output slots that no beat is on its way to
  logic    first_d, first_q;
  logic    last_d, last_q;
  logic    next_last_d, next_last_q;      // last_q of the beat after this one
  logic    last_neuron_d, last_neuron_q;  // nf_q == NeuronFold - 1
  logic    reading_d, reading_q;
  logic    funded_d, funded_q;    // a credit is left; with one slot: if no beat takes it now
  logic    go_d, go_q;            // the beat has the credit that it needs, if any
  logic    ready_d, ready_q;      // go_q && reading_q
  logic    go_if_beat, go_if_none, ready_if_beat, ready_if_none;
  logic    beat, take;

  assign beat       = go_q && (!reading_q || in_valid_i);
  assign take       = beat && last_q;
  assign in_ready_o = ready_q;
  assign beat_o     = beat;
  assign reading_o  = reading_q;
  assign first_o    = first_q;
  assign last_o     = last_q;
  assign sf_o       = sf_q;
  assign tile_o     = tile_q;

  always_comb begin
    sf_d     = sf_q;
    nf_d     = nf_q;
    tile_d   = tile_q;
    credit_d = credit_q;
    if (Slots == 1) credit_d = (credit_q & ~credit_t'(take)) | credit_t'(credit_return_i);
    else if (credit_return_i != take) credit_d = credit_q + (take ? '1 : credit_t'(1));
    if (beat) begin
      sf_d   = last_q ? '0 : sf_q + 1'b1;
      tile_d = (last_q && last_neuron_q) ? '0 : tile_q + 1'b1;
    end
    if (take) nf_d = last_neuron_q ? '0 : nf_q + 1'b1;
  end

  // Conditions of the old counters, not compares of the new ones.
  always_comb begin
    first_d       = first_q;
    last_d        = last_q;
    next_last_d   = next_last_q;
    last_neuron_d = last_neuron_q;
    reading_d     = reading_q;
    if (beat) begin
      first_d     = last_q;
      last_d      = next_last_q;
      next_last_d = SynapseFold == 1 || sf_q == ThirdToLast;
    end
    if (take) begin
      last_neuron_d = NeuronFold == 1 || nf_q == SecondToLast;
      reading_d     = last_neuron_q;
    end
  end

  // With many credits the last one is left alone: then the count of the last cycle will do. With one,
  // a beat that takes it is followed by a beat that needs none.
  assign funded_d = (Slots > 1) ? 32'(credit_q) > 1 : credit_q[0] || credit_return_i;

  // Both answers are ready when it is known whether there is a beat: that comes last.
  assign go_if_beat    = !next_last_q || funded_d;
  assign go_if_none    = !last_q || funded_d;
  assign ready_if_beat = go_if_beat && (last_q ? last_neuron_q : reading_q);
  assign ready_if_none = go_if_none && reading_q;
  assign go_d          = beat ? go_if_beat : go_if_none;
  assign ready_d       = beat ? ready_if_beat : ready_if_none;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      sf_q          <= '0;
      nf_q          <= '0;
      tile_q        <= '0;
      credit_q      <= credit_t'(Slots);
      first_q       <= 1'b1;
      last_q        <= SynapseFold == 1;
      next_last_q   <= SynapseFold <= 2;
      last_neuron_q <= NeuronFold == 1;
      reading_q     <= 1'b1;
      funded_q      <= 1'b1;
      go_q          <= 1'b1;
      ready_q       <= 1'b1;
    end else begin
      sf_q          <= sf_d;
      nf_q          <= nf_d;
      tile_q        <= tile_d;
      credit_q      <= credit_d;
      first_q       <= first_d;
      last_q        <= last_d;
      next_last_q   <= next_last_d;
      last_neuron_q <= last_neuron_d;
      reading_q     <= reading_d;
      funded_q      <= funded_d;
      go_q          <= go_d;
      ready_q       <= ready_d;
    end
  end

  `ASSERT(TileFollowsFolds, 32'(tile_q) == 32'(nf_q) * SynapseFold + 32'(sf_q))
  `ASSERT(CreditInRange, 32'(credit_q) <= Slots)
  `ASSERT(FlagsFollowFolds, first_q == (sf_q == '0) && last_q == (32'(sf_q) == SynapseFold - 1)
                            && reading_q == (nf_q == '0)
                            && last_neuron_q == (32'(nf_q) == NeuronFold - 1))
  `ASSERT(GoFollowsCredit, (Slots == 1 || !funded_q || credit_q != '0)
                           && go_q == (!last_q || ((Slots > 1) ? funded_q : credit_q != '0))
                           && ready_q == (go_q && reading_q))

endmodule : rbonn_mvau_issue
