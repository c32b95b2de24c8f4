"""What the functions tell their caller while they work."""

from collections.abc import Callable

Progress = Callable[[str], None]
"""Called with one line of text at the start of each step."""


def silent(line: str) -> None:
    """Take a line and do nothing."""
