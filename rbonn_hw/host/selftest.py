"""The package's self-test: recorded frames through the hardware, every integer compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .accelerator import Accelerator
from .errors import SelfTestError


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
    classes = accelerator.package.answer.classes(integers)
    if not np.array_equal(classes, recorded.classes):
        raise SelfTestError(
            "the integers agree but the classes differ; the package is damaged, make it again"
        )
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
