"""What a place-and-route flow gives, whichever it was."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rbonn_hw.results import Origin
from rbonn_hw.soc.timing_report import Timing

NAME: Final = "accelerator"
"""Stem of the bitstream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Implementation:
    """A routed design.

    Attributes:
        tool: Flow that made it.
        bitstream: The .bit file.
        timing: Its timing.
        resources: What it uses, by the names of :class:`rbonn_hw.spec.device.Device`.
        origin: How far its timing can be trusted.
    """

    tool: str
    bitstream: Path
    timing: Timing
    resources: dict[str, float]
    origin: Origin
