"""What a nextpnr log says after routing: frequencies, crossings of clocks, the worst path, cells in use.

nextpnr prints its timing twice, and the first time is an estimate before routing. Logs of nextpnr-xilinx and
of nextpnr-himbaechel differ in details only, all of which are read here.
"""

import re
from typing import Final

from rbonn_hw.errors import ToolError
from rbonn_hw.soc.timing_report import CriticalPath, Crossing, Step, Timing

CONSTANT_NETS: Final = ("$PACKER_VCC_NET", "$PACKER_GND_NET")
_ROWS: Final = {"ff": "SLICE_FFX", "ramb36": "RAMB36E1", "dsp": "DSP48E1"}
_ROUTING: Final = re.compile(r"^Info: (?:Running router2\.\.\.|Routing\.\.)", re.MULTILINE)
_STEP: Final = re.compile(r"^(?:[\w-]+\s+)?(\d+\.\d+)\s+\d+\.\d+\s+(Source|Net|Setup)\s+(\S+)")


def nextpnr_timing(log: str, period_ns: float) -> Timing:
    """Read the timing of the routed design.

    Paths that begin at a pin whose clock is tied off count: it is the second clock of a block ROM, which
    answers on its first. Paths that end at one do not: nothing is ever taken there.

    Raises:
        ToolError: The log has no timing after routing.
    """
    routed = _after_routing(log)
    clocks = {
        name: float(mhz)
        for name, mhz in re.findall(r"Max frequency for clock\s+'([^']*)':\s*([\d.]+) MHz", routed)
    }
    if not clocks:
        raise ToolError(
            "nextpnr's log names no clock frequency after routing; see nextpnr.log "
            "(nextpnr-xilinx before August 2026 prints none there: take a newer one)"
        )
    crossings = tuple(
        Crossing(start=start, end=end, delay_ns=float(delay), counts=not _is_constant(end))
        for start, end, delay in re.findall(
            r"Max delay\s+(\S(?:.*\S)?)\s+->\s+(\S(?:.*\S)?)\s*:\s+([\d.]+) ns", routed
        )
    )
    rated = {f"clock '{name}'": 1000.0 / mhz for name, mhz in clocks.items()}
    rated |= {
        f"cross-domain path '{item.start}' -> '{item.end}'": item.cycle_ns
        for item in crossings
        if item.counts
    }
    worst = max(rated, key=rated.__getitem__)
    return Timing(
        period_ns=period_ns,
        slack_ns=period_ns - rated[worst],
        clocks=clocks,
        crossings=crossings,
        path=_path(routed, worst),
    )


def _after_routing(log: str) -> str:
    starts = [match.end() for match in _ROUTING.finditer(log)]
    return log[starts[-1] :] if starts else ""


def _is_constant(event: str) -> bool:
    return event.split()[-1] in CONSTANT_NETS


def _path(log: str, title: str) -> CriticalPath | None:
    """Return the path below the heading ``title``, or None: a log at a low level has none."""
    begin = log.rfind(f"Critical path report for {title}")
    if begin < 0:
        return None
    steps = []
    for line in log[begin:].splitlines()[1:]:
        text = re.sub(r"^\w+:\s*", "", line)
        if re.match(r"[\d.]+ ns logic", text):
            break
        if found := _STEP.match(text):
            delay, kind, name = found.groups()
            steps.append(Step(name, "wire" if kind == "Net" else "logic", float(delay)))
    return CriticalPath(title, tuple(steps)) if steps else None


def nextpnr_utilisation(log: str, fasm: str) -> dict[str, float]:
    """Return what the routed design uses, by the names of :class:`rbonn_hw.spec.device.Device`.

    nextpnr counts both halves of a LUT (``SLICE_LUTX``, of which a part has twice its LUTs), so LUTs are
    counted where they are used: in the features of the bitstream. A block RAM of 18 kbit counts one half.

    Raises:
        ToolError: The log has no table of cells, or the features hold no LUT.
    """
    rows = {
        name: int(used) for name, used in re.findall(r"^Info:\s+(\w+):\s+(\d+)\s*/\s*\d+", log, re.MULTILINE)
    }
    if "SLICE_LUTX" not in rows:
        raise ToolError("nextpnr's log holds no device utilisation; see nextpnr.log")
    # Older versions name a bel by its site and itself: RAMB18E1_RAMB18E1.
    used = {name: float(rows.get(f"{row}_{row}", rows.get(row, 0))) for name, row in _ROWS.items()}
    used["ramb36"] += rows.get("RAMB18E1_RAMB18E1", rows.get("RAMB18E1", 0)) / 2
    sites = re.findall(r"^(\w+\.SLICE[LM]_X[01]\.[A-D]LUT)\.", fasm, re.MULTILINE)
    if not sites:
        raise ToolError("nextpnr's features hold no LUT; see nextpnr.log")
    return {"lut": len(set(sites)), **used, "lut_halves": rows["SLICE_LUTX"]}
