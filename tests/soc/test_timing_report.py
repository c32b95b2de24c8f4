"""rbonn_hw/soc/timing_report.py and vivado_report.py on small reports: met, missed, and without an answer."""

from pathlib import Path

import pytest

from rbonn_hw.errors import TimingError, ToolError
from rbonn_hw.soc.timing_report import Timing
from rbonn_hw.soc.vivado_report import vivado_path, vivado_power, vivado_timing, vivado_utilisation

REPORTS = Path(__file__).parent / "reports"


def text(name: str) -> str:
    return (REPORTS / name).read_text()


def test_vivado_met() -> None:
    timing = vivado_timing(text("timing_met.rpt"), 10.0)

    assert (timing.slack_ns, timing.hold_slack_ns, timing.met) == (1.25, 0.021, True)
    assert timing.fmax_mhz == pytest.approx(1000 / 8.75)
    timing.check()


def test_vivado_missed_says_by_how_much_and_what_would_do() -> None:
    timing = vivado_timing(text("timing_missed.rpt"), 10.0)

    assert not timing.met
    with pytest.raises(TimingError, match=r"0\.800 ns more than the 10 ns of 100 MHz.*--clock-mhz 92"):
        timing.check()


def test_a_missed_hold_is_a_miss() -> None:
    timing = Timing(period_ns=10.0, slack_ns=1.0, hold_slack_ns=-0.05)

    assert not timing.met
    with pytest.raises(TimingError, match=r"hold is missed by 0\.050 ns"):
        timing.check()


def test_a_design_without_a_clock_is_not_met() -> None:
    untimed = text("timing_met.rpt").replace("  1.250  ", "     NA  ")
    with pytest.raises(ToolError, match="timed no path"):
        vivado_timing(untimed, 10.0)
    with pytest.raises(ToolError, match="no design timing summary"):
        vivado_timing("Timing Summary Report\n", 10.0)


def test_vivado_utilisation() -> None:
    assert vivado_utilisation(text("utilisation.rpt")) == {"lut": 9120, "ff": 8011, "ramb36": 4.5, "dsp": 0}
    with pytest.raises(ToolError, match="no row 'DSPs'"):
        vivado_utilisation(text("utilisation.rpt").replace("DSPs", "other"))


def test_the_worst_path_from_register_to_register() -> None:
    path = vivado_path(text("path.rpt"))

    assert path is not None
    assert path.clocks == "clock fclk0"
    assert [(step.kind, step.delay_ns) for step in path.steps] == [
        ("logic", 0.456), ("wire", 2.966), ("logic", 0.124), ("wire", 4.35), ("logic", 0.205)
    ]  # fmt: skip
    assert path.steps[0].name == "u_shell/u_accelerator/fc0_mvau/u_mvau/full_q_reg/Q"
    assert path.steps[1].name == "u_shell/u_accelerator/stream0_tready"
    assert path.steps[4].name == "u_shell/u_accelerator/dwc0/u_dwc/word_q_reg[3]"
    assert vivado_path("No timing paths found.\n") is None


def test_power() -> None:
    assert vivado_power(text("power.rpt"))["dynamic_w"] == 1.443
    with pytest.raises(ToolError, match="no row 'Device Static"):
        vivado_power(text("power.rpt").replace("Device Static", "Other"))
