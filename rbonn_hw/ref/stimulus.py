"""Random cases that make a wrong bit visible."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.packing import Ints
from rbonn_hw.spec.threshold import ThresholdSpec


class ThresholdCase(NamedTuple):
    """Arguments of ``rbonn_hw.ref.threshold.threshold`` after the spec."""

    thresholds: Ints
    x: Ints
    flip: NDArray[np.bool_] | None


def random_threshold_case(spec: ThresholdSpec, vectors: int, seed: int) -> ThresholdCase:
    """Draw thresholds over the whole input range, and inputs on and beside them.

    The first channel's first threshold always counts and the last channel's last one never does. Three
    inputs of four lie at a threshold of their channel, or one off; uniform ones would seldom meet equality.
    """
    rng = np.random.default_rng(seed)
    flip = rng.random(spec.channels) < 0.5 if spec.flip else None
    low = np.full((spec.channels, 1), spec.input.min)
    if flip is not None:
        low[flip] = -spec.input.max  # thresholds see -x
    span = spec.input.max - spec.input.min + 1
    thresholds = np.sort(low + rng.integers(0, span + 1, (spec.channels, spec.steps)), axis=1)
    thresholds[0, 0] = low[0, 0]
    thresholds[-1, -1] = low[-1, 0] + span
    steps = rng.integers(0, spec.steps, (vectors, spec.channels))
    near = thresholds[np.arange(spec.channels), steps] + rng.integers(-1, 2, steps.shape)
    if flip is not None:
        near = np.where(flip, -near, near)
    anywhere = rng.integers(spec.input.min, spec.input.max + 1, near.shape)
    x = np.where(rng.random(near.shape) < 0.75, np.clip(near, spec.input.min, spec.input.max), anywhere)
    return ThresholdCase(thresholds, x, flip)
