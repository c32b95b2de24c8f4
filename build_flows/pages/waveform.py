"""Draws the beats of a simulation as waveforms, in SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

MOST_CYCLES = 32
"""Cycles that fit the width of a page."""
_LEFT, _CYCLE, _ROW, _HIGH = 92, 30, 26, 16
_INK, _PALE = "currentColor", "#8888"


@dataclass(frozen=True, slots=True)
class _Lane:
    """One signal: its level in each cycle (None is unknown), or (first cycle, last cycle, text) of a bus."""

    name: str
    levels: Sequence[int | None] = ()
    words: Sequence[tuple[int, int, str]] = ()


def waveform(wave: Mapping[str, Any]) -> str:
    """Return the diagram of one kernel of waves.json.

    The source offers a beat until it is taken and never pauses, so an input's valid is high until its last
    beat; its ready in a later cycle had nobody to see it and is drawn as unknown. The sink is always ready.
    """
    cycles = min(int(wave["cycles"]) + 1, MOST_CYCLES)
    lanes = [_Lane("clk")]
    for port in wave["inputs"]:
        lanes += _input(port, cycles)
    for port in wave["outputs"]:
        lanes += _output(port, cycles)
    width, height = _LEFT + cycles * _CYCLE + 6, 22 + len(lanes) * _ROW
    body = "".join(_drawn(lane, 20 + number * _ROW, cycles) for number, lane in enumerate(lanes))
    ticks = "".join(
        f'<text x="{_LEFT + (cycle + 0.5) * _CYCLE}" y="12" text-anchor="middle" font-size="9">{cycle}</text>'
        f'<path d="M{_LEFT + cycle * _CYCLE} 18V{height - 4}" stroke="{_PALE}" stroke-width="0.5"/>'
        for cycle in range(cycles)
    )
    return (
        f'<svg class="waves" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-label="Timing of {escape(wave["module"])}" xmlns="http://www.w3.org/2000/svg" '
        f'font-family="monospace" font-size="11">{ticks}{body}</svg>'
    )


def _input(port: Mapping[str, Any], cycles: int) -> list[_Lane]:
    taken = port["cycles"]
    valid = [int(cycle <= taken[-1]) for cycle in range(cycles)]
    ready = [int(cycle in taken) if cycle <= taken[-1] else None for cycle in range(cycles)]
    starts = [0, *(cycle + 1 for cycle in taken)]
    words = [
        (start, end, _label(values))
        for start, end, values in zip(starts[:-1], taken, port["values"], strict=True)
        if start < cycles
    ]
    name = port["name"]
    return [
        _Lane(f"{name}_valid_i", valid),
        _Lane(f"{name}_ready_o", ready),
        _Lane(f"{name}_data_i", words=words),
    ]


def _output(port: Mapping[str, Any], cycles: int) -> list[_Lane]:
    beats = dict(zip(port["cycles"], port["values"], strict=True))
    name = port["name"]
    return [
        _Lane(f"{name}_valid_o", [int(cycle in beats) for cycle in range(cycles)]),
        _Lane(f"{name}_ready_i", [1] * cycles),
        _Lane(f"{name}_data_o", words=[(cycle, cycle, _label(values)) for cycle, values in beats.items()]),
    ]


def _label(values: Sequence[int]) -> str:
    """Return the elements of a beat, lane 0 first; those of more than two bits without a comma."""
    bits = set(values) <= {0, 1} and len(values) > 2
    return ("" if bits else ",").join(map(str, values))


def _drawn(lane: _Lane, top: int, cycles: int) -> str:
    name = f'<text x="{_LEFT - 6}" y="{top + 12}" text-anchor="end">{escape(lane.name)}</text>'
    if lane.words:
        return name + "".join(_word(*word, top) for word in lane.words)
    return name + (_clock(top, cycles) if lane.name == "clk" else _bit(lane.levels, top))


def _clock(top: int, cycles: int) -> str:
    half = _CYCLE / 2
    path = "".join(f"V{top}h{half}V{top + _HIGH}h{half}" for _ in range(cycles))
    return f'<path d="M{_LEFT} {top + _HIGH}{path}" fill="none" stroke="{_INK}"/>'


def _bit(levels: Sequence[int | None], top: int) -> str:
    drawn = ""
    former: int | None = None
    for cycle, level in enumerate(levels):
        x = _LEFT + cycle * _CYCLE
        if level is None:
            drawn += (
                f'<rect x="{x}" y="{top}" width="{_CYCLE}" height="{_HIGH}" fill="{_PALE}" opacity="0.4"/>'
            )
        else:
            y = top if level else top + _HIGH
            start = f"M{x} {y}" if former is None else f"M{x} {top if former else top + _HIGH}V{y}"
            drawn += f'<path d="{start}h{_CYCLE}" fill="none" stroke="{_INK}"/>'
        former = level
    return drawn


def _word(first: int, last: int, label: str, top: int) -> str:
    x, width = _LEFT + first * _CYCLE, (last - first + 1) * _CYCLE
    shape = f"M{x} {top + 8}l3 -8h{width - 6}l3 8l-3 8h{6 - width}z"
    size = 9 if len(label) < 5 else 7
    return (
        f'<path d="{shape}" fill="none" stroke="{_INK}"/>'
        f'<text x="{x + width / 2}" y="{top + 12}" text-anchor="middle" font-size="{size}">'
        f"{escape(label)}</text>"
    )
