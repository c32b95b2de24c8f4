"""rbonn_hw.synth.utilisation: what a cell costs, what is refused, and what does not fit."""

import pytest

from rbonn_hw.errors import DoesNotFitError, ToolError
from rbonn_hw.spec.device import device
from rbonn_hw.synth.utilisation import Utilisation, check_fits, count_cells, shares

ZYNQ = device("xc7z020clg400-1")


def test_every_kind_of_cell_is_counted_in_its_own_units() -> None:
    cells = {
        "LUT2": 5, "LUT6": 7, "INV": 1, "CARRY4": 9, "FDRE": 11, "FDSE": 2, "MUXF7": 3,
        "RAM32M": 2, "RAM64X1D": 1, "SRL16E": 3, "SRLC32E": 1, "RAMB36E1": 4, "RAMB18E1": 3, "DSP48E1": 6,
    }  # fmt: skip

    used = count_cells(cells)

    assert used == Utilisation(
        lut=5 + 7 + 1 + 2 * 4 + 2 + 3 + 1, lutram=10, srl=4, ff=13, ramb36=5.5, ramb18=3, dsp=6
    )


def test_sum_of_nodes() -> None:
    one = Utilisation(lut=1, ramb36=0.5, ramb18=1)

    assert one + one == Utilisation(lut=2, ramb36=1.0, ramb18=2)


@pytest.mark.parametrize(
    ("cell", "complaint"), [("LDCE", "latches"), ("$add", r"no 7-series.*\$add"), ("mystery", "mystery")]
)
def test_latches_and_unmapped_cells_are_refused_by_name(cell: str, complaint: str) -> None:
    with pytest.raises(ToolError, match=complaint):
        count_cells({"LUT6": 1, cell: 1})


def test_the_whole_device_fits_and_one_more_does_not() -> None:
    full = Utilisation(lut=53_200, ff=106_400, ramb36=140.0, dsp=220)

    assert set(shares(full, ZYNQ).values()) == {1.0}
    check_fits(full, ZYNQ)
    with pytest.raises(DoesNotFitError, match=r"RAMB36 140\.5 of 140 \(x 1\.00\)"):
        check_fits(full + Utilisation(ramb36=0.5, ramb18=1), ZYNQ)
