"""What is best for a wish: the cheapest folding for a target, or the quickest within a share of the part."""

import time
from dataclasses import dataclass

from rbonn_hw.compiler.solver.problem import Problem
from rbonn_hw.compiler.solver.program import Choice, cheapest, least_excess
from rbonn_hw.spec.device import Device
from rbonn_hw.spec.summary import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A choice, and how it was found.

    Attributes:
        choice: The number of each layer's option.
        target: What every layer keeps within [cycles].
        within_limit: Whether it keeps within the limit.
        programs: Integer programs that were solved.
        seconds: Wall time of all of them [s].
    """

    choice: Choice
    target: int
    within_limit: bool
    programs: int
    seconds: float


def for_target(problem: Problem, part: Device, target: int, limit: Resources) -> Found:
    """Return the cheapest choice as quick as ``target``, or as near to it as the layers can come.

    If nothing so quick keeps within ``limit``, it is what exceeds it least.
    """
    started = time.monotonic()
    reached = max(target, problem.quickest)
    choice, programs = cheapest(problem, part, reached, limit), 1
    within_limit = choice is not None
    if choice is None:
        choice, _ = least_excess(problem, part, reached, limit)
        programs = 3
    return Found(
        choice=choice, target=reached, within_limit=within_limit, programs=programs,
        seconds=time.monotonic() - started,
    )  # fmt: skip


def quickest(problem: Problem, part: Device, limit: Resources) -> Found:
    """Return the quickest choice within ``limit``, of those the cheapest.

    If nothing keeps within it, it is what exceeds it least.
    """
    started = time.monotonic()
    paces = problem.paces
    best, programs = cheapest(problem, part, paces[-1], limit), 1
    if best is None:
        best, _ = least_excess(problem, part, paces[-1], limit)
        return Found(
            choice=best, target=paces[-1], within_limit=False, programs=3, seconds=time.monotonic() - started
        )
    low, high = 0, len(paces) - 1  # what is as quick as paces[high] keeps within the limit
    while low < high:
        middle = (low + high) // 2
        choice, programs = cheapest(problem, part, paces[middle], limit), programs + 1
        if choice is None:
            low = middle + 1
        else:
            best, high = choice, middle
    return Found(
        choice=best, target=paces[high], within_limit=True, programs=programs,
        seconds=time.monotonic() - started,
    )  # fmt: skip
