"""Pages of a virtual board's memory: first fit, and free neighbours join."""

from __future__ import annotations

from .errors import VirtualBoardError

PAGE_BYTES = 4096


class PageAllocator:
    """Hands out pages of the simulated memory, lowest first.

    Args:
        base: Bus address of the first byte.
        size_bytes: Size of the memory [bytes].
    """

    def __init__(self, base: int, size_bytes: int) -> None:
        self._free = [(base, size_bytes)]

    def take(self, size_bytes: int) -> tuple[int, int]:
        """Return address and size of as many pages as are needed.

        Raises:
            VirtualBoardError: The memory is full.
        """
        needed = max(1, -(-size_bytes // PAGE_BYTES)) * PAGE_BYTES
        for position, (base, length) in enumerate(self._free):
            if length >= needed:
                self._free[position] = (base + needed, length - needed)
                return base, needed
        raise VirtualBoardError(
            f"the virtual board has no {needed} bytes of memory left; take fewer buffer_frames"
        )

    def give(self, base: int, size_bytes: int) -> None:
        """Take pages back, and join them with free neighbours."""
        joined: list[tuple[int, int]] = []
        for start, length in sorted([*self._free, (base, size_bytes)]):
            if joined and sum(joined[-1]) == start:
                joined[-1] = (joined[-1][0], joined[-1][1] + length)
            elif length:
                joined.append((start, length))
        self._free = joined
