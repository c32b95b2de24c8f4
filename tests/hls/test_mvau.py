"""hls/mvau.hpp: every result, against the golden model and against the RTL."""

from pathlib import Path

import numpy as np
import pytest

from hls.golden import mvau_example
from rbonn_hw.packing import Ints, unpack
from rbonn_hw.ref.mvau import mvau
from rbonn_hw.ref.stimulus import random_mvau_case
from rbonn_hw.spec.mvau import BIT, MvauSpec
from tests.hls.csim import check
from tests.rtl.mvau_cases import INT4, MVAU_CASES, UINT8, build_model, results, stream

VECTORS = 24
QUICK = ("xnor-fully-folded", "int8-by-int8-in-block-ram", "uint8-by-bipolar", "int12-by-int4")
AGAINST_RTL = (
    "xnor-unfolded-wider-than-64-bits",
    "xnor-7-steps-in-block-ram",
    "int4-by-bipolar-with-15-steps",
    "uint8-by-int3-fully-folded",
)


def drawn(seed: int) -> MvauSpec:
    """Return a shape at random."""
    rng = np.random.default_rng(seed)
    pe, simd, neurons, synapses, steps = (int(value) for value in rng.integers(1, (5, 9, 4, 4, 12)))
    xnor = bool(rng.integers(2))
    kind = BIT if xnor else INT4 if rng.integers(2) else UINT8
    bits = 1 if xnor else int(rng.integers(1, 5))
    return MvauSpec(
        mw=simd * synapses, mh=pe * neurons, pe=pe, simd=simd, xnor=xnor, weight_bits=bits,
        steps=steps if rng.integers(2) else 0, input=kind,
    )  # fmt: skip


def read_words(path: Path, spec: MvauSpec) -> Ints:
    """Return the output vectors [n, mh] of a file of words."""
    port = spec.outputs[0]
    size = (port.width_bits + 7) // 8
    words = [int(line, 16).to_bytes(size, "little") for line in path.read_text().splitlines()]
    lanes = np.frombuffer(b"".join(words), dtype=np.uint8).reshape(-1, size)
    return unpack(lanes, port.lanes, port.dtype.bits, signed=port.dtype.signed).reshape(-1, spec.mh)


def test_twin_equals_golden_model(tmp_path: Path) -> None:
    shapes = [*(MVAU_CASES[name] for name in QUICK), *map(drawn, range(4))]
    check([mvau_example(spec, VECTORS) for spec in shapes], tmp_path)


@pytest.mark.verilator
def test_twin_equals_golden_model_and_rtl(tmp_path: Path) -> None:
    shapes = [MVAU_CASES[name] for name in AGAINST_RTL]

    check([mvau_example(spec, VECTORS) for spec in shapes], tmp_path)

    for index, spec in enumerate(shapes):
        case = random_mvau_case(spec, VECTORS, seed=1)
        twin = read_words(tmp_path / str(index) / "out.csim.hex", spec)
        np.testing.assert_array_equal(twin, mvau(spec, *case))
        rtl = results(stream(build_model(spec, case, tmp_path), spec, case.x), spec)
        np.testing.assert_array_equal(twin, rtl)
