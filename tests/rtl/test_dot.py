"""rbonn_dot.sv with rbonn_match_count.sv, rbonn_add_tree.sv and rbonn_result_stage.sv behind it.

Against NumPy products of +-1 and integer values, at the ends of the range and in between.
"""

from pathlib import Path

import numpy as np
import pytest

from rbonn_hw.datatypes import IntType
from rbonn_hw.packing import Ints, pack, unpack
from rbonn_hw.sim.model import Design, StreamPins, build
from rbonn_hw.spec.mvau import MvauSpec

pytestmark = pytest.mark.verilator

BEATS = 400
UINT2 = IntType(2, signed=False)
UNITS = [
    pytest.param(MvauSpec(mw=41, mh=1, pe=1, simd=41, xnor=True), id="popcount-of-three-groups"),
    pytest.param(MvauSpec(mw=2, mh=1, pe=1, simd=2, xnor=True), id="popcount-of-two"),
    pytest.param(MvauSpec(mw=7, mh=1, pe=1, simd=7, input=IntType(4, signed=True)), id="int4-by-bipolar"),
    pytest.param(
        MvauSpec(mw=1, mh=1, pe=1, simd=1, input=IntType(2, signed=False)), id="one-uint2-by-bipolar"
    ),
    pytest.param(
        MvauSpec(mw=6, mh=1, pe=1, simd=6, input=IntType(3, signed=False), weight_bits=3), id="uint3-by-int3"
    ),
]


def simulate(spec: MvauSpec, x: Ints, stored: Ints, folder: Path) -> Ints:
    """Stream inputs and stored weights, both [n, simd]; returns [n]."""
    kind = spec.accumulator_type
    in_bits = spec.simd * (spec.input.bits + spec.weight_bits)
    names = ("SIMD", "InWidth", "InSigned", "WeightWidth", "Xnor")
    design = Design(
        top="dot_stream",
        sources=(Path(__file__).parent / "dot_stream.sv",),
        inputs=(StreamPins("in_valid_i", "in_ready_o", "in_data_i", in_bits),),
        outputs=(StreamPins("out_valid_o", "out_ready_i", "out_data_o", kind.bits),),
        parameters={name: spec.rtl_parameters()[name] for name in names}
        | {"SumWidth": kind.bits, "Stages": spec.dot_stages},
    )
    bits = [unpack(pack(values, b), values.shape[1] * b, 1, signed=False)
            for values, b in ((x, spec.input.bits), (stored, spec.weight_bits))]  # fmt: skip
    run = build(design, folder).run([pack(np.concatenate(bits, axis=1), 1)], [len(x)])
    assert run.cycles == len(x) + spec.dot_stages + 2
    return unpack(run.outputs[0], 1, kind.bits, signed=kind.signed)[:, 0]


@pytest.mark.parametrize("spec", UNITS)
def test_equals_the_plain_product(spec: MvauSpec, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    half = 1 << (spec.weight_bits - 1)
    low, high = (0, 1) if spec.weight_bits == 1 else (-half, half - 1)
    x = rng.integers(spec.input.min, spec.input.max + 1, (BEATS, spec.simd))
    stored = rng.integers(low, high + 1, x.shape)
    for beat, (value, weight) in enumerate(
        (v, w) for v in (spec.input.min, spec.input.max) for w in (low, high)
    ):
        x[beat], stored[beat] = value, weight
    signed = 2 * stored - 1 if spec.weight_bits == 1 else stored

    y = simulate(spec, x, stored, tmp_path)

    if spec.xnor:
        np.testing.assert_array_equal(2 * y - spec.mw, ((2 * x - 1) * signed).sum(axis=1))
    else:
        np.testing.assert_array_equal(y, (x * signed).sum(axis=1))
