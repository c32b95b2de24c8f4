"""Random cases that make a wrong bit visible."""

import dataclasses
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rbonn_hw.packing import Ints
from rbonn_hw.ref.mvau import mvau
from rbonn_hw.spec.mvau import MvauSpec
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


class MvauCase(NamedTuple):
    """Arguments of ``rbonn_hw.ref.mvau.mvau`` after the spec."""

    weights: Ints
    x: Ints
    thresholds: Ints | None


def random_mvau_case(spec: MvauSpec, vectors: int, seed: int) -> MvauCase:
    """Draw weights and inputs; the first three vectors reach the ends of the accumulator's range.

    Neuron 0 has the extreme weights of one sign, and vectors 0 and 1 match it in every position and in
    none, with the largest magnitudes; vector 2 does the same for the last neuron's random weights.
    Thresholds sit around the middle of each neuron's results: uniform ones would leave most neurons
    saturated, and a kernel that drops input words would pass.
    """
    rng = np.random.default_rng(seed)
    half = 1 << (spec.weight_bits - 1)
    if spec.weight_bits == 1:
        weights = rng.choice(np.array([-1, 1]), (spec.mh, spec.mw))
    else:
        weights = rng.integers(-half, half, (spec.mh, spec.mw))
    weights[0] = -half
    x = rng.integers(spec.input.min, spec.input.max + 1, (max(vectors, 3), spec.mw))
    x[0], x[1] = spec.input.min, spec.input.max
    x[2] = np.where(weights[-1] > 0, spec.input.max, spec.input.min)
    if not spec.steps:
        return MvauCase(weights, x[:vectors], None)
    free = dataclasses.replace(spec, steps=0, output=None, out_bias=0)
    middle = np.median(mvau(free, weights, x), axis=0).astype(np.int64)
    spread = max(2, int(np.std(x) * np.sqrt(spec.mw) * half))
    offsets = rng.integers(-spread, spread + 1, (spec.mh, spec.steps))
    return MvauCase(weights, x[:vectors], np.sort(middle[:, None] + offsets, axis=1))
