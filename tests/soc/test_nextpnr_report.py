"""rbonn_hw/soc/nextpnr_report.py on logs in the words of both nextpnrs."""

from pathlib import Path

import pytest

from rbonn_hw.errors import ToolError
from rbonn_hw.soc.nextpnr_report import nextpnr_timing, nextpnr_utilisation

REPORTS = Path(__file__).parent / "reports"
FASM = """CLBLL_L_X2Y50.SLICEL_X0.ALUT.INIT[63:0] = 64'b01
CLBLL_L_X2Y50.SLICEL_X0.ALUT.RAM
CLBLL_L_X2Y50.SLICEL_X1.ALUT.INIT[63:0] = 64'b01
CLBLM_R_X3Y50.SLICEM_X0.DLUT.INIT[63:0] = 64'b01
CLBLM_R_X3Y50.SLICEM_X0.DLUT.SRL
CLBLM_R_X3Y50.SLICEM_X0.AFF.ZINI
"""


def text(name: str) -> str:
    return (REPORTS / name).read_text()


@pytest.mark.parametrize("name", ["nextpnr_himbaechel.log", "nextpnr_xilinx.log"])
def test_the_last_word_is_that_after_routing(name: str) -> None:
    timing = nextpnr_timing(text(name), 10.0)

    assert timing.clocks == {"u_shell.clk": 112.36}
    assert timing.met
    assert timing.fmax_mhz == pytest.approx(112.36)
    before = text(name).split("Info: Running router2")[0]
    assert "Max frequency" in before
    with pytest.raises(ToolError, match="names no clock frequency after routing"):
        nextpnr_timing(before, 10.0)


def test_the_path_of_the_clock() -> None:
    path = nextpnr_timing(text("nextpnr_himbaechel.log"), 10.0).path

    assert path is not None
    assert path.clocks == "clock 'u_shell.clk'"
    assert [(step.kind, step.delay_ns) for step in path.steps] == [
        ("logic", 0.35), ("wire", 2.65), ("logic", 0.1), ("wire", 5.7), ("logic", 0.1)
    ]  # fmt: skip
    assert path.steps[1].name == "u_shell.u_accelerator.stream4_tready"
    assert path.steps[4].name == "$flatten\\u_shell.u_accelerator.\\pool0.$auto$ff.cc:337:slice$9.CE"
    old = nextpnr_timing(text("nextpnr_xilinx.log"), 10.0).path
    assert old is not None
    assert [step.delay_ns for step in old.steps] == [0.3, 2.7, 0.1, 5.7, 0.1]


@pytest.mark.parametrize(
    ("line", "fmax"),
    [
        ("Info: Max delay posedge $PACKER_VCC_NET -> posedge u_shell.clk: 12.50 ns", 80.0),
        ("Info: Max delay <async>                 -> posedge u_shell.clk: 12.50 ns", 80.0),
        ("Info: Max delay negedge u_shell.clk -> posedge u_shell.clk: 8.00 ns", 62.5),
        ("Info: Max delay posedge u_shell.clk -> posedge $PACKER_VCC_NET: 12.50 ns", 112.36),
        ("Info: Max delay posedge $PACKER_VCC_NET -> posedge u_shell.clk: 2.50 ns", 112.36),
    ],
)
def test_what_crosses_clocks(line: str, fmax: float) -> None:
    timing = nextpnr_timing(text("nextpnr_himbaechel.log") + line + "\n", 10.0)
    assert timing.fmax_mhz == pytest.approx(fmax)
    assert len(timing.crossings) == 1


def test_the_slowest_clock_of_several_counts() -> None:
    log = "Info: Running router2...\n" + "".join(
        f"Info: Max frequency for clock {' ' * pad}'{name}': {mhz} MHz (PASS at 100.00 MHz)\n"
        for name, mhz, pad in (("a", 130, 3), ("long", 120, 0))
    )
    assert nextpnr_timing(log, 10.0).clocks == {"a": 130, "long": 120}
    assert nextpnr_timing(log, 10.0).fmax_mhz == pytest.approx(120)
    assert nextpnr_timing(log, 10.0).path is None


@pytest.mark.parametrize("name", ["nextpnr_himbaechel.log", "nextpnr_xilinx.log"])
def test_luts_are_counted_where_they_are_used(name: str) -> None:
    used = nextpnr_utilisation(text(name), FASM)
    assert used == {"lut": 3, "ff": 6021, "ramb36": 3.5, "dsp": 1, "lut_halves": 8123}


def test_reports_that_say_nothing() -> None:
    with pytest.raises(ToolError, match="no device utilisation"):
        nextpnr_utilisation("", FASM)
    with pytest.raises(ToolError, match="hold no LUT"):
        nextpnr_utilisation(text("nextpnr_xilinx.log"), "")
    with pytest.raises(ToolError, match="no clock frequency"):
        nextpnr_timing("", 10.0)
