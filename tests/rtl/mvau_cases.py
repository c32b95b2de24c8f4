"""MVAU configurations, and how to run them, for the tests of the RTL and of its HLS twin."""

from pathlib import Path

from rbonn_hw.datatypes import IntType
from rbonn_hw.memory import mvau_weight_words, threshold_words
from rbonn_hw.packing import Ints, pack, readmemh_text, unpack
from rbonn_hw.ref.stimulus import MvauCase
from rbonn_hw.sim.model import Model, Run, build, kernel_design
from rbonn_hw.spec.mvau import MvauSpec

INT4, INT8, UINT8 = IntType(4, signed=True), IntType(8, signed=True), IntType(8, signed=False)

MVAU_CASES = {
    "xnor-fully-folded": MvauSpec(mw=27, mh=6, pe=1, simd=1, xnor=True),
    "xnor-partly-folded": MvauSpec(mw=144, mh=8, pe=2, simd=24, xnor=True),
    "xnor-unfolded-wider-than-64-bits": MvauSpec(mw=72, mh=5, pe=5, simd=72, xnor=True),
    "xnor-sign-with-fifo": MvauSpec(mw=55, mh=6, pe=3, simd=11, xnor=True, steps=1),
    "xnor-7-steps-in-block-ram": MvauSpec(
        mw=36, mh=32, pe=2, simd=4, xnor=True, steps=7, out_bias=-4, ram_style="block"
    ),
    "xnor-in-block-ram-with-one-slot": MvauSpec(mw=42, mh=4, pe=2, simd=6, xnor=True, ram_style="block"),
    "xnor-in-block-ram-with-fifo": MvauSpec(mw=36, mh=4, pe=2, simd=6, xnor=True, ram_style="block"),
    "int8-by-int8-in-block-ram": MvauSpec(
        mw=10, mh=4, pe=2, simd=5, input=INT8, weight_bits=8, ram_style="block"
    ),
    "uint8-by-bipolar": MvauSpec(mw=27, mh=4, pe=2, simd=3, input=UINT8),
    "int4-by-bipolar-with-15-steps": MvauSpec(mw=19, mh=4, pe=2, simd=19, input=INT4, steps=15),
    "uint8-by-bipolar-replayed-at-once": MvauSpec(mw=6, mh=6, pe=2, simd=3, input=UINT8),
    "int8-by-int8": MvauSpec(mw=10, mh=4, pe=4, simd=5, input=INT8, weight_bits=8),
    "int12-by-int4": MvauSpec(mw=6, mh=4, pe=2, simd=3, input=IntType(12, signed=True), weight_bits=4),
    "uint8-by-int3-fully-folded": MvauSpec(mw=9, mh=3, pe=1, simd=1, input=UINT8, weight_bits=3),
}
"""By name. Least synapse fold with one output slot, and the one below it: partly folded and with FIFO."""


def build_model(spec: MvauSpec, case: MvauCase, folder: Path) -> Model:
    """Write the memories of a case and compile the unit."""
    words = mvau_weight_words(spec, case.weights)
    (folder / "weights.mem").write_text(readmemh_text(words, spec.weight_row_bits))
    unit = spec.threshold
    if unit is not None and case.thresholds is not None:
        rows = threshold_words(unit, case.thresholds)
        (folder / "thresholds.mem").write_text(readmemh_text(rows, unit.threshold_row_bits))
    return build(kernel_design(spec), folder)


def stream(model: Model, spec: MvauSpec, x: Ints, *, in_stall: float = 0.0, out_stall: float = 0.0) -> Run:
    """Send the vectors ``x`` [n, mw]."""
    words = pack(x.reshape(-1, spec.simd), spec.input.bits)
    beats = len(x) * spec.neuron_fold
    return model.run([words], [beats], in_stall=in_stall, out_stall=out_stall, seed=1)


def results(run: Run, spec: MvauSpec) -> Ints:
    """Return the output vectors [n, mh]."""
    kind = spec.output_type
    return unpack(run.outputs[0], spec.pe, kind.bits, signed=kind.signed).reshape(-1, spec.mh)
