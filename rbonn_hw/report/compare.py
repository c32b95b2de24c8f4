"""Two builds side by side: every figure of both, and what changed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rbonn_hw.report.blocks import AREA, block_rows
from rbonn_hw.report.page import MEANING, RESOURCES, template
from rbonn_hw.results import Document, Origin

GREATER, SMALLER, NEITHER = 1, -1, 0
"""Which value of a figure is the better one."""
FIGURES = (
    ("frames/s at 100 MHz", "fps_at_100mhz", GREATER),
    ("cycles between frames (II)", "ii_cycles", SMALLER),
    ("first-frame latency (cycles)", "latency_cycles", SMALLER),
    ("frames that differ", "mismatches", SMALLER),
    ("frames compared", "frames", NEITHER),
)


def compare(
    first: tuple[Document, Mapping[str, Origin]], second: tuple[Document, Mapping[str, Origin]]
) -> Document:
    """Return the figures and blocks of two reports (:func:`rbonn_hw.report.collect.join`), row by row."""
    one, origin = first
    other = second[0]
    accuracy = [
        ("top-1, RTL", "accuracy.rtl", *(report["accuracy"].get("rtl") for report in (one, other)), GREATER)
    ]
    plain = [(name, key, one[key], other[key], better) for name, key, better in FIGURES]
    area = [
        (name, f"resources.{key}", one["resources"][key], other["resources"][key], SMALLER)
        for key, name in RESOURCES.items()
    ]
    return {
        "figures": [
            {"name": name, "origin": origin.get(key, ""), **_change(before, after, better)}
            for name, key, before, after, better in (*accuracy, *plain, *area)
        ],
        "blocks": _blocks(one, other),
    }


def _change(before: Any, after: Any, better: int) -> Document:
    """Return both values, their ratio in percent, and whether the second is better, worse or neither."""
    known = before is not None and after is not None
    verdict = ""
    if known and before != after and better != NEITHER:
        verdict = "better" if (after - before) * better > 0 else "worse"
    percent = 100 * (after / before - 1) if known and before else None
    return {"first": before, "second": after, "percent": percent, "verdict": verdict}


def _blocks(one: Document, other: Document) -> list[Document]:
    """Return cycles and area of every block of either build, in the order of the first."""
    rows = [{row["name"]: row for row in block_rows(report["layers"])} for report in (one, other)]
    names = dict.fromkeys([*rows[0], *rows[1]])
    return [
        {
            "name": name,
            **{
                key: [None if name not in side else side[name][key] for side in rows]
                for key in ("estimated_cycles", *AREA)
            },
        }
        for name in names
    ]


def render(comparison: Document, folders: tuple[Path, Path]) -> str:
    """Return the page; ``comparison`` also has ``made`` (:func:`rbonn_hw.report.provenance.provenance`)."""
    return template("compare.html").render(
        report=comparison, meaning=MEANING, folders=[str(folder) for folder in folders]
    )
