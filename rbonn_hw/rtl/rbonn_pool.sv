// SPDX-License-Identifier: BSD-3-Clause
//
// Pool over windows of KernelH x KernelW pixels that tile the map:
//
//   out[c] = max or sum of in[c] over the window    (max of one unsigned bit is or)
//
// Pixels come row by row, each in Fold beats of PE channels, and leave in the same order: a
// window's beat is offered 2 cycles after its last pixel's. One input beat per cycle as long as the
// output is taken; a result that is not taken stops the input only when the next one is due.
//
// Partial results of a row of windows lie in a row buffer of (Width / KernelW) * Fold words,
// word ox * Fold + f for window column ox and channel fold f. Two stages: read the partial result,
// then combine, write back and, at a window's end, emit. Where consecutive beats meet the same word
// (Fold = 1 inside a window, or a single word) the second takes the first's result from a register.
//
// Lane 0 is the LSB. The map's height is not a parameter: the position repeats with KernelH rows.
//
// Golden model: rbonn_hw/ref/pool.py.    Test: tests/rtl/test_pool.py.

`include "rbonn_assert.svh"

module rbonn_pool #(
  parameter int unsigned Sum      = 0,  // 0 max, 1 sum
  parameter int unsigned PE       = 4,  // elements per beat
  parameter int unsigned Fold     = 2,  // beats per pixel
  parameter int unsigned Width    = 8,  // columns of the map, pixels
  parameter int unsigned KernelH  = 2,  // rows of a window
  parameter int unsigned KernelW  = 2,  // columns of a window, divides Width
  parameter int unsigned InBits   = 4,  // bits of an input element
  parameter int unsigned InSigned = 0,  // 1: two's complement
  parameter int unsigned OutBits  = 4,  // max: InBits; sum: holds every sum
  parameter int unsigned BlockRam = 0   // row buffer: 0 LUT RAM, 1 block RAM
) (
  input  logic                  clk_i,
  input  logic                  rst_i,  // synchronous, active high

  input  logic                  in_valid_i,
  output logic                  in_ready_o,
  input  logic [PE*InBits-1:0]  in_data_i,

  output logic                  out_valid_o,
  input  logic                  out_ready_i,
  output logic [PE*OutBits-1:0] out_data_o
);

  if (PE < 1 || Fold < 1 || InBits < 1 || KernelH < 1) begin : gen_bad_size
    $error("PE=%0d, Fold=%0d, InBits=%0d and KernelH=%0d must be at least 1",
           PE, Fold, InBits, KernelH);
  end
  if (KernelW < 1 || Width % KernelW != 0) begin : gen_bad_kernel
    $error("KernelW=%0d must divide Width=%0d", KernelW, Width);
  end
  if (Sum > 1 || InSigned > 1 || BlockRam > 1) begin : gen_bad_flag
    $error("Sum=%0d, InSigned=%0d and BlockRam=%0d must be 0 or 1", Sum, InSigned, BlockRam);
  end
  if (Sum == 0 ? OutBits != InBits : OutBits < InBits) begin : gen_bad_out
    $error("OutBits=%0d must be InBits=%0d for max and hold every sum for sum", OutBits, InBits);
  end

  // Width of a counter over n values, at least one bit.
  function automatic int unsigned count_width(int unsigned n);
    return (n > 1) ? $clog2(n) : 1;
  endfunction

  localparam int unsigned Columns      = Width / KernelW;
  localparam int unsigned Partials     = Columns * Fold;
  localparam int unsigned AddressWidth = count_width(Partials);

  typedef logic [AddressWidth-1:0] address_t;
  typedef logic [PE*OutBits-1:0]   word_t;

  //////////////////////////////////////
  // Stage 0: position of the beat in //
  //////////////////////////////////////

  logic [count_width(Fold)-1:0]    fold_d, fold_q;      // channel fold
  logic [count_width(KernelW)-1:0] tap_d, tap_q;        // column in the window
  logic [count_width(Columns)-1:0] column_d, column_q;  // window in the row of windows
  logic [count_width(KernelH)-1:0] row_d, row_q;        // row in the window
  address_t                        address_d, address_q;

  logic last_fold, last_tap, last_column, last_row;
  logic accept, advance;

  assign last_fold   = 32'(fold_q) == Fold - 1;
  assign last_tap    = 32'(tap_q) == KernelW - 1;
  assign last_column = 32'(column_q) == Columns - 1;
  assign last_row    = 32'(row_q) == KernelH - 1;
  assign in_ready_o  = advance;
  assign accept      = in_valid_i && advance;

  always_comb begin
    fold_d    = fold_q;
    tap_d     = tap_q;
    column_d  = column_q;
    row_d     = row_q;
    address_d = address_q + 1'b1;
    if (!last_fold) begin
      fold_d = fold_q + 1'b1;
    end else begin
      fold_d = '0;
      tap_d  = last_tap ? '0 : tap_q + 1'b1;
      if (!last_tap) begin
        address_d = address_q - address_t'(Fold - 1);
      end else begin
        column_d = last_column ? '0 : column_q + 1'b1;
        if (last_column) begin
          address_d = '0;
          row_d     = last_row ? '0 : row_q + 1'b1;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      fold_q    <= '0;
      tap_q     <= '0;
      column_q  <= '0;
      row_q     <= '0;
      address_q <= '0;
    end else if (accept) begin
      fold_q    <= fold_d;
      tap_q     <= tap_d;
      column_q  <= column_d;
      row_q     <= row_d;
      address_q <= address_d;
    end
  end

  ////////////////////////////////////////
  // Stage 1: combine, write back, emit //
  ////////////////////////////////////////

  logic                 busy_q;        // the stage holds a beat
  logic                 first_q;       // of its window
  logic                 last_q;        // of its window
  address_t             at_q;
  logic [PE*InBits-1:0] x_q;
  word_t                partial, result;
  logic                 finish;        // the beat leaves the stage
  logic                 emit;
  logic                 out_valid_q;
  word_t                out_data_q;

  // A beat waits only with a result that the output register cannot take.
  assign advance     = !busy_q || !last_q || !out_valid_q || out_ready_i;
  assign finish      = busy_q && advance;
  assign emit        = finish && last_q;
  assign out_valid_o = out_valid_q;
  assign out_data_o  = out_data_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      busy_q      <= 1'b0;
      out_valid_q <= 1'b0;
    end else begin
      if (advance) busy_q <= in_valid_i;
      out_valid_q <= emit || (out_valid_q && !out_ready_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (accept) begin
      first_q <= tap_q == '0 && row_q == '0;
      last_q  <= last_tap && last_row;
      at_q    <= address_q;
      x_q     <= in_data_i;
    end
    if (emit) out_data_q <= result;
  end

  for (genvar pe = 0; pe < PE; pe++) begin : gen_pe
    logic [InBits-1:0]  x;
    logic [OutBits-1:0] extended, earlier;
    assign x      = x_q[pe*InBits +: InBits];
    assign earlier = partial[pe*OutBits +: OutBits];
    if (OutBits > InBits) begin : gen_extend
      assign extended = {{(OutBits - InBits){InSigned != 0 && x[InBits-1]}}, x};
    end else begin : gen_same
      assign extended = x;
    end
    if (Sum != 0) begin : gen_sum
      assign result[pe*OutBits +: OutBits] = extended + (first_q ? '0 : earlier);
    end else begin : gen_max
      logic greater;
      if (InSigned != 0) begin : gen_signed
        assign greater = $signed(extended) > $signed(earlier);
      end else begin : gen_unsigned
        assign greater = extended > earlier;
      end
      assign result[pe*OutBits +: OutBits] = (first_q || greater) ? extended : earlier;
    end
  end

  ////////////////
  // Row buffer //
  ////////////////

  // The result that stage 1 wrote last, for a beat that meets the same word next.
  word_t recent_q, stored;
  logic  again_q;

  if (Fold == 1) begin : gen_forward
    // Stage 0 meets the word of its predecessor unless it begins a window column of several.
    always_ff @(posedge clk_i) begin
      if (accept) again_q <= Partials == 1 || tap_q != '0;
      if (finish) recent_q <= result;
    end
  end else begin : gen_no_forward
    assign again_q  = 1'b0;
    assign recent_q = '0;
  end

  assign partial = again_q ? recent_q : stored;

  if (Partials > 1) begin : gen_buffer
    rbonn_ram #(
      .Width   (PE * OutBits),
      .Depth   (Partials),
      .BlockRam(BlockRam)
    ) u_buffer (
      .clk_i,
      .write_i        (busy_q),  // a beat that waits writes the same again
      .write_address_i(at_q),
      .write_data_i   (result),
      .read_i         (accept),
      .read_address_i (address_q),
      .read_data_o    (stored)
    );
  end else begin : gen_no_buffer
    assign stored = '0;
  end

  `ASSERT(OutHeldUnderBackpressure,
          out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o))
  `ASSERT(AddressFollowsPosition,
          32'(address_q) == 32'(column_q) * Fold + 32'(fold_q))
  `ASSERT(PositionInRange, 32'(fold_q) < Fold && 32'(tap_q) < KernelW
                           && 32'(column_q) < Columns && 32'(row_q) < KernelH)
  `ASSERT(CollisionIsForwarded,
          finish && accept && at_q == address_q |=> again_q || first_q)

endmodule : rbonn_pool
