// SPDX-License-Identifier: BSD-3-Clause
//
// Runs jobs: checks addresses and lengths, starts the DMAs, and ends the job when both are idle.
//
//   Idle -start-> Check -good-> Run -both idle-> Idle (done)
//                   |            |
//                   +--- error --+-> Drain -both idle, accelerator reset-> Idle (error)
//
// Check multiplies FRAMES by the bytes of a frame for 32 cycles. In Check and Drain the width
// converters and FIFOs are flushed, so that no job sees bytes of another one. A buffer that ends
// beyond 2^32 has a bad length.
//
// The accelerator is in reset but for Run from the cycle on in which its first input beat waits. So
// every job finds it in the same state, takes the same cycles, and no error outlasts its job.
//
// Specification: rbonn_hw/spec/registers.py.    Test: tests/rtl/test_job.py and test_shell.py.

`include "rbonn_assert.svh"

module rbonn_job #(
  parameter int unsigned InFrameBytes  = 64,  // bytes of an input frame in memory
  parameter int unsigned OutFrameBytes = 8    // bytes of its answer
) (
  input  logic        clk_i,
  input  logic        rst_i,  // synchronous, active high

  // Registers; the job's are constant while busy_o is high.
  input  logic        start_i,
  input  logic        abort_i,
  input  logic [31:0] in_addr_i,
  input  logic [31:0] in_bytes_i,
  input  logic [31:0] out_addr_i,
  input  logic [31:0] out_bytes_i,
  input  logic [31:0] frames_i,
  output logic        busy_o,
  output logic        done_o,   // pulse: a job ended well
  output logic        error_o,  // pulse: a job ended with error_code_o
  output logic [2:0]  error_code_o,

  // Data path
  input  logic        input_valid_i,  // a beat for the accelerator waits
  input  logic        read_idle_i,
  input  logic        read_error_i,
  input  logic        write_idle_i,
  input  logic        write_error_i,
  output logic        launch_o,    // pulse: the job's transfers begin
  output logic        flush_o,     // end transfers, empty buffers
  output logic        reset_o,     // reset the accelerator, hold its streams
  output logic [31:0] in_last_o,   // address of the last input byte, valid with launch_o
  output logic [31:0] out_last_o   // address of the last output byte
);

  localparam logic [2:0] Unaligned     = 3'd1;
  localparam logic [2:0] BadLength     = 3'd2;
  localparam logic [2:0] ReadResponse  = 3'd3;
  localparam logic [2:0] WriteResponse = 3'd4;
  localparam logic [2:0] Aborted       = 3'd5;

  localparam logic [5:0] CheckCycles = 6'd34;  // 32 bits of FRAMES, and two for the verdict
  localparam logic [5:0] ResetCycles = 6'd32;

  typedef enum logic [1:0] {
    Idle,
    Check,
    Run,
    Drain
  } state_t;

  state_t      state_d, state_q;
  logic [5:0]  step_d, step_q;  // cycles in Check or Drain, up to their number
  logic        checked_d, checked_q;  // step_q == CheckCycles, in Check
  logic        rested_d, rested_q;    // step_q == ResetCycles, in Drain
  logic [2:0]  code_d, code_q;
  logic        flush_q, reset_q;
  logic [31:0] frames_q;        // bits that are still to be multiplied, the next one highest

  /////////////
  // Verdict //
  /////////////

  logic [31:0] in_product, out_product;
  logic        in_overflow, out_overflow, checking;
  logic [32:0] in_last_q, out_last_q;
  logic        unaligned_q, in_bad_q, out_bad_q, bad_length_q;

  assign checking = state_q == Check;

  rbonn_scale #(
    .Factor(InFrameBytes)
  ) u_in_scale (
    .clk_i,
    .clear_i   (!checking),
    .step_i    (step_q < 6'd32),
    .bit_i     (frames_q[31]),
    .product_o (in_product),
    .overflow_o(in_overflow)
  );

  rbonn_scale #(
    .Factor(OutFrameBytes)
  ) u_out_scale (
    .clk_i,
    .clear_i   (!checking),
    .step_i    (step_q < 6'd32),
    .bit_i     (frames_q[31]),
    .product_o (out_product),
    .overflow_o(out_overflow)
  );

  // The inputs are constant during Check, so these are valid in its last cycle.
  always_ff @(posedge clk_i) begin
    frames_q     <= checking ? frames_q << 1 : frames_i;
    in_last_q    <= {1'b0, in_addr_i} + {1'b0, in_bytes_i} - 33'd1;
    out_last_q   <= {1'b0, out_addr_i} + {1'b0, out_bytes_i} - 33'd1;
    unaligned_q  <= in_addr_i[2:0] != '0 || out_addr_i[2:0] != '0;
    in_bad_q     <= in_product != in_bytes_i || in_overflow || in_last_q[32];
    out_bad_q    <= out_product != out_bytes_i || out_overflow || out_last_q[32];
    bad_length_q <= in_bad_q || out_bad_q || frames_i == '0;
  end

  /////////////
  // Control //
  /////////////

  assign busy_o       = state_q != Idle;
  assign error_code_o = code_q;
  assign flush_o      = flush_q;
  assign reset_o      = reset_q;
  assign in_last_o    = in_last_q[31:0];
  assign out_last_o   = out_last_q[31:0];

  always_comb begin
    state_d  = state_q;
    step_d   = step_q;
    code_d   = code_q;
    launch_o = 1'b0;
    done_o   = 1'b0;
    error_o  = 1'b0;
    unique case (state_q)
      Idle: begin
        step_d = '0;
        if (start_i) state_d = Check;
      end
      Check: begin
        step_d = step_q + 1'b1;
        if (abort_i) begin
          state_d = Drain;
          code_d  = Aborted;
        end else if (checked_q) begin
          state_d  = (unaligned_q || bad_length_q) ? Drain : Run;
          code_d   = unaligned_q ? Unaligned : BadLength;
          launch_o = !unaligned_q && !bad_length_q;
        end
        if (state_d != Check) step_d = '0;
      end
      Run: begin
        if (abort_i || read_error_i || write_error_i) begin
          state_d = Drain;
          code_d  = read_error_i ? ReadResponse : write_error_i ? WriteResponse : Aborted;
        end else if (read_idle_i && write_idle_i) begin
          state_d = Idle;
          done_o  = 1'b1;
        end
      end
      Drain: begin
        if (!rested_q) step_d = step_q + 1'b1;
        else if (read_idle_i && write_idle_i) begin
          state_d = Idle;
          error_o = 1'b1;
        end
      end
    endcase
  end

  assign checked_d = checking && step_q == CheckCycles - 1'b1;
  assign rested_d  = state_q == Drain && step_q >= ResetCycles - 1'b1;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q   <= Idle;
      step_q    <= '0;
      checked_q <= 1'b0;
      rested_q  <= 1'b0;
      code_q    <= '0;
      flush_q   <= 1'b0;
      reset_q   <= 1'b1;
    end else begin
      state_q   <= state_d;
      step_q    <= step_d;
      checked_q <= checked_d;
      rested_q  <= rested_d;
      code_q    <= code_d;
      // Not in the last cycle of Check, in which the transfers are launched.
      flush_q   <= state_d == Drain || (state_d == Check && !checked_d);
      reset_q   <= state_d != Run || (reset_q && !input_valid_i);
    end
  end

  `ASSERT(StepInRange, step_q <= CheckCycles)
  `ASSERT(FlagsFollowStep, (!checking || checked_q == (step_q == CheckCycles))
                           && (state_q != Drain || rested_q == (step_q == ResetCycles)))
  `ASSERT(LaunchesWhenIdle, launch_o |-> read_idle_i && write_idle_i && !flush_o)
  `ASSERT(EndsWhenIdle, done_o || error_o |-> read_idle_i && write_idle_i)
  `ASSERT(ResetIsLong, error_o |-> reset_o && step_q == ResetCycles)

endmodule : rbonn_job
