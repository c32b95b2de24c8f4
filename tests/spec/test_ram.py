"""Block RAM of a memory, against what Yosys 0.70 made of it."""

import pytest

from rbonn_hw.spec._ram import ramb18

# (words, bits of a word): RAMB18, a RAMB36 counting two; counted in mapped netlists of single memories.
TABLES = {
    (144, 144): 4, (160, 180): 5, (192, 192): 6, (300, 96): 3, (320, 40): 2, (384, 96): 3, (576, 64): 4,
    (576, 128): 8, (600, 12): 1, (640, 288): 16, (768, 72): 4, (1024, 128): 8, (1152, 32): 3, (1152, 64): 6,
    (1152, 100): 9, (1152, 128): 11, (1152, 256): 22, (1500, 4): 1, (2304, 32): 5, (3000, 9): 2,
    (4608, 16): 4, (4608, 32): 8, (5000, 3): 1, (8192, 8): 4, (9216, 16): 8, (16384, 1): 1, (33000, 2): 4,
}  # fmt: skip
WRITTEN = {
    (300, 40): 2, (500, 70): 2, (530, 32): 2, (600, 4): 1, (700, 12): 1, (1003, 64): 4, (1100, 64): 6,
    (1500, 16): 2, (1600, 36): 4, (2100, 8): 2, (3300, 4): 1, (3300, 20): 5, (5000, 4): 2,
}  # fmt: skip


@pytest.mark.parametrize(("size", "blocks"), TABLES.items())
def test_tables(size: tuple[int, int], blocks: int) -> None:
    assert ramb18(*size, written=False) == blocks


@pytest.mark.parametrize(("size", "blocks"), WRITTEN.items())
def test_memories_with_a_write_port(size: tuple[int, int], blocks: int) -> None:
    assert ramb18(*size) == blocks
