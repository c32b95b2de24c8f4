"""Faults that a proof must find: without them a proof might be one of nothing."""

from dataclasses import dataclass

from tests.proofs.cases import Edit


@dataclass(frozen=True, slots=True)
class Mutation:
    """A fault in the RTL.

    Attributes:
        case: The case whose proof fails.
        fault: The fault.
        refuted: Hierarchical name of a property that no longer holds.
    """

    case: str
    fault: Edit
    refuted: str


def _of(case: str, file: str, old: str, new: str, refuted: str) -> Mutation:
    return Mutation(case, Edit(f"rbonn_{file}.sv", old, new), refuted)


MUTATIONS = {
    "register_loses": _of("register", "register", "load || (ready_q && !in_valid_i)", "load || ready_q",
                          "frames.FramesBounded"),
    "register_forgets": _of("register", "register", "ready_q ? in_data_i : skid_q", "in_data_i",
                            "DataInOrder"),
    "fifo_overflows": _of("fifo_4", "fifo", "ready_d = count_q != count_t'(Depth - 1)", "ready_d = 1'b1",
                          "frames.FramesBounded"),
    "fifo_reorders": _of("fifo_3_block", "fifo", "(read_address_q == LastAddress) ? '0 : ", "",
                         "DataInOrder"),
    "fifo_does_not_hold": _of("fifo_2", "fifo", "!empty_q && (!out_valid_q || out_ready_i)", "!empty_q",
                              "frames.Held"),
    "duplicate_does_not_wait": _of("duplicate_2", "duplicate", "= (pending_q & ~ready) == '0;",
                                   "= !pending_q[0] || ready[0];",
                                   "gen_out[1].gen_used.frames.FramesBounded"),
    "duplicate_repeats": _of("duplicate_2", "duplicate", "pending_q & ~ready & InUse", "pending_q & InUse",
                             "gen_out[0].gen_used.frames.MadeOfInput"),
    "gather_drops": _of("dwc_1_to_3", "gather", "full_d = full_q && !out_ready_i;", "full_d = 1'b0;",
                        "frames.Held"),
    "scatter_overwrites": _of("dwc_4_to_2", "scatter", "!valid_q || (leave && last_q)", "!valid_q || leave",
                              "DataInOrder"),
    "add_takes_one": _of("add", "add", "in1_ready_o = slot_free && in0_valid_i", "in1_ready_o = slot_free",
                         "TakenTogether"),
    "add_subtracts": _of("add_factor", "add", "term0[pe*OutBits +: OutBits] + term1",
                         "term0[pe*OutBits +: OutBits] - term1", "SumInOrder"),
    "concat_drops": _of("concat", "concat", "in1_ready_o = slot_free && second_q", "in1_ready_o = slot_free",
                        "frames1.FramesBounded"),
    "select_overwrites": _of("select", "select", "!keep || !out_valid_q || out_ready_i", "1'b1",
                             "frames.Held"),
    "upsample_takes_early": _of("upsample", "upsample", "in_ready_o   = slot_free && fresh",
                                "in_ready_o   = slot_free", "frames.FramesBounded"),
    "upsample_reads_early": _of("upsample_one_fold", "upsample", "again_q ? recent_q : stored", "stored",
                                "DataInOrder"),
    "labelselect_repeats": _of("labelselect", "labelselect", "out_valid_q <= beat && last;",
                               "out_valid_q <= (beat && last) || out_valid_q;", "frames.MadeOfInput"),
    "labelselect_prefers_the_last": _of("labelselect", "labelselect", ".values[0] > best_value_q",
                                        ".values[0] >= best_value_q", "LabelInOrder"),
    "pool_overwrites": _of("pool_max", "pool", "!busy_q || !last_q || !out_valid_q || out_ready_i", "1'b1",
                           "frames.Held"),
    "pool_reads_early": _of("pool_max", "pool", "again_q ? recent_q : stored", "stored", "ResultInOrder"),
    "threshold_does_not_hold": _of("threshold_3", "threshold", "!valid_q[Latency-1] || out_ready_i", "1'b1",
                                   "frames.Held"),
    "threshold_is_strict": _of("threshold_1", "threshold_node", "{1'b0, value} >= threshold",
                               "{1'b0, value} > threshold", "CountInOrder"),
    "result_stage_does_not_hold": _of("result_stage_4", "result_stage",
                                      "held_q && (!valid_q || out_ready_i)", "held_q", "frames.Held"),
    "result_stage_forgets": _of("result_stage_4", "result_stage", "held_d = level_q != level_t'(1)",
                                "held_d = 1'b0", "frames.AnswerComes"),
    "depthwise_lends_too_much": _of("depthwise", "depthwise", "credit_q > credit_t'(1);", "1'b1;",
                                    "dut.u_result.gen_fifo.NeverOverflows"),
    "depthwise_forgets": _of("depthwise", "depthwise", "base      = first[Depth] ? '0",
                             "base      = 1'b1 ? '0",
                             "SumInOrder"),
    "mvau_lends_too_much": _of("mvau_fifo", "mvau_issue", "32'(credit_q) > 1", "1'b1",
                               "dut.u_result.gen_fifo.NeverOverflows"),
    "mvau_issues_without_credit": _of("mvau_one_slot", "mvau_issue", "go_if_none    = !last_q || funded_d",
                                      "go_if_none    = 1'b1", "dut.u_result.gen_register.NeverOverwritten"),
    "mvau_does_not_replay": _of("mvau_one_slot", "mvau", "operand_d = reading ? in_data_i : vector[sf]",
                                "operand_d = in_data_i", "ProductInOrder"),
    "window_reads_early": _of("window_taps", "window_ahead", "word_i < written_i", "word_i <= written_i",
                              "TagInOrder"),
    "window_overwrites": _of("window_taps", "window_lines", "(space_q[0] && !write) || free_i", "1'b1",
                             "dut.u_lines.ReadyIsSpace"),
    "window_repeats": _of("window_taps", "window", "else if (read_ready) out_valid_o <= read_valid_q;",
                          "else if (read_ready) out_valid_o <= read_valid_q || out_valid_o;",
                          "frames.MadeOfInput"),
    "window_line_does_not_wait": _of("window_rows", "window_line", "in_ready_o = !full_q || free",
                                     "in_ready_o = 1'b1", "TagInOrder"),
    "frame_gate_stays_open": _of("frame_gate", "frame_gate", "open_d = 1'b0;\n        done_d = 1'b1;",
                                 "done_d = 1'b1;", "NoMore"),
    "burst_runs_over": _of("burst", "burst", "(at_end_q ? end_offset_q : '1)", "'1", "WithinBuffer"),
    "burst_does_not_wait": _of("burst", "burst", "moved_q   <= load || start_i;", "moved_q   <= start_i;",
                               "LastIsSaid"),
    "burst_is_not_withdrawn": _of("burst", "burst", "valid_d   = 1'b0;", "valid_d   = valid_q;",
                                  "BusyWhileDue"),
    "dma_read_asks_without_room": _of("dma_read", "dma_read", "offered_q[1] && room_q &&", "offered_q[1] &&",
                                      "dut.FifoHasRoom"),
    "dma_read_keeps_beats": _of("dma_read", "dma_read", ".rst_i      (rst_i || flush_i),",
                                ".rst_i      (rst_i),", "NothingLeft"),
    "dma_read_asks_when_flushed": _of("dma_read", "dma_read", "m_axi_arready_i) && !flush_i;",
                                      "m_axi_arready_i);", "NoneAskedWhenFlushed"),
}  # fmt: skip
