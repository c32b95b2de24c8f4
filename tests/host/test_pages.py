"""rbonn_hw/host/pages.py: pages never overlap, and come back."""

import pytest

from rbonn_hw.host.errors import VirtualBoardError
from rbonn_hw.host.pages import PAGE_BYTES, PageAllocator

BASE = 0x1000_0000


def test_pages_are_whole_apart_and_come_back() -> None:
    pages = PageAllocator(BASE, 8 * PAGE_BYTES)
    taken = [pages.take(size) for size in (1, PAGE_BYTES, PAGE_BYTES + 1)]
    assert taken == [
        (BASE, PAGE_BYTES),
        (BASE + PAGE_BYTES, PAGE_BYTES),
        (BASE + 2 * PAGE_BYTES, 2 * PAGE_BYTES),
    ]
    pages.give(*taken[0])
    pages.give(*taken[1])
    assert pages.take(2 * PAGE_BYTES) == (BASE, 2 * PAGE_BYTES)
    pages.give(BASE, 2 * PAGE_BYTES)
    pages.give(*taken[2])
    assert pages.take(8 * PAGE_BYTES) == (BASE, 8 * PAGE_BYTES)


def test_a_full_memory() -> None:
    pages = PageAllocator(BASE, 2 * PAGE_BYTES)
    with pytest.raises(VirtualBoardError, match="no 12288 bytes of memory left"):
        pages.take(2 * PAGE_BYTES + 1)
