"""Golden vectors of the twins: a design, what streams in, and what the golden model answers.

python -m hls.golden build/hls      writes an example of every kernel, each into a folder of its name
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hls.kernels import mvau_tables, threshold_tables
from hls.netlist import Design, single, write_design, write_vectors
from rbonn_hw.datatypes import IntType
from rbonn_hw.packing import Ints, Words, pack
from rbonn_hw.ref.add import add
from rbonn_hw.ref.duplicate import duplicate
from rbonn_hw.ref.dwc import dwc
from rbonn_hw.ref.labelselect import labelselect
from rbonn_hw.ref.mvau import mvau
from rbonn_hw.ref.pool import pool
from rbonn_hw.ref.stimulus import random_mvau_case, random_threshold_case
from rbonn_hw.ref.threshold import threshold
from rbonn_hw.ref.window import window
from rbonn_hw.spec._stream import StreamPort
from rbonn_hw.spec.add import AddSpec
from rbonn_hw.spec.duplicate import DuplicateSpec
from rbonn_hw.spec.dwc import DwcSpec
from rbonn_hw.spec.labelselect import LabelSelectSpec
from rbonn_hw.spec.mvau import MvauSpec
from rbonn_hw.spec.pool import PoolSpec
from rbonn_hw.spec.threshold import ThresholdSpec
from rbonn_hw.spec.window import WindowSpec

BIT, UINT2, INT8 = IntType(1, signed=False), IntType(2, signed=False), IntType(8, signed=True)
FRAMES = 3


@dataclass(frozen=True, slots=True)
class Example:
    """A design, elements of its input streams and, of the golden model, those of its output streams."""

    design: Design
    inputs: Sequence[Ints]
    outputs: Sequence[Ints]

    def write(self, folder: Path) -> int:
        """Write design and vectors; return the words that are to come."""
        given, golden = (
            [_words(stream.port, values) for stream, values in zip(streams, tensors, strict=True)]
            for streams, tensors in ((self.design.inputs, self.inputs), (self.design.outputs, self.outputs))
        )
        write_design(self.design, folder)
        write_vectors(self.design, given, golden, folder)
        return sum(len(words) for words in golden)


def _words(port: StreamPort, values: Ints) -> Words:
    """Return stream words of elements of any shape, in their order."""
    return pack(values.reshape(-1, port.lanes), port.dtype.bits)


def _draw(dtype: IntType, *shape: int) -> Ints:
    return np.random.default_rng(1).integers(dtype.min, dtype.max + 1, shape)


def mvau_example(spec: MvauSpec, vectors: int) -> Example:
    """Return random weights, thresholds around the middle, and vectors that reach the ends."""
    case = random_mvau_case(spec, vectors, seed=1)
    tables = mvau_tables(spec, case.weights, case.thresholds)
    return Example(single("mvau", spec, tables), [case.x], [mvau(spec, *case)])


def threshold_example(spec: ThresholdSpec, vectors: int) -> Example:
    """Return random thresholds, and inputs on and beside them."""
    case = random_threshold_case(spec, vectors, seed=1)
    tables = threshold_tables(spec, case.thresholds, case.flip)
    return Example(single("threshold", spec, tables), [case.x], [threshold(spec, *case)])


def _mvau() -> Example:
    return mvau_example(MvauSpec(mw=144, mh=16, pe=4, simd=16, xnor=True, steps=7, out_bias=-4), 32)


def _threshold() -> Example:
    return threshold_example(ThresholdSpec(channels=16, pe=4, steps=3, input=INT8, output=UINT2), 32)


def _window() -> Example:
    spec = WindowSpec(
        channels=16, in_lanes=16, out_lanes=48, dtype=BIT, height=8, width=8, kernel_h=3, kernel_w=3,
        pad_top=1, pad_left=1, pad_bottom=1, pad_right=1,
    )  # fmt: skip
    x = _draw(spec.dtype, FRAMES, spec.height, spec.width, spec.channels)
    return Example(single("window", spec), [x], [window(spec, x)])


def _add() -> Example:
    output = IntType(9, signed=True)
    spec = AddSpec(channels=16, pe=4, input0=INT8, input1=INT8, output=output, vectors=64)
    x = [_draw(port.dtype, FRAMES, spec.vectors, spec.channels) for port in spec.inputs]
    return Example(single("add", spec), x, [add(spec, *x)])


def _pool() -> Example:
    spec = PoolSpec(
        kind="max", channels=16, pe=16, height=8, width=8, kernel_h=2, kernel_w=2, input=UINT2, output=UINT2
    )
    x = _draw(spec.input, FRAMES, spec.height, spec.width, spec.channels)
    return Example(single("pool", spec), [x], [pool(spec, x)])


def _labelselect() -> Example:
    spec = LabelSelectSpec(labels=10, pe=2, input=INT8)
    x = _draw(spec.input, 32, spec.labels)
    return Example(single("labelselect", spec), [x], [labelselect(spec, x)])


def _duplicate() -> Example:
    spec = DuplicateSpec(lanes=4, dtype=INT8, copies=2, beats=64)
    x = _draw(spec.dtype, FRAMES, spec.beats, spec.lanes)
    return Example(single("duplicate", spec), [x], list(duplicate(spec, x)))


def _dwc() -> Example:
    spec = DwcSpec(in_lanes=4, out_lanes=6, dtype=INT8, beats=15)
    x = _draw(spec.dtype, FRAMES, spec.beats, spec.in_lanes)
    return Example(single("dwc", spec), [x], [dwc(spec, x)])


EXAMPLES: dict[str, Callable[[], Example]] = {
    "mvau": _mvau,
    "threshold": _threshold,
    "window": _window,
    "add": _add,
    "pool": _pool,
    "labelselect": _labelselect,
    "duplicate": _duplicate,
    "dwc": _dwc,
}
"""One of each kernel, by name."""


def main() -> None:
    """Write the examples."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where to write; created if need be")
    arguments = parser.parse_args()
    for name, example in EXAMPLES.items():
        example().write(arguments.folder / name)


if __name__ == "__main__":
    main()
