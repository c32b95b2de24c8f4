"""rbonn_hw.spec.dma: how a buffer is cut into bursts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbonn_hw.errors import SpecError
from rbonn_hw.spec.dma import Burst, DmaSpec, beats, bursts

BUFFERS = st.tuples(st.integers(0, 2**20).map(lambda word: 8 * word), st.integers(1, 5000))


@given(BUFFERS)
def test_bursts_cover_the_buffer_once_and_keep_the_rules(buffer: tuple[int, int]) -> None:
    address, length = buffer

    cut = bursts(address, length)

    touched = [burst.address + 8 * beat for burst in cut for beat in range(burst.beats)]
    assert touched == list(range(address, address + length, 8))
    for burst in cut:
        assert 1 <= burst.beats <= 16
        assert burst.address // 4096 == (burst.address + 8 * burst.beats - 1) // 4096


@given(BUFFERS)
def test_only_the_ends_are_short(buffer: tuple[int, int]) -> None:
    assert all(burst.beats == 16 for burst in bursts(*buffer)[1:-1])


def test_a_buffer_across_a_page() -> None:
    assert bursts(0xFF8, 17) == (Burst(0xFF8, 1), Burst(0x1000, 2))
    assert beats(17) == 3


def test_the_last_byte_of_the_address_space() -> None:
    assert bursts(2**32 - 8, 8) == (Burst(2**32 - 8, 1),)


@pytest.mark.parametrize(
    ("address", "length", "message"),
    [
        (4, 8, r"address 0x4 must be a multiple of 8"),
        (2**32, 8, r"below 2\*\*32"),
        (0, 0, r"must hold 1 .. 4294967296 bytes"),
        (2**32 - 8, 9, r"must hold 1 .. 8 bytes"),
    ],
)
def test_buffers_that_are_refused(address: int, length: int, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        bursts(address, length)


def test_a_fifo_holds_two_bursts() -> None:
    assert DmaSpec(depth_words=32).rtl_parameters() == {"Depth": 32}
    with pytest.raises(SpecError, match=r"depth_words=31 must be at least 32"):
        DmaSpec(depth_words=31)
