// SPDX-License-Identifier: BSD-3-Clause
//
// Repeats pixels: a map ScaleW times as wide and ScaleH times as high (nearest neighbour):
//
//   out[y][x] = in[y / ScaleH][x / ScaleW]
//
// Pixels come row by row, each in Fold beats of PE channels, and leave in the same order. A pixel is
// passed on when it comes, and kept in a buffer of a row of Width * Fold words from which it is
// repeated: ScaleW - 1 times at once, and with its row ScaleH - 1 times more. One output beat per
// cycle (latency 1); no input is taken while pixels are repeated. The word of the next beat is read
// one cycle ahead; with Fold = 1 it may be the one that is just written, and comes from a register.
//
// Lane 0 is the LSB. The map's height is not a parameter.
//
// Golden model: rbonn_hw/ref/upsample.py.    Test: tests/rtl/test_upsample.py.

`include "rbonn_assert.svh"

module rbonn_upsample #(
  parameter int unsigned PE       = 2,  // elements per beat
  parameter int unsigned Fold     = 2,  // beats per pixel
  parameter int unsigned Width    = 4,  // columns of the input, pixels
  parameter int unsigned ScaleH   = 2,  // output rows per input row
  parameter int unsigned ScaleW   = 2,  // output columns per input column
  parameter int unsigned Bits     = 4,  // of an element
  parameter int unsigned BlockRam = 0   // row buffer: 0 LUT RAM, 1 block RAM
) (
  input  logic               clk_i,
  input  logic               rst_i,  // synchronous, active high

  input  logic               in_valid_i,
  output logic               in_ready_o,
  input  logic [PE*Bits-1:0] in_data_i,

  output logic               out_valid_o,
  input  logic               out_ready_i,
  output logic [PE*Bits-1:0] out_data_o
);

  localparam int unsigned Words = Width * Fold;

  if (PE < 1 || Fold < 1 || Bits < 1 || Words < 2) begin : gen_bad_size
    $error("PE=%0d, Fold=%0d and Bits=%0d must be at least 1, Width=%0d * Fold at least 2",
           PE, Fold, Bits, Width);
  end
  if (ScaleH < 1 || ScaleW < 1) begin : gen_bad_scale
    $error("ScaleH=%0d and ScaleW=%0d must be at least 1", ScaleH, ScaleW);
  end

  // Width of a counter over n values, at least one bit.
  function automatic int unsigned count_width(int unsigned n);
    return (n > 1) ? $clog2(n) : 1;
  endfunction

  typedef logic [count_width(Words)-1:0] address_t;
  typedef logic [PE*Bits-1:0]            word_t;

  logic [count_width(Fold)-1:0]   fold_d, fold_q;      // channel fold
  logic [count_width(ScaleW)-1:0] across_d, across_q;  // repetition of the pixel
  logic [count_width(ScaleH)-1:0] down_d, down_q;      // repetition of the row
  address_t                       address_d, address_q;
  logic                           last_fold, last_across, last_address, fresh, slot_free, beat;
  logic                           out_valid_q;
  word_t                          stored, repeated, out_data_q;

  assign last_fold    = 32'(fold_q) == Fold - 1;
  assign last_across  = 32'(across_q) == ScaleW - 1;
  assign last_address = 32'(address_q) == Words - 1;
  assign fresh        = across_q == '0 && down_q == '0;
  assign slot_free    = !out_valid_q || out_ready_i;
  assign beat         = slot_free && (!fresh || in_valid_i);
  assign in_ready_o   = slot_free && fresh;
  assign out_valid_o  = out_valid_q;
  assign out_data_o   = out_data_q;

  always_comb begin
    fold_d    = fold_q;
    across_d  = across_q;
    down_d    = down_q;
    address_d = address_q;
    if (beat) begin
      fold_d    = last_fold ? '0 : fold_q + 1'b1;
      address_d = address_q + 1'b1;
      if (last_fold) begin
        across_d = last_across ? '0 : across_q + 1'b1;
        if (!last_across) begin
          address_d = address_q - address_t'(Fold - 1);
        end else if (last_address) begin
          address_d = '0;
          down_d    = (32'(down_q) == ScaleH - 1) ? '0 : down_q + 1'b1;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      fold_q      <= '0;
      across_q    <= '0;
      down_q      <= '0;
      address_q   <= '0;
      out_valid_q <= 1'b0;
    end else begin
      fold_q      <= fold_d;
      across_q    <= across_d;
      down_q      <= down_d;
      address_q   <= address_d;
      out_valid_q <= beat || (out_valid_q && !out_ready_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (beat) out_data_q <= fresh ? in_data_i : repeated;
  end

  ////////////////
  // Row buffer //
  ////////////////

  rbonn_ram #(
    .Width   (PE * Bits),
    .Depth   (Words),
    .BlockRam(BlockRam)
  ) u_row (
    .clk_i,
    .write_i        (beat && fresh),
    .write_address_i(address_q),
    .write_data_i   (in_data_i),
    .read_i         (1'b1),
    .read_address_i (address_d),
    .read_data_o    (stored)
  );

  if (Fold == 1) begin : gen_forward
    logic  again_q;
    word_t recent_q;

    always_ff @(posedge clk_i) begin
      again_q  <= beat && fresh && address_d == address_q;
      recent_q <= in_data_i;
    end
    assign repeated = again_q ? recent_q : stored;
  end else begin : gen_no_forward
    assign repeated = stored;
  end

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))
  `ASSERT(AddressFollowsFold, 32'(address_q) % Fold == 32'(fold_q) && 32'(address_q) < Words)
  `ASSERT(CountsInRange, 32'(across_q) < ScaleW && 32'(down_q) < ScaleH)

endmodule : rbonn_upsample
