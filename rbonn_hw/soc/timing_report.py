"""What the reports of Vivado and nextpnr say: does the design meet its clock, and what does it use."""

import re
from dataclasses import dataclass
from typing import Final

from rbonn_hw.errors import TimingError, ToolError


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Timing of a placed and routed design.

    Attributes:
        period_ns: Clock period that was asked for [ns].
        slack_ns: Least time left over on a path, negative when it is missed [ns].
        hold_slack_ns: The same for hold; None where a tool does not report it [ns].
    """

    period_ns: float
    slack_ns: float
    hold_slack_ns: float | None = None

    @property
    def met(self) -> bool:
        """Whether every path is in time."""
        return self.slack_ns >= 0 and (self.hold_slack_ns or 0.0) >= 0

    @property
    def fmax_mhz(self) -> float:
        """Fastest clock at which every setup path is in time [MHz]."""
        return 1000.0 / (self.period_ns - self.slack_ns)

    def check(self) -> None:
        """Check that timing is met.

        Raises:
            TimingError: It is missed; the message says by how much.
        """
        if self.slack_ns < 0:
            raise TimingError(
                f"timing is missed: the worst path takes {-self.slack_ns:.3f} ns more than the "
                f"{self.period_ns:g} ns of {1000 / self.period_ns:g} MHz; compile for "
                f"--clock-mhz {int(self.fmax_mhz)}, or say --allow-timing-failure"
            )
        if (self.hold_slack_ns or 0.0) < 0:
            raise TimingError(
                f"hold is missed by {-(self.hold_slack_ns or 0.0):.3f} ns, which no slower clock "
                "mends; route again with another placement, or say --allow-timing-failure"
            )


_VIVADO_ROWS: Final = {
    "lut": "Slice LUTs",
    "ff": "Slice Registers",
    "ramb36": "Block RAM Tile",
    "dsp": "DSPs",
}
_NEXTPNR_ROWS: Final = {
    "lut": "SLICE_LUTX",
    "ff": "SLICE_FFX",
    "ramb36": "RAMB36E1_RAMB36E1",
    "dsp": "DSP48E1_DSP48E1",
}


def vivado_timing(report: str, period_ns: float) -> Timing:
    """Read ``report_timing_summary``.

    Raises:
        ToolError: The text has no summary, or no path was timed: a design without its clock.
    """
    head = re.search(r"^\s*WNS\(ns\)\s+TNS\(ns\).*\n[\s-]*\n(.*)$", report, re.MULTILINE)
    if head is None:
        raise ToolError(
            "Vivado's timing report holds no design timing summary; see timing.rpt and vivado.log"
        )
    numbers = head[1].split()
    if len(numbers) < 8 or "NA" in (numbers[0], numbers[4]):
        raise ToolError(
            "Vivado timed no path: the constraint found no clock; see constraints.xdc and vivado.log"
        )
    return Timing(period_ns=period_ns, slack_ns=float(numbers[0]), hold_slack_ns=float(numbers[4]))


def vivado_utilisation(report: str) -> dict[str, float]:
    """Read ``report_utilization``: resources used, by the names of :class:`rbonn_hw.spec.device.Device`.

    Raises:
        ToolError: A row is missing.
    """
    found = {}
    for name, row in _VIVADO_ROWS.items():
        match = re.search(rf"^\|\s*{row}\*?\s*\|\s*([\d.]+)\s*\|", report, re.MULTILINE)
        if match is None:
            raise ToolError(f"Vivado's utilisation report has no row {row!r}; see utilisation.rpt")
        found[name] = float(match[1])
    return found


def nextpnr_timing(log: str, period_ns: float) -> Timing:
    """Read the last word of a nextpnr log on the fastest clock, that after routing.

    Raises:
        ToolError: The log has none.
    """
    found = re.findall(r"Max frequency for clock\s+'[^']*':\s*([\d.]+) MHz", log)
    if not found:
        raise ToolError("nextpnr's log names no clock frequency; see nextpnr.log")
    return Timing(period_ns=period_ns, slack_ns=period_ns - 1000.0 / min(_last_group(log, found)))


def _last_group(log: str, found: list[str]) -> list[float]:
    """Return the frequencies of all clocks in the last report: one line for each distinct clock."""
    clocks = len(set(re.findall(r"Max frequency for clock\s+'([^']*)'", log)))
    return [float(number) for number in found[-clocks:]]


def nextpnr_utilisation(log: str) -> dict[str, float]:
    """Read the cells that nextpnr packed; a block RAM of 18 kbit counts one half.

    Raises:
        ToolError: The log has no such table.
    """
    rows = {
        name: int(used) for name, used in re.findall(r"^Info:\s+(\w+):\s+(\d+)\s*/\s*\d+", log, re.MULTILINE)
    }
    if "SLICE_LUTX" not in rows:
        raise ToolError("nextpnr's log holds no device utilisation; see nextpnr.log")
    used = {name: float(rows.get(row, 0)) for name, row in _NEXTPNR_ROWS.items()}
    used["ramb36"] += rows.get("RAMB18E1_RAMB18E1", 0) / 2
    return used
