"""How long each step of a compilation takes."""

import time
from collections.abc import Callable


class StepTimes:
    """Adds up the processor time of steps, each of which ends where the next begins.

    Args:
        progress: Called with a line of text at the start of each step.
        loading_seconds: What loading FINN took before the first step [s].
    """

    def __init__(self, progress: Callable[[str], None], loading_seconds: float) -> None:
        self._progress, self._seconds = progress, {"loading FINN": loading_seconds}
        self._step, self._since = "", 0.0

    def begin(self, step: str, line: str) -> None:
        """End the present step and begin another."""
        self._end()
        self._step = step
        self._progress(line)

    def total(self) -> dict[str, float]:
        """End the present step, and return the seconds of all that were begun [s]."""
        self._end()
        return {name: round(seconds, 2) for name, seconds in self._seconds.items()}

    def _end(self) -> None:
        now = time.process_time()
        if self._step:
            self._seconds[self._step] = self._seconds.get(self._step, 0.0) + now - self._since
        self._since = now
