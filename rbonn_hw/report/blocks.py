"""Layers in blocks, by their names, and what each block takes of the part."""

import re
from collections.abc import Sequence

from rbonn_hw.results import Document

BUFFERS = ("StreamingFIFO", "StreamingDataWidthConverter", "RbonnFIFO", "RbonnRegister", "RbonnDWC")
"""Kernels that only move data; the page sums them up in one row of their block."""
AREA = ("lut", "ff", "ramb36", "dsp")
SHOWN = 7
"""Blocks that an area stack names; the others are one segment."""


def block_of(name: str) -> str:
    """Return the block of a layer: the first word of its name, with the number behind it.

    A word that is said twice is the path of a module in another (``features_features_1_Conv_mvau``).
    """
    twice = re.match(r"(.+?)_\1_(\d+)", name)
    if twice:
        return f"{twice[1]}_{twice[2]}"
    once = re.match(r"[A-Za-z]+(?:\d+|_\d+)?", name)
    return once[0] if once else name


def block_rows(layers: Sequence[Document]) -> list[Document]:
    """Return one row per block, with the rows of its layers; the one of the slowest layer is marked."""
    slowest = max(layer["estimated_cycles"] for layer in layers)
    members: dict[str, list[Document]] = {}
    for layer in layers:
        members.setdefault(block_of(layer["name"]), []).append(layer)
    return [
        {
            "name": name,
            "layers": layer_rows(within, slowest),
            "estimated_cycles": max(layer["estimated_cycles"] for layer in within),
            "share": max(layer["estimated_cycles"] for layer in within) / slowest,
            "slowest": any(layer["estimated_cycles"] == slowest for layer in within),
            **{key: sum(layer[key] for layer in within) for key in AREA},
        }
        for name, within in members.items()
    ]


def layer_rows(layers: Sequence[Document], slowest: int) -> list[Document]:
    """Return one row per layer, buffers summed in the last; one of ``slowest`` cycles is marked."""
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
        area = {key: sum(layer[key] for layer in buffers) for key in AREA}
        name = f"{len(buffers)} FIFOs and width converters"
        unknown = dict.fromkeys(("pe", "simd", "estimated_cycles"))
        rows.append({"name": name, "kernel": "", **unknown, "slowest": False, **area})
    return rows


def stack(report: Document, key: str) -> list[Document]:
    """Return what fills a resource, largest blocks first: name, used, share of the part, colour 0 .. 9.

    What Yosys counted beside the layers is ``between layers``; the shell is an estimate, where it is known.
    """
    blocks = sorted(block_rows(report["layers"]), key=lambda block: -block[key])
    parts = [(block["name"], block[key]) for block in blocks[:SHOWN]]
    parts.append((f"{len(blocks) - SHOWN} other blocks", sum(block[key] for block in blocks[SHOWN:])))
    inside = sum(block[key] for block in blocks)
    parts.append(("between layers", report["resources"][key] - inside))
    parts.append(("shell (estimated)", report.get("shell", {}).get(key, 0)))
    return [
        {"name": name, "used": used, "share": used / report["budget"][key], "colour": number}
        for number, (name, used) in enumerate(parts)
        if used > 0
    ]
