"""The path that limits the clock in the words of the user's network: kernels, streams, and what to do.

Tools name cells of the flat netlist; the instance names in front of them are those of compile.json.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rbonn_hw.soc.timing_report import CriticalPath

SHELL: Final = "shell"
_FOLDABLE: Final = ("RbonnMVAU", "RbonnThreshold", "RbonnAdd", "RbonnPool", "RbonnLabelSelect")
_NEAR: Final = 0.85  # of the clock; nearer than this, another placement may do


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What one kernel has of a path.

    Attributes:
        node: Layer of the network, or :data:`SHELL`.
        kernel: Its kernel; for the shell the module within.
        cells: Cells passed, the first and the last register included.
        logic_ns: Time in them [ns].
        wire_ns: Time in the wires that they drive [ns].
        signals: Streams on those wires, with what of the handshake they carry.
    """

    node: str
    kernel: str
    cells: int
    logic_ns: float
    wire_ns: float
    signals: tuple[str, ...]


def stretches(
    path: CriticalPath, nodes: Mapping[str, str], streams: Mapping[str, str]
) -> tuple[Stretch, ...]:
    """Cut a path where it goes from one kernel to the next.

    Args:
        path: The path.
        nodes: Kernel by instance name.
        streams: Label (whence and whither) by stem of the wires' names.
    """
    found: list[Stretch] = []
    for step in path.steps:
        if step.kind == "wire" and found:
            last = found[-1]
            signals = dict.fromkeys([*last.signals, *_signals(step.name, streams)])
            found[-1] = _plus(last, wire_ns=step.delay_ns, signals=tuple(signals))
            continue
        node, kernel = place(step.name, nodes)
        if not found or found[-1].node != node:
            found.append(Stretch(node=node, kernel=kernel, cells=0, logic_ns=0.0, wire_ns=0.0, signals=()))
        found[-1] = _plus(found[-1], cells=1, logic_ns=step.delay_ns)
    return tuple(found)


def _plus(
    stretch: Stretch,
    *,
    cells: int = 0,
    logic_ns: float = 0.0,
    wire_ns: float = 0.0,
    signals: tuple[str, ...] | None = None,
) -> Stretch:
    return Stretch(
        node=stretch.node,
        kernel=stretch.kernel,
        cells=stretch.cells + cells,
        logic_ns=round(stretch.logic_ns + logic_ns, 3),
        wire_ns=round(stretch.wire_ns + wire_ns, 3),
        signals=stretch.signals if signals is None else signals,
    )


def place(name: str, nodes: Mapping[str, str]) -> tuple[str, str]:
    """Return node and kernel of a cell; the instances it lies in are parted by ``.`` (nextpnr) or ``/``."""
    segments = re.split(r"[./]", name.removeprefix("$flatten").replace("\\", ""))
    for segment in segments:
        if segment in nodes:
            return segment, nodes[segment]
    within = [segment for segment in segments[:-1] if segment.startswith("u_")]
    return SHELL, within[-1] if within else SHELL


def _signals(net: str, streams: Mapping[str, str]) -> list[str]:
    parts = re.findall(r"\b(\w+)_t(ready|valid|data)\b", net)
    return [f"{kind} of {streams[stem]}" for stem, kind in parts if stem in streams]


def limit(found: tuple[Stretch, ...], fmax_mhz: float, clock_mhz: float) -> str:
    """Say in a sentence or two what limits the clock and, where it is missed, what to do.

    Args:
        found: The path; empty where the tool printed none.
        fmax_mhz: What is reached [MHz].
        clock_mhz: What was asked for [MHz].
    """
    if not found:
        return "" if fmax_mhz >= clock_mhz else _otherwise(fmax_mhz)
    total = sum(part.logic_ns + part.wire_ns for part in found)
    wires = sum(part.wire_ns for part in found)
    worst = max(found, key=lambda part: part.logic_ns + part.wire_ns)
    kernels = list(dict.fromkeys(part.node for part in found))
    signals = list(dict.fromkeys(signal for part in found for signal in part.signals))
    where = f"{worst.node} ({worst.kernel})" if len(kernels) == 1 else " -> ".join(_names(found))
    by = f", by {', '.join(signals)}" if signals else ""
    what = f"the clock is limited by {where}{by}: {total:.1f} ns, {wires:.1f} ns of them wires"
    if fmax_mhz >= clock_mhz:
        return what
    do = []
    if fmax_mhz >= _NEAR * clock_mhz:
        do.append("try more placements (--seeds 4)")
    if worst.kernel in _FOLDABLE:
        do.append(f"fold {worst.node} more (a smaller PE or SIMD in folding.json)")
    return f"{what}; {', or '.join([*do, _otherwise(fmax_mhz)])}"


def _names(found: tuple[Stretch, ...]) -> list[str]:
    names = [part.node for part in found]
    return names[:1] + [after for before, after in pairwise(names) if after != before]


def _otherwise(fmax_mhz: float) -> str:
    return f"compile for --clock-mhz {int(fmax_mhz)}"
