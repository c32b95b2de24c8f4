"""What Vivado's reports say of a routed design: timing, the worst path, what is used, power."""

import re
from typing import Final

from rbonn_hw.errors import ToolError
from rbonn_hw.soc.timing_report import CriticalPath, Step, Timing

_ROWS: Final = {
    "lut": "Slice LUTs",
    "ff": "Slice Registers",
    "ramb36": "Block RAM Tile",
    "dsp": "DSPs",
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
    for name, row in _ROWS.items():
        match = re.search(rf"^\|\s*{row}\*?\s*\|\s*([\d.]+)\s*\|", report, re.MULTILINE)
        if match is None:
            raise ToolError(f"Vivado's utilisation report has no row {row!r}; see utilisation.rpt")
        found[name] = float(match[1])
    return found


_RULE: Final = re.compile(r"^\s*-{10,}\s+-{5,}\s*$", re.MULTILINE)
_CELL: Final = re.compile(r"\b\w+ \(Prop_\w+\)\s+(-?\d+\.\d+)\s+\d+\.\d+ [rf]\s+(\S+)")
_NET: Final = re.compile(r"\bnet \(fo=[\d,]+, \w+\)\s+(-?\d+\.\d+)\s+\d+\.\d+\s+(\S+)")
_SETUP: Final = re.compile(r"\b\w+ \(Setup_\w+\)\s+(-?\d+\.\d+)\s+\d+\.\d+\s+(\S+)")
_POWER: Final = {
    "total_w": "Total On-Chip Power (W)",
    "dynamic_w": "Dynamic (W)",
    "static_w": "Device Static (W)",
}


def vivado_path(report: str) -> CriticalPath | None:
    """Read the first path of ``report_timing``: its cells and nets from register to register.

    The table of a path has three rules: below the first is the clock, below the second the path, below the
    third the clock again, and the set-up time.

    Returns:
        The path; None where the report holds none.
    """
    group = re.search(r"^\s*Path Group:\s*(\S+)", report, re.MULTILINE)
    rules = list(_RULE.finditer(report))
    if group is None or len(rules) < 3:
        return None
    steps = []
    for line in report[rules[1].end() : rules[2].start()].splitlines():
        if found := _CELL.search(line):
            steps.append(Step(found[2], "logic", float(found[1])))
        elif found := _NET.search(line):
            steps.append(Step(found[2], "wire", float(found[1])))
    if setup := _SETUP.search(report, rules[2].end()):
        steps.append(Step(setup[2], "logic", abs(float(setup[1]))))
    return CriticalPath(f"clock {group[1]}", tuple(steps)) if steps else None


def vivado_power(report: str) -> dict[str, float]:
    """Read ``report_power``: watts in all, of the logic at work, and of the part at rest.

    Vivado assumes how often nets change; nobody has measured it.

    Raises:
        ToolError: A row is missing.
    """
    found = {}
    for name, row in _POWER.items():
        match = re.search(rf"^\|\s*{re.escape(row)}\s*\|\s*([\d.]+)", report, re.MULTILINE)
        if match is None:
            raise ToolError(f"Vivado's power report has no row {row!r}; see power.rpt")
        found[name] = float(match[1])
    return found
