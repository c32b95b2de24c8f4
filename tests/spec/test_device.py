"""rbonn_hw.spec.device: the budget everybody counts against, and misspelt parts."""

import pytest

from rbonn_hw.errors import SpecError
from rbonn_hw.spec.device import DEVICES, Device, device


def test_budget_of_the_pynq_boards() -> None:
    zynq = device("xc7z020clg400-1")

    assert (zynq.lut, zynq.ff, zynq.ramb36, zynq.ramb18, zynq.dsp) == (53_200, 106_400, 140, 280, 220)
    assert "PYNQ-Z2" in zynq.boards


def test_every_row_is_found_under_its_own_name() -> None:
    assert all(device(part).part == part for part in DEVICES)


def test_a_misspelt_part_is_met_with_the_nearest_name() -> None:
    with pytest.raises(SpecError, match=r"'xc7z020-clg400'.*did you mean 'xc7z020clg400-1'"):
        device("xc7z020-clg400")


def test_a_part_like_no_other_is_met_with_the_whole_list() -> None:
    with pytest.raises(SpecError, match=r"known: xc7z010clg400-1, xc7z020clg400-1"):
        device("!")


def test_a_device_without_resources_is_refused() -> None:
    with pytest.raises(SpecError, match=r"lut=0 must be at least 1"):
        Device("none", "xc7", 0, 1, 1, 1)
