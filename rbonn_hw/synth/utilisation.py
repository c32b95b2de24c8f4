"""Counts a mapped netlist: which cell of the 7 series costs how much of what."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from rbonn_hw.errors import DoesNotFitError, ToolError
from rbonn_hw.spec.device import Device

LUTRAM_LUTS: Final = {
    "RAM32X1S": 1, "RAM64X1S": 1, "RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1S": 2, "RAM128X1D": 4,
    "RAM256X1S": 4, "RAM32M": 4, "RAM64M": 4,
}  # fmt: skip
"""Look-up tables of a LUT RAM cell. Source: Xilinx UG474, table 2-4."""
SRL_LUTS: Final = {"SRL16E": 1, "SRLC16E": 1, "SRLC32E": 1}
# An inverter that no flip-flop or LUT input absorbs is a LUT.
LOGIC_LUTS: Final = {"LUT1": 1, "LUT2": 1, "LUT3": 1, "LUT4": 1, "LUT5": 1, "LUT6": 1, "INV": 1}
FLIP_FLOPS: Final = frozenset({"FDRE", "FDSE", "FDCE", "FDPE", "FDRE_1", "FDSE_1", "FDCE_1", "FDPE_1"})
LATCHES: Final = frozenset({"LDCE", "LDPE"})
# Beside the LUTs in every slice, at the pins, or in the clock network: never what a design runs out of.
FREE_CELLS: Final = frozenset(
    {"CARRY4", "MUXF7", "MUXF8", "MUXF9", "GND", "VCC", "BUFG", "IBUF", "OBUF", "IOBUF", "PS7", "$scopeinfo"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Utilisation:
    """Resources of a netlist.

    Attributes:
        lut: Look-up tables, those of LUT RAM and shift registers included; no two share a LUT6_2.
        lutram: Those of ``lut`` that are RAM.
        srl: Those of ``lut`` that are shift registers.
        ff: Flip-flops.
        ramb36: Block RAM in units of 36 kbit; a block of 18 kbit counts one half.
        ramb18: Blocks of 18 kbit among them.
        dsp: DSP slices.
    """

    lut: int = 0
    lutram: int = 0
    srl: int = 0
    ff: int = 0
    ramb36: float = 0.0
    ramb18: int = 0
    dsp: int = 0

    def __add__(self, other: "Utilisation") -> "Utilisation":
        mine, theirs = asdict(self), asdict(other)
        return Utilisation(**{name: mine[name] + theirs[name] for name in mine})


def count_cells(cells: Mapping[str, int]) -> Utilisation:
    """Return the resources of ``cells``: number of instances by cell type.

    Raises:
        ToolError: A latch, or a cell that the device does not have (unmapped logic, a black box).
    """
    latches = sorted(LATCHES & cells.keys())
    if latches:
        raise ToolError(f"the netlist holds latches ({', '.join(latches)}); assign on every branch")
    lutram = _cost(cells, LUTRAM_LUTS)
    srl = _cost(cells, SRL_LUTS)
    ramb18 = cells.get("RAMB18E1", 0)
    counted = {*LUTRAM_LUTS, *SRL_LUTS, *LOGIC_LUTS, *FLIP_FLOPS, "RAMB36E1", "RAMB18E1", "DSP48E1"}
    strangers = sorted(name for name in cells if name not in counted | FREE_CELLS)
    if strangers:
        raise ToolError(
            f"the netlist holds cells that are no 7-series primitives: {', '.join(strangers[:8])}; "
            "a module without a body (black box) needs its source among the files"
        )
    return Utilisation(
        lut=_cost(cells, LOGIC_LUTS) + lutram + srl,
        lutram=lutram,
        srl=srl,
        ff=sum(number for name, number in cells.items() if name in FLIP_FLOPS),
        ramb36=cells.get("RAMB36E1", 0) + ramb18 / 2,
        ramb18=ramb18,
        dsp=cells.get("DSP48E1", 0),
    )


def _cost(cells: Mapping[str, int], price: Mapping[str, int]) -> int:
    return sum(price.get(name, 0) * number for name, number in cells.items())


def shares(used: Utilisation, budget: Device) -> dict[str, float]:
    """Return the used share of each resource, 1 = all of it."""
    return {name: getattr(used, name) / getattr(budget, name) for name in ("lut", "ff", "ramb36", "dsp")}


def check_fits(used: Utilisation, budget: Device) -> None:
    """Check that a netlist is no larger than its device.

    Raises:
        DoesNotFitError: It is; the message says by how much.
    """
    over = [
        f"{name.upper()} {getattr(used, name):,} of {getattr(budget, name):,} (x {share:.2f})"
        for name, share in shares(used, budget).items()
        if share > 1
    ]
    if over:
        raise DoesNotFitError(
            f"does not fit {budget.part}: {'; '.join(over)}; "
            "fold more (smaller PE or SIMD) or take a larger part"
        )
