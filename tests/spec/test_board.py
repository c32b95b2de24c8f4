"""rbonn_hw/spec/board.py and boards/: every file, and what is refused."""

import dataclasses

import pytest
from finn.util.basic import pynq_part_map

from rbonn_hw.errors import SpecError
from rbonn_hw.spec.boards import BOARDS, board


@pytest.mark.parametrize("row", BOARDS.values(), ids=lambda row: row.name)
def test_finn_has_the_same_part_for_the_board(row: object) -> None:
    assert isinstance(row, type(board("Pynq-Z2")))
    assert pynq_part_map[row.finn_name] == row.part
    assert row.name in row.device.boards or row.name.upper() in row.device.boards


def test_case_does_not_matter() -> None:
    assert board("pynq-z1") is BOARDS["Pynq-Z1"]


def test_an_unknown_board_is_met_with_the_nearest() -> None:
    with pytest.raises(SpecError, match=r"did you mean 'Pynq-Z2'\? A new board is one file"):
        board("pynq-z3z2")
    with pytest.raises(SpecError, match="known: Pynq-Z2, Pynq-Z1"):
        board("zedboard")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"part": "xc7a35tcpg236-1"}, "no Zynq-7000 processor"),
        ({"part": "xc7z099clg400-1"}, "is not known"),
        ({"base_address": 0x8000_0000}, "within GP0"),
        ({"base_address": 0x43C0_0800}, "multiple of 0x1000"),
        ({"ddr_bytes": 0}, "ddr_bytes=0 must be at least 1"),
    ],
)
def test_a_row_that_contradicts_itself(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        dataclasses.replace(board("Pynq-Z2"), **changes)  # type: ignore[arg-type]


def test_a_clock_beyond_the_board() -> None:
    board("Pynq-Z2").check_clock(250.0)
    with pytest.raises(SpecError, match=r"300 MHz is beyond Pynq-Z2, which makes up to 250 MHz"):
        board("Pynq-Z2").check_clock(300.0)
