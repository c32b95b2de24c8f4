"""A limit of time for a trial."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType


class TooLongError(BaseException):
    """A trial did not end; no Exception, so that nothing swallows it."""


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """End a block that takes longer; in the main thread alone.

    Args:
        seconds: Wall time [s].

    Raises:
        TooLongError: It does.
    """

    def too_long(_number: int, _frame: FrameType | None) -> None:
        raise TooLongError(f"not done after {seconds} s")

    handler = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
