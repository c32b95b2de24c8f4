"""The package's self-test: recorded frames through the hardware, every integer compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .accelerator import Accelerator
from .answer import Answer
from .errors import SelfTestError
from .package import SelfTest
from .streams import Array


@dataclass(frozen=True)
class SelfTestReport:
    """What the self-test found.

    Attributes:
        frames: Frames compared; all answers are equal.
        jobs: Jobs that took; only the cycles of a single one compare with the recorded ones.
        cycles: Cycle counter, summed over the jobs [cycles].
        expected_cycles: Cycles of one job of all frames in the accelerator's simulation [cycles].
        in_stalls: Cycles that the accelerator waited for memory [cycles].
        out_stalls: Cycles that its output waited [cycles].
        clock_mhz: FCLK0 [MHz].
    """

    frames: int
    jobs: int
    cycles: int
    expected_cycles: int
    in_stalls: int
    out_stalls: int
    clock_mhz: float


def run_self_test(accelerator: Accelerator) -> SelfTestReport:
    """Run the recorded frames as one job where the buffers allow it.

    Raises:
        SelfTestError: An answer differs, or the cycle counter does although memory stalled nothing.
        JobError: The hardware failed.
    """
    recorded = accelerator.package.self_test
    integers = accelerator.infer(recorded.images)
    counters = accelerator.counters
    count = len(recorded.images)
    wrong = np.flatnonzero((integers != recorded.integers).reshape(count, -1).any(axis=1))
    if len(wrong):
        first = int(wrong[0])
        raise SelfTestError(
            f"{len(wrong)} of {count} frames differ; frame {first} gave "
            f"{integers[first].ravel()[:10].tolist()}, recorded "
            f"{recorded.integers[first].ravel()[:10].tolist()}: load the bitstream again, then suspect timing"
        )
    _check_answers(accelerator.package.answer, integers, recorded)
    stalled = counters.in_stalls or counters.out_stalls
    if counters.jobs == 1 and not stalled and counters.cycles != recorded.cycles:
        raise SelfTestError(
            f"{count} frames took {counters.cycles} cycles, recorded {recorded.cycles}, and memory stalled "
            "none; the bitstream is of another build"
        )
    return SelfTestReport(
        count,
        counters.jobs,
        counters.cycles,
        recorded.cycles,
        counters.in_stalls,
        counters.out_stalls,
        accelerator.clock_mhz,
    )


def _check_answers(answer: Answer, integers: Array, recorded: SelfTest) -> None:
    """Compare what this NumPy makes of the integers with what the network's own execution made.

    Raises:
        SelfTestError: A score is further off than the recorded bound, or a class is another.
    """
    outputs = answer.outputs(integers)
    # The recorded floats are one of the two implementations that the bound is about.
    allowed = 0.0 if answer.exact else answer.bound
    same_shape = outputs.shape == recorded.outputs.shape
    away = np.abs(outputs.astype(np.float64) - recorded.outputs).max() if same_shape else np.inf
    if not same_shape or (allowed is not None and away > allowed):
        raise SelfTestError(
            f"the integers agree but the scores are {away:.3g} away from the recorded ones; the package is "
            "damaged, make it again"
        )
    if answer.classifies and not np.array_equal(answer.classes(integers), recorded.classes):
        raise SelfTestError(
            "the integers agree but the classes differ; the package is damaged, make it again"
        )
