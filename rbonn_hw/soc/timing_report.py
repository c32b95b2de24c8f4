"""Timing of a routed design, whichever tool reports it: does it meet its clock, and by which path."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rbonn_hw.errors import TimingError


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path.

    Attributes:
        name: Cell and pin, or net, as the tool calls it.
        kind: What takes the time; set-up is logic.
        delay_ns: Time that it takes [ns].
    """

    name: str
    kind: Literal["logic", "wire"]
    delay_ns: float


@dataclass(frozen=True, slots=True)
class CriticalPath:
    """The path that limits the clock: between which clocks, and its steps in order."""

    clocks: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """The slowest path between two clocks.

    Attributes:
        start: Edge and clock where it begins.
        end: Edge and clock where it ends.
        delay_ns: Time that it takes [ns].
        counts: It limits the clock.
    """

    start: str
    end: str
    delay_ns: float
    counts: bool

    @property
    def cycle_ns(self) -> float:
        """Clock period that it needs: twice its delay between unlike edges [ns]."""
        edges = {event.split()[0] for event in (self.start, self.end)}
        return self.delay_ns * (2 if {"posedge", "negedge"} <= edges else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Timing of a placed and routed design.

    Attributes:
        period_ns: Clock period that was asked for [ns].
        slack_ns: Least time left over on a path, negative when it is missed [ns].
        hold_slack_ns: The same for hold; None where a tool does not report it [ns].
        clocks: Fastest rate of each clock's own paths [MHz].
        crossings: The slowest path between each two clocks.
        path: The path of ``slack_ns``, where the report has it.
    """

    period_ns: float
    slack_ns: float
    hold_slack_ns: float | None = None
    clocks: Mapping[str, float] = field(default_factory=dict)
    crossings: tuple[Crossing, ...] = ()
    path: CriticalPath | None = None

    @property
    def met(self) -> bool:
        """Whether every path is in time."""
        return self.slack_ns >= 0 and (self.hold_slack_ns or 0.0) >= 0

    @property
    def fmax_mhz(self) -> float:
        """Fastest clock at which every setup path is in time [MHz]."""
        return 1000.0 / (self.period_ns - self.slack_ns)

    def check(self, limit: str = "") -> None:
        """Check that timing is met.

        Args:
            limit: What limits the clock and what to do, for the message.

        Raises:
            TimingError: It is missed; the message says by how much.
        """
        if self.slack_ns < 0:
            raise TimingError(
                f"timing is missed: the worst path takes {-self.slack_ns:.3f} ns more than the "
                f"{self.period_ns:g} ns of {1000 / self.period_ns:g} MHz; "
                f"{limit or f'compile for --clock-mhz {int(self.fmax_mhz)}'}, or say --allow-timing-failure"
            )
        if (self.hold_slack_ns or 0.0) < 0:
            raise TimingError(
                f"hold is missed by {-(self.hold_slack_ns or 0.0):.3f} ns, which no slower clock "
                "mends; route again with another placement, or say --allow-timing-failure"
            )
