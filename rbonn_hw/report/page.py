"""The report as one self-contained HTML page."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from rbonn_hw.report.frames import Sample
from rbonn_hw.report.peers import PART_PREFIX, PEERS
from rbonn_hw.results import Document, Origin

RESOURCES = {"lut": "LUT", "ff": "Flip-flops", "ramb36": "Block RAM (36 kbit)", "dsp": "DSP"}
BUFFERS = ("StreamingFIFO", "StreamingDataWidthConverter", "RbonnFIFO", "RbonnRegister", "RbonnDWC")
"""Kernels that only move data; the page sums them up in one row."""
NAMES = {"pytorch": "PyTorch", "qonnx": "QONNX", "finn": "FINN graph", "rtl": "RTL"}
MEANING: dict[Origin, str] = {
    "executed": "the network was run in software",
    "simulated": "read from the clock-by-clock simulation of the RTL",
    "synthesised": "counted in a netlist that Yosys mapped to the part's cells",
    "estimated": "computed from a formula, nothing was run",
    "measured": "wall time on the machine that made this page",
}


def render(
    report: Document, origin: Mapping[str, Origin], spread: Sequence[Sample], wrong: Sequence[Sample]
) -> str:
    """Return the page.

    Args:
        report: What :func:`rbonn_hw.report.collect.join` returned.
        origin: Origin of the report's figures.
        spread: Frames to show.
        wrong: Wrongly classified frames to show.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = count
    names = [name for name in NAMES if any(name in pair.split("-") for pair in report["pairs"])]
    return environment.get_template("page.html").render(
        report=report,
        origin=origin,
        meaning=MEANING,
        fit=fit(report),
        layers=layer_rows(report["layers"]),
        names=[NAMES[name] for name in names],
        pairs=pair_rows(report, names),
        spread=spread,
        wrong=wrong,
        peers=PEERS if report["part"].startswith(PART_PREFIX) else (),
        latency_us=report["latency_cycles"] / 100,
    )


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


def layer_rows(layers: Sequence[Document]) -> list[Document]:
    """Return one row per layer, buffers summed in the last; the slowest is marked."""
    slowest = max(layer["estimated_cycles"] for layer in layers)
    rows: list[Document] = [
        {
            **layer,
            "share": layer["estimated_cycles"] / slowest,
            "slowest": layer["estimated_cycles"] == slowest,
        }
        for layer in layers
        if layer["kernel"] not in BUFFERS
    ]
    buffers = [layer for layer in layers if layer["kernel"] in BUFFERS]
    if buffers:
        area = {key: sum(layer[key] for layer in buffers) for key in ("lut", "ff", "ramb36", "dsp")}
        name = f"{len(buffers)} FIFOs and width converters"
        rows.append({"name": name, "kernel": "", "pe": None, "simd": None, "estimated_cycles": None, **area})
    return rows


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
