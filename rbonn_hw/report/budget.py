"""Holds a build to a budget: agreement, accuracy, cycles and area, each figure from the file of its stage."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rbonn_hw.errors import ConfigError
from rbonn_hw.report.blocks import AREA
from rbonn_hw.results import read_result

STAGES = ("verify.json", "functional.json", "synth.json")
"""What is read of a build folder, beside compile.json."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a build may cost; None for what nobody asks for.

    Attributes:
        cycles: Cycles between frames at most [cycles].
        latency: Cycles of the first frame at most [cycles].
        top1: Accuracy of the functional simulation at least, 0 .. 1.
        lut: LUTs at most; None for those of the part, as for the next three.
        ff: Flip-flops at most.
        ramb36: Block RAMs of 36 kbit at most.
        dsp: DSP slices at most.
    """

    cycles: int | None = None
    latency: int | None = None
    top1: float | None = None
    lut: float | None = None
    ff: float | None = None
    ramb36: float | None = None
    dsp: float | None = None

    def __post_init__(self) -> None:
        for name in ("cycles", "latency", *AREA):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ConfigError(f"{name}: {value:g} is a budget and must be at least 0")
        if self.top1 is not None and not 0.0 <= self.top1 <= 1.0:
            raise ConfigError(f"top1: {self.top1:g} must lie in 0 .. 1, such as 0.9 for 90 %")


@dataclass(frozen=True, slots=True)
class Line:
    """One figure beside its budget.

    Attributes:
        what: The figure.
        found: Its value, or why there is none.
        allowed: Its budget.
        origin: Where the value comes from; empty where there is none.
        good: Whether it keeps the budget.
    """

    what: str
    found: str
    allowed: str
    origin: str
    good: bool


def lines(build_dir: Path, budget: Budget, edited: Iterable[str] = ()) -> list[Line]:
    """Compare a build with a budget.

    A figure whose stage was not run keeps no budget: a check that did not take place has not passed.

    Args:
        build_dir: Folder of a compiled accelerator.
        budget: What it may cost.
        edited: Files of it that were changed since it was compiled; earlier figures are of another one.

    Raises:
        ConfigError: The folder holds no compiled accelerator; a figure in it is of another type.
    """
    try:
        return _lines(build_dir, budget, edited)
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"{build_dir}: {', '.join(STAGES)}: a figure is none ({error}): it is of another version or was "
            "changed; run the stages again"
        ) from None


def _lines(build_dir: Path, budget: Budget, edited: Iterable[str]) -> list[Line]:
    compiled = read_result(build_dir / "compile.json", f"rbonn compile NETWORK --out {build_dir}")
    verified, functional, synthesised = (_of(build_dir, name, compiled, edited) for name in STAGES)
    found = [
        _agreement(verified),
        _line("frames that differ, functional", functional, lambda one: one["mismatches"], "0", _most(0)),
    ]
    if budget.top1 is not None:
        share, least = budget.top1, f"at least {budget.top1:.2%}"
        found.append(
            _line(
                "top-1",
                functional,
                lambda one: one["accuracy"]["functional"],
                least,
                lambda x: x >= share,
                "{:.2%}",
            )
        )
    for what, key, most in (
        ("cycles between frames", "ii_cycles", budget.cycles),
        ("latency (cycles)", "latency_cycles", budget.latency),
    ):
        if most is not None:
            found.append(_line(what, verified, _at(key), f"{most:,}", _most(most), "{:,}"))
    for name in AREA:
        own = getattr(budget, name)
        most = own if own is not None else (synthesised or {}).get("budget", {}).get(name)
        allowed = "the part's" if most is None else f"{most:,g}"
        found.append(_line(name.upper(), synthesised, _within(name), allowed, _most(most or 0.0), "{:,g}"))
    return found


def markdown(title: str, found: list[Line]) -> str:
    """Return a table for a page of a CI service."""
    verdict = "passed" if all(line.good for line in found) else "FAILED"
    rows = (
        f"| {'yes' if line.good else '**no**'} | {line.what} | {line.found} | {line.allowed} | "
        f"{line.origin} |\n"
        for line in found
    )
    head = "| kept | figure | found | budget | origin |\n|---|---|---|---|---|\n"
    return f"## {title}: {verdict}\n\n{head}{''.join(rows)}\n"


def _of(
    build_dir: Path, name: str, compiled: Mapping[str, Any], edited: Iterable[str]
) -> Mapping[str, Any] | None:
    """Return the result of a stage; None where it was not run on the accelerator as it is."""
    path = build_dir / name
    since = ("compile.json", *edited)
    if not path.is_file() or path.stat().st_mtime < max((build_dir / one).stat().st_mtime for one in since):
        return None
    document = read_result(path, f"rbonn {path.stem} {build_dir}")
    return document if document.get("compiled", compiled["key"]) == compiled["key"] else None


def _agreement(verified: Mapping[str, Any] | None) -> Line:
    what = "levels that agree"
    if verified is None:
        return Line(what, "not known: verify was not run", "all", "", good=False)
    levels = ", ".join(f"{name} ({frames})" for name, frames in verified["levels"].items())
    places = [f"{one['pair']}: {one['layer'] or 'the answer'}" for one in verified["differences"]]
    faults = [*places, *(f"{name} gives no answer" for name in verified["failed"])]
    found = levels if verified["agrees"] else "; ".join(faults)
    return Line(what, found, "all", "executed, rtl simulated", good=bool(verified["agrees"]))


def _line(
    what: str,
    document: Mapping[str, Any] | None,
    read: Callable[[Mapping[str, Any]], Any],
    allowed: str,
    keeps: Callable[[Any], bool],
    text: str = "{}",
) -> Line:
    """Return the line of a figure that a stage has found."""
    try:
        value = None if document is None else read(document)
    except (KeyError, ConfigError):
        value = None
    if value is None or document is None:
        return Line(what, "not known: its stage was not run, or says nothing of it", allowed, "", good=False)
    return Line(what, text.format(value), allowed, _origin(document, what), good=keeps(value))


def _origin(document: Mapping[str, Any], what: str) -> str:
    """Return where a figure of a stage comes from."""
    if "resources" in document:
        return str(document["origin"]["resources"])
    return "simulated" if "cycles" in what else "executed"


def _at(key: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda document: document[key]


def _within(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda document: document["resources"][name]


def _most(limit: float) -> Callable[[Any], bool]:
    return lambda value: bool(value <= limit)
