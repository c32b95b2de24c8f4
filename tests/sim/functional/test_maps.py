"""Windows, pools and moves of the functional simulator against the golden models, over shapes and types."""

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from rbonn_hw.datatypes import IntType
from rbonn_hw.errors import SpecError
from rbonn_hw.packing import Ints
from rbonn_hw.ref.add import add
from rbonn_hw.ref.concat import concat
from rbonn_hw.ref.labelselect import labelselect
from rbonn_hw.ref.pool import pool
from rbonn_hw.ref.select import select
from rbonn_hw.ref.upsample import upsample
from rbonn_hw.ref.window import window
from rbonn_hw.spec.add import AddSpec
from rbonn_hw.spec.concat import ConcatSpec
from rbonn_hw.spec.labelselect import LabelSelectSpec
from rbonn_hw.spec.pool import PoolSpec
from rbonn_hw.spec.select import SelectSpec
from rbonn_hw.spec.upsample import UpsampleSpec
from rbonn_hw.spec.window import WindowSpec
from tests.sim.functional.one_kernel import answers, joined

BIT = IntType(1, signed=False)
TYPES = st.sampled_from([BIT, IntType(4, signed=True), IntType(20, signed=True)])
CHANNELS = st.one_of(st.integers(1, 12), st.sampled_from([32, 63, 64, 65, 128, 130]))
PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))
SIZE = st.tuples(st.integers(1, 7), st.integers(1, 7))
PADS = st.tuples(*[st.integers(0, 2)] * 4)
SEEDS = st.integers(0, 1 << 32)


def drawn(kind: IntType, shape: tuple[int, ...], seed: int) -> Ints:
    return np.random.default_rng(seed).integers(kind.min, kind.max + 1, shape)


@settings(max_examples=80, deadline=None)
@given(
    kind=TYPES, channels=CHANNELS, size=SIZE, kernel=PAIR, stride=PAIR, dilation=PAIR, pads=PADS,
    groups=st.integers(1, 3), major=st.booleans(), seed=SEEDS,
)  # fmt: skip
@example(
    kind=BIT, channels=12, size=(5, 5), kernel=(3, 3), stride=(1, 1), dilation=(1, 1), pads=(1, 1, 1, 1),
    groups=1, major=False, seed=0,
)  # fmt: skip
@example(
    kind=BIT, channels=65, size=(4, 5), kernel=(2, 3), stride=(2, 1), dilation=(1, 2), pads=(0, 2, 1, 0),
    groups=1, major=False, seed=0,
)  # fmt: skip
def test_windows(
    kind: IntType, channels: int, size: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int],
    dilation: tuple[int, int], pads: tuple[int, int, int, int], groups: int, major: bool, seed: int,
) -> None:  # fmt: skip
    top, left, bottom, right = pads
    lanes = channels // groups if major and channels % groups == 0 else channels
    try:
        spec = WindowSpec(
            channels=channels, in_lanes=1, out_lanes=lanes, dtype=kind, height=size[0], width=size[1],
            kernel_h=kernel[0], kernel_w=kernel[1], stride_y=stride[0], stride_x=stride[1],
            dilation_y=dilation[0], dilation_x=dilation[1], pad_top=top, pad_left=left, pad_bottom=bottom,
            pad_right=right, border=kind.max, channel_major=major,
        )  # fmt: skip
    except SpecError:
        assume(False)
    x = drawn(kind, (2, *size, channels), seed)
    expected = window(spec, x)
    found = answers(
        "Window", x, (kind.qonnx_name, kind.qonnx_name), expected.shape[1:], ImgDim=size, KernelDim=kernel,
        Stride=stride, Dilation=dilation, Padding=pads, padValue=kind.max, depthwise=int(major), SIMD=lanes,
    )  # fmt: skip
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=40, deadline=None)
@given(TYPES, CHANNELS, PAIR, PAIR, st.booleans(), SEEDS)
def test_pools(
    kind: IntType, channels: int, tiles: tuple[int, int], kernel: tuple[int, int], is_sum: bool, seed: int
) -> None:
    function = "sum" if is_sum else "max"
    name = function.encode()
    height, width = tiles[0] * kernel[0], tiles[1] * kernel[1]
    output = PoolSpec.result_type(function, kind, kernel[0] * kernel[1])
    spec = PoolSpec(
        kind=function, channels=channels, pe=1, height=height, width=width, kernel_h=kernel[0],
        kernel_w=kernel[1], input=kind, output=output,
    )  # fmt: skip
    x = drawn(kind, (2, height, width, channels), seed)
    expected, types = pool(spec, x), (kind.qonnx_name, output.qonnx_name)
    found = answers(
        "Pool",
        x,
        types,
        expected.shape[1:],
        Function=name,
        ImgDim=(height, width),
        KernelDim=kernel,
    )
    np.testing.assert_array_equal(found, expected)

    taps = kernel[0] * kernel[1]
    laid = x.reshape(2, tiles[0], kernel[0], tiles[1], kernel[1], channels).swapaxes(2, 3)
    found = answers(
        "Pool", laid.reshape(2, *tiles, taps * channels), types, expected.shape[1:], Function=name,
        ImgDim=(tiles[0] * tiles[1], taps), KernelDim=(1, taps), OutDim=tiles,
    )  # fmt: skip
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=25, deadline=None)
@given(TYPES, CHANNELS, CHANNELS, st.integers(1, 3), st.integers(1, 3), SEEDS)
def test_sums_and_concatenations(
    kind: IntType, channels: int, others: int, factor0: int, factor1: int, seed: int
) -> None:
    x0, x1, x2 = (
        drawn(kind, (3, 4, size), seed + place) for place, size in enumerate((channels, others, channels))
    )
    low, high = (factor0 + factor1) * kind.min, (factor0 + factor1) * kind.max
    output = IntType.holding(low, high)
    spec = AddSpec(
        channels=channels, pe=1, input0=kind, input1=kind, output=output, vectors=4, factor0=factor0,
        factor1=factor1,
    )  # fmt: skip
    types = (kind.qonnx_name, output.qonnx_name)
    found = joined("Add", x0, x2, types, (4, channels), factors=(factor0, factor1))
    np.testing.assert_array_equal(found, add(spec, x0, x2))

    both = ConcatSpec(
        channels0=channels, channels1=others, pe=1, input0=kind, input1=kind, output=kind, vectors=4
    )
    found = joined("Concat", x0, x1, (kind.qonnx_name, kind.qonnx_name), (4, channels + others))
    np.testing.assert_array_equal(found, concat(both, x0, x1))


@settings(max_examples=25, deadline=None)
@given(TYPES, CHANNELS, PAIR, SEEDS)
def test_moves(kind: IntType, channels: int, scale: tuple[int, int], seed: int) -> None:
    x, types = drawn(kind, (2, 3, 4, channels), seed), (kind.qonnx_name, kind.qonnx_name)
    larger = UpsampleSpec(
        channels=channels, pe=1, height=3, width=4, scale_h=scale[0], scale_w=scale[1], element=kind
    )
    expected = upsample(larger, x)
    found = answers("Upsample", x, types, expected.shape[1:], ImgDim=(3, 4), Scale=scale)
    np.testing.assert_array_equal(found, expected)

    kept = tuple(range(0, channels, 2 + seed % 3))
    assume(len(kept) < channels)
    some = SelectSpec(channels=channels, kept=kept, pe=1, element=kind, vectors=12)
    found = answers("Select", x, types, (3, 4, len(kept)), Kept=kept)
    np.testing.assert_array_equal(found.reshape(2, 12, -1), select(some, x.reshape(2, 12, channels)))

    for shape in ((12 * channels,), (3, 4 * channels), (4 * channels, 3)):
        found = answers("DWC", x, types, (1, *shape))
        np.testing.assert_array_equal(found, x.reshape(2, 1, *shape))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 200), st.sampled_from([1, 2, 9, 32]), st.booleans(), SEEDS)
def test_the_first_of_the_largest(labels: int, bits: int, signed: bool, seed: int) -> None:
    kind = IntType(bits, signed=signed and bits > 1)
    spec = LabelSelectSpec(labels=labels, pe=1, input=kind)
    x = drawn(kind, (6, labels), seed)
    x[:3] = np.clip(x[:3], -1, 1) if signed and bits > 1 else x[:3] & 1
    found = answers("LabelSelect", x[:, None], (kind.qonnx_name, spec.output.qonnx_name), (1, 1))
    np.testing.assert_array_equal(found[:, 0], labelselect(spec, x))
