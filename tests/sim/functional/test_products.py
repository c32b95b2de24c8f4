"""Products and thresholds of the functional simulator against the golden models, over shapes and types."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.packing import Ints
from rbonn_hw.ref.depthwise import depthwise
from rbonn_hw.ref.mvau import mvau
from rbonn_hw.ref.stimulus import random_mvau_case, random_threshold_case
from rbonn_hw.ref.threshold import threshold
from rbonn_hw.spec.depthwise import DepthwiseSpec
from rbonn_hw.spec.mvau import MvauSpec
from rbonn_hw.spec.threshold import ThresholdSpec
from tests.sim.functional.one_kernel import answers

WIDTHS = st.one_of(st.integers(1, 140), st.sampled_from([576, 27 * 64, 64 * 36 + 1]))
HEIGHTS = st.one_of(st.integers(1, 40), st.sampled_from([64, 65, 128]))
TYPES = st.builds(IntType, st.integers(2, 16), signed=st.booleans())
STEPS = st.sampled_from([0, 1, 2, 15, 40])
SEEDS = st.integers(0, 1 << 32)


def product(spec: MvauSpec, vectors: int, seed: int) -> None:
    case = random_mvau_case(spec, vectors, seed)
    found = answers(
        "MVAU",
        case.x[:, None],
        (spec.input.qonnx_name, spec.output_type.qonnx_name),
        (1, spec.mh),
        [(case.weights.T > 0).astype(np.int64) if spec.xnor else case.weights.T]
        + ([] if case.thresholds is None else [case.thresholds]),
        binaryXnorMode=int(spec.xnor),
        noActivation=int(not spec.steps),
        ActVal=spec.out_bias,
    )
    expected: Ints = mvau(spec, *case)
    np.testing.assert_array_equal(found[:, 0], expected)


@settings(max_examples=40, deadline=None)
@given(WIDTHS, HEIGHTS, STEPS, st.integers(-3, 3), SEEDS)
def test_popcounts(mw: int, mh: int, steps: int, bias: int, seed: int) -> None:
    bias = bias if steps > 1 else 0
    product(MvauSpec(mw=mw, mh=mh, pe=1, simd=1, xnor=True, steps=steps, out_bias=bias), 6, seed)


@settings(max_examples=60, deadline=None)
@given(WIDTHS, HEIGHTS, TYPES, st.integers(1, 8), STEPS, SEEDS)
def test_integers_of_every_width(
    mw: int, mh: int, kind: IntType, weight_bits: int, steps: int, seed: int
) -> None:
    try:
        spec = MvauSpec(mw=mw, mh=mh, pe=1, simd=1, input=kind, weight_bits=weight_bits, steps=steps)
    except SpecError:  # sums of more than 32 bits
        assume(False)
    product(spec, 6, seed)


def test_sums_that_just_fit_into_32_bits() -> None:
    for kind, mw in ((IntType(16, signed=False), 255), (IntType(16, signed=True), 511)):
        spec = MvauSpec(mw=mw, mh=3, pe=1, simd=1, input=kind, weight_bits=8)
        assert spec.accumulator_type.bits == 32
        product(spec, 5, 0)


@settings(max_examples=40, deadline=None)
@given(HEIGHTS, st.sampled_from([1, 2, 7, 255]), st.integers(2, 32), st.booleans(), st.booleans(), SEEDS)
def test_thresholds(channels: int, steps: int, bits: int, signed: bool, flip: bool, seed: int) -> None:
    spec = ThresholdSpec(
        channels=channels,
        pe=1,
        steps=steps,
        input=IntType(bits, signed=signed),
        output=IntType(10, signed=True),
        out_bias=-4,
        flip=flip,
    )
    case = random_threshold_case(spec, 7, seed)
    signs = [] if case.flip is None else [np.where(case.flip, -1, 1)]
    found = answers(
        "Threshold",
        case.x[:, None],
        (spec.input.qonnx_name, "INT10"),
        (1, channels),
        [case.thresholds, *signs],
        ActVal=-4,
        flip=int(flip),
    )
    np.testing.assert_array_equal(found[:, 0], threshold(spec, *case))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 70), st.integers(1, 12), TYPES, st.integers(1, 8), SEEDS)
def test_each_channel_alone(channels: int, taps: int, kind: IntType, weight_bits: int, seed: int) -> None:
    spec = DepthwiseSpec(channels=channels, taps=taps, pe=1, input=kind, weight_bits=weight_bits)
    rng, half = np.random.default_rng(seed), 1 << (weight_bits - 1)
    weights = rng.integers(-half, half, (taps, channels))
    if weight_bits == 1:
        weights = rng.choice([-1, 1], (taps, channels))
    x = rng.integers(kind.min, kind.max + 1, (5, taps, channels))
    x[0], x[1] = kind.min, kind.max
    types = (kind.qonnx_name, spec.output_type.qonnx_name)
    found = answers("Depthwise", x.reshape(5, 1, -1), types, (1, channels), [weights])
    np.testing.assert_array_equal(found[:, 0], depthwise(spec, weights, x))
