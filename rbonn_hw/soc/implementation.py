"""What a place-and-route flow gives, whichever it was, and how it is written down."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rbonn_hw.results import Document, Origin
from rbonn_hw.soc.critical_path import Stretch, limit, stretches
from rbonn_hw.soc.sources import System
from rbonn_hw.soc.timing_report import Timing

NAME: Final = "accelerator"
"""Stem of the bitstream."""
SYNTHESISED: Final = {
    "lut": "LUT cells, LUT RAM and shift registers; place and route puts some two into one site",
    "ff": "flip-flops",
    "ramb36": "block RAMs of 36 kbit; one of 18 kbit counts one half",
    "dsp": "DSP slices",
}
"""What the resources of a netlist count before place and route."""
COUNTS: Final = {
    "lut": "LUT sites: a 6-input LUT, two 5-input LUTs in one, LUT RAM, a shift register, a feed-through",
    "ff": "flip-flops",
    "ramb36": "block RAMs of 36 kbit; one of 18 kbit counts one half",
    "dsp": "DSP slices",
}
"""What the resources of a routed design count, whichever tool routed it."""


def utilisation(system: System, used: Mapping[str, float], counts: Mapping[str, str]) -> Document:
    """Return resources beside what the part has, and what is counted."""
    return {
        name: {"used": value, "of": getattr(system.board.device, name), "counts": counts[name]}
        for name, value in used.items()
    }


def frame_rates(system: System, state: str) -> Document:
    """Return the rate at 100 MHz beside that at the clock that was asked for; both are estimates.

    Args:
        system: The design.
        state: What is known of that clock.
    """
    return {
        "fps_at_100mhz": round(1e8 / system.ii_cycles, 1),
        "fps_at_clock": round(1e6 * system.clock_mhz / system.ii_cycles, 1),
        "clock": f"{system.clock_mhz:g} MHz, {state}",
    }


def frame_rates_text(rates: Document) -> str:
    """Return :func:`frame_rates` for the terminal."""
    usual, own = rates["fps_at_100mhz"], rates["fps_at_clock"]
    beside = "" if usual == own else f"; {usual:,.1f} at 100 MHz"
    return f"frames/s (estimated): {own:,.1f} at {rates['clock']}{beside}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedRun:
    """One placement that was tried.

    Attributes:
        seed: Seed of the placer.
        fmax_mhz: Fastest clock of it [MHz]; None where it could not be routed.
        failure: The tool's last words, where it could not.
    """

    seed: int
    fmax_mhz: float | None
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Implementation:
    """A routed design.

    Attributes:
        tool: Flow that made it.
        version: Program that placed and routed it, with its version; empty where it does not say.
        bitstream: The .bit file; None where the clock was missed and that was not allowed.
        timing: Its timing.
        resources: What it uses, by the names of :class:`rbonn_hw.spec.device.Device`.
        origin: How far its timing can be trusted.
        details: What else the tool reports: halves of LUTs (nextpnr), power (Vivado's estimate) [W].
        seeds: Placements that were tried; the first is the one that was kept. Empty: the tool has no seeds.
    """

    tool: str
    version: str = ""
    bitstream: Path | None
    timing: Timing
    resources: dict[str, float]
    origin: Origin
    details: dict[str, float] | None = None
    seeds: tuple[SeedRun, ...] = ()

    def path(self, system: System) -> tuple[Stretch, ...]:
        """Return the path that limits the clock, cut by kernels; empty where the tool printed none."""
        return stretches(self.timing.path, system.nodes, system.streams) if self.timing.path else ()

    def limit(self, system: System) -> str:
        """Return what limits the clock and, where it is missed, what to do."""
        return limit(self.path(system), self.timing.fmax_mhz, system.clock_mhz)

    def rates(self, system: System) -> Document:
        """Return the frame rates, and whether their clock is met."""
        state = f"{'met' if self.timing.met else 'missed'} ({self.origin} by {self.version or self.tool})"
        return frame_rates(system, state)

    def document(self, system: System) -> tuple[Document, dict[str, Origin]]:
        """Return what goes into bitstream.json, and where its figures come from."""
        timing = self.timing
        values: Document = {
            "tool": self.tool,
            "version": self.version,
            "bitstream": str(self.bitstream) if self.bitstream else None,
            "resources": self.resources,
            "utilisation": utilisation(system, self.resources, COUNTS),
            "details": self.details or {},
            "timing": {
                "period_ns": timing.period_ns,
                "slack_ns": round(timing.slack_ns, 3),
                "hold_slack_ns": timing.hold_slack_ns,
                "met": timing.met,
                "fmax_mhz": round(timing.fmax_mhz, 2),
                "clocks": dict(timing.clocks),
                "crossings": [asdict(crossing) for crossing in timing.crossings],
                "critical_path": [asdict(stretch) for stretch in self.path(system)],
                "limit": self.limit(system),
            },
            "frame_rates": self.rates(system),
            "seeds": [asdict(run) for run in self.seeds],
        }
        origin: dict[str, Origin] = {"timing": self.origin, "seeds": self.origin, "frame_rates": "estimated"}
        origin |= {"resources": "routed", "utilisation": "routed"}
        for name in values["details"]:
            origin[f"details.{name}"] = "estimated" if name.endswith("_w") else "routed"
        return values, origin

    def lines(self, system: System) -> list[str]:
        """Return the report for the terminal."""
        timing, source = self.timing, self.version or self.tool
        lines = [f"timing ({self.origin} by {source}):"]
        lines += [f"  clock {name}: {mhz:.1f} MHz" for name, mhz in timing.clocks.items()]
        for crossing in timing.crossings:
            remark = "" if crossing.counts else ", which nothing takes"
            lines.append(f"  {crossing.start} -> {crossing.end}: {crossing.delay_ns:.2f} ns{remark}")
        for part in self.path(system):
            signals = f"  {', '.join(part.signals)}" if part.signals else ""
            lines.append(
                f"    {part.node:<24} {part.kernel:<18} {part.cells:>3} cells {part.logic_ns:6.2f} ns logic "
                f"{part.wire_ns:6.2f} ns wires{signals}".rstrip()
            )
        lines += [f"  {text}" for text in [self.limit(system)] if text]
        rates = [run.fmax_mhz for run in self.seeds if run.fmax_mhz is not None]
        if len(self.seeds) > 1:
            lines.append(
                f"  {len(rates)} of {len(self.seeds)} seeds routed: {min(rates):.1f} to {max(rates):.1f} MHz"
                f"; seed {self.seeds[0].seed} is kept"
            )
        lines += [frame_rates_text(self.rates(system)), "resources (routed):"]
        for name, used in self.resources.items():
            have: int = getattr(system.board.device, name)
            share = f"{used:>9,g} of {have:,} ({used / have:.1%})"
            lines.append(f"  {name.upper():<7} {share} {COUNTS[name]}")
        return lines
