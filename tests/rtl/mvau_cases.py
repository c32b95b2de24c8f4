"""MVAU configurations that the tests of the RTL and of its HLS twin share."""

from rbonn_hw.datatypes import IntType
from rbonn_hw.spec.mvau import MvauSpec

INT4, INT8, UINT8 = IntType(4, signed=True), IntType(8, signed=True), IntType(8, signed=False)

MVAU_CASES = {
    "xnor-fully-folded": MvauSpec(mw=27, mh=6, pe=1, simd=1, xnor=True),
    "xnor-partly-folded": MvauSpec(mw=144, mh=8, pe=2, simd=16, xnor=True),
    "xnor-unfolded-wider-than-64-bits": MvauSpec(mw=72, mh=5, pe=5, simd=72, xnor=True),
    "xnor-sign-with-fifo": MvauSpec(mw=60, mh=6, pe=3, simd=20, xnor=True, steps=1),
    "xnor-7-steps-in-block-ram": MvauSpec(
        mw=36, mh=32, pe=2, simd=4, xnor=True, steps=7, out_bias=-4, ram_style="block"
    ),
    "uint8-by-bipolar": MvauSpec(mw=27, mh=4, pe=2, simd=3, input=UINT8),
    "int4-by-bipolar-with-15-steps": MvauSpec(mw=19, mh=4, pe=2, simd=19, input=INT4, steps=15),
    "int8-by-int8": MvauSpec(mw=10, mh=4, pe=4, simd=5, input=INT8, weight_bits=8),
    "uint8-by-int3-fully-folded": MvauSpec(mw=9, mh=3, pe=1, simd=1, input=UINT8, weight_bits=3),
}
"""By name. Sizes are odd where nothing asks otherwise; both forms of the output stage occur."""
