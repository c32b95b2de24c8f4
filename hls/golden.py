"""Writes what the MVAU's HLS twin needs: parameters, memories and golden vectors.

python hls/golden.py build/hls/mvau
"""

import argparse
from pathlib import Path

import numpy as np

from rbonn_hw.memory import mvau_weight_words, threshold_words
from rbonn_hw.packing import pack, readmemh_text
from rbonn_hw.ref.mvau import mvau
from rbonn_hw.ref.stimulus import MvauCase, random_mvau_case
from rbonn_hw.spec.mvau import MvauSpec

EXAMPLE = MvauSpec(mw=144, mh=16, pe=4, simd=16, xnor=True, steps=7, out_bias=-4)


def write_mvau(spec: MvauSpec, case: MvauCase, folder: Path) -> None:
    """Write flags.txt, weights.inc, thresholds.inc, in.hex and out.hex into ``folder``.

    flags.txt holds the parameters of ``rbonn_mvau`` as compiler flags; the .inc files hold the rows of its
    memories as C++ initializers; the .hex files hold stream words, one a line, of ``case.x`` and of the
    golden model's answer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    flags = (f"-DMVAU_{name}={value}" for name, value in spec.rtl_parameters().items())
    (folder / "flags.txt").write_text(" ".join(flags) + "\n")
    weights = readmemh_text(mvau_weight_words(spec, case.weights), spec.weight_row_bits)
    (folder / "weights.inc").write_text(_initializers(weights))
    unit, thresholds = spec.threshold, "0\n"  # a memory without thresholds still has a row
    if unit is not None and case.thresholds is not None:
        thresholds = readmemh_text(threshold_words(unit, case.thresholds), unit.threshold_row_bits)
    (folder / "thresholds.inc").write_text(_initializers(thresholds))
    answer = mvau(spec, *case)
    for name, port, values in (("in", spec.inputs[0], case.x), ("out", spec.outputs[0], answer)):
        words = pack(np.reshape(values, (-1, port.lanes)), port.dtype.bits)
        (folder / f"{name}.hex").write_text(readmemh_text(words, port.width_bits))


def _initializers(rows: str) -> str:
    return "".join(f'"0x{row}",\n' for row in rows.splitlines())


def main() -> None:
    """Write the example's files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where to write; created if need be")
    parser.add_argument("--vectors", type=int, default=32, help="input vectors (default %(default)s)")
    arguments = parser.parse_args()
    write_mvau(EXAMPLE, random_mvau_case(EXAMPLE, arguments.vectors, seed=1), arguments.folder)


if __name__ == "__main__":
    main()
