"""The report as one self-contained HTML page."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from rbonn_hw.report.blocks import AREA, BUFFERS, block_rows, stack
from rbonn_hw.report.boxes import Found
from rbonn_hw.report.charts import short
from rbonn_hw.report.frames import Sample
from rbonn_hw.report.peers import plot, rows
from rbonn_hw.report.roofline import roofline
from rbonn_hw.report.timeline import drawn
from rbonn_hw.report.training import course_charts
from rbonn_hw.results import Document, Origin

RESOURCES = {"lut": "LUT", "ff": "Flip-flops", "ramb36": "Block RAM (36 kbit)", "dsp": "DSP"}
NAMES = {"pytorch": "PyTorch", "qonnx": "QONNX", "finn": "FINN graph", "rtl": "RTL"}
MEANING: dict[Origin, str] = {
    "executed": "the network was run in software",
    "simulated": "read from the clock-by-clock simulation of the RTL",
    "synthesised": "counted in a netlist that Yosys mapped to the part's cells",
    "estimated": "computed from a formula, nothing was run",
    "measured": "wall time on the machine that made this page; of published designs, on their board",
}
ORDERS = {"place": "place", "cycles": "cycles", **{key: key.upper() for key in AREA}}
"""Orders of layers: as they follow each other, or most of something first."""
STACK = {"lut": "LUT", "ff": "Flip-flops", "ramb36": "Block RAM"}


def template(name: str) -> jinja2.Template:
    """Return a page's template."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = count
    environment.filters["short"] = short
    return environment.get_template(name)


def render(
    report: Document,
    origin: Mapping[str, Origin],
    spread: Sequence[Sample],
    wrong: Sequence[Sample],
    found: Found | None = None,
) -> str:
    """Return the page.

    Args:
        report: What :func:`rbonn_hw.report.collect.join` returned.
        origin: Origin of the report's figures.
        spread: Frames to show.
        wrong: Wrongly classified frames to show.
        found: What a detector found.
    """
    names = [name for name in NAMES if any(name in pair.split("-") for pair in report["pairs"])]
    designs = rows(report)
    return template("page.html").render(
        report=report,
        origin=origin,
        meaning=MEANING,
        fit=fit(report),
        blocks=ranked(block_rows(report["layers"])),
        layers=ranked([layer for layer in report["layers"] if layer["kernel"] not in BUFFERS]),
        orders=ORDERS,
        timeline=drawn(report["timeline"]) if report["timeline"] else None,
        stacks=[(name, stack(report, key)) for key, name in STACK.items()],
        roofline=roofline(report),
        course=course_charts(report["course"]),
        names=[NAMES[name] for name in names],
        pairs=pair_rows(report, names),
        spread=spread,
        wrong=wrong,
        designs=designs,
        plot=plot(designs),
        found=found,
        latency_us=report["latency_cycles"] / 100,
    )


def ranked(rows: Sequence[Document]) -> list[Document]:
    """Return rows with their place in each of :data:`ORDERS`, as the style that puts them there."""
    places = {"place": list(range(len(rows)))}
    for name in (*ORDERS,)[1:]:
        key = "estimated_cycles" if name == "cycles" else name
        order = sorted(range(len(rows)), key=lambda number: -rows[number][key])
        places[name] = [order.index(number) for number in range(len(rows))]
    return [
        {**row, "style": ";".join(f"--{name}:{place[number]}" for name, place in places.items())}
        for number, row in enumerate(rows)
    ]


def count(value: float | None) -> str:
    """Return a number with thousands separated; halves keep their decimal."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:,.1f}"


def fit(report: Document) -> list[Document]:
    """Return one row per resource: name, used, budget and share."""
    return [
        {
            "name": name,
            "used": report["resources"][key],
            "budget": report["budget"][key],
            "share": report["resources"][key] / report["budget"][key],
        }
        for key, name in RESOURCES.items()
    ]


def pair_rows(report: Document, names: Sequence[str]) -> list[Document]:
    """Return the matrix of differing frames, a row for each implementation; ``None``: not compared."""

    def differing(one: str, other: str) -> Any:
        pairs = report["pairs"]
        return pairs.get(f"{one}-{other}", pairs.get(f"{other}-{one}"))

    return [
        {
            "name": NAMES[one],
            "accuracy": report["accuracy"].get(one),
            "cells": [None if one == other else differing(one, other) for other in names],
        }
        for one in names
    ]
