"""Memories of the kernels that have some, for their twins: the rows that the RTL reads."""

import numpy as np
from numpy.typing import NDArray

from hls.netlist import Table
from rbonn_hw.memory import flip_words, mvau_weight_words, threshold_words
from rbonn_hw.packing import Ints, readmemh_text
from rbonn_hw.spec.mvau import MvauSpec
from rbonn_hw.spec.threshold import ThresholdSpec

WEIGHT_ROM = {True: "bram", False: "lutram"}
"""Where an MVAU's weights lie, by ``MvauSpec.block_rom``."""


def mvau_tables(spec: MvauSpec, weights: Ints, thresholds: Ints | None) -> tuple[Table, ...]:
    """Return the tables of weights [mh, mw] and, if there are any, thresholds [mh, steps]."""
    rows = readmemh_text(mvau_weight_words(spec, weights), spec.weight_row_bits)
    tables = (Table("WeightRow", "Tiles", rows, WEIGHT_ROM[spec.block_rom]),)
    if spec.threshold is None or thresholds is None:
        return tables
    return (*tables, *threshold_tables(spec.threshold, thresholds, None))


def threshold_tables(
    spec: ThresholdSpec, thresholds: Ints, flip: NDArray[np.bool_] | None
) -> tuple[Table, ...]:
    """Return the tables of thresholds [channels, steps] and, if channels may be flipped, of ``flip``."""
    rows = readmemh_text(threshold_words(spec, thresholds, flip), spec.threshold_row_bits)
    tables = (Table("ThresholdRow", "ThresholdRows", rows),)
    if flip is None:
        return tables
    return (*tables, Table("FlipRow", "Folds", readmemh_text(flip_words(spec, flip), spec.pe)))
