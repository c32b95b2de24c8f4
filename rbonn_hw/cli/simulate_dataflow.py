"""``rbonn simulate --level dataflow``: when every beat moves, and what held it up."""

import argparse
from collections.abc import Mapping
from typing import Any

from rbonn_hw.cli.figures import give
from rbonn_hw.cli.terminal import terminal

SHOWN = 5
"""Layers that are listed: those that worked most."""


def run(args: argparse.Namespace) -> int:
    """Simulate the streams."""
    from rbonn_hw import api

    document = api.dataflow(
        args.build_dir,
        frames=args.frames or args.random,
        stall=args.stall,
        seed=args.seed,
        trace=args.trace,
        window=window(args),
    )
    give(args, document)
    console = terminal()
    stages = sorted(document["stages"], key=lambda stage: -stage["busy_cycles"])
    for stage in stages[:SHOWN]:
        console.print(_stage_text(stage), highlight=False)
    fullest = [fifo for fifo in document["fifos"] if fifo["high_water_words"] > fifo["depth_words"]]
    console.print(f"{len(fullest)} of {len(document['fifos'])} FIFOs were full at a time", highlight=False)
    console.print(
        f"{document['frames']} frames, {document['cycles']} cycles: II {document['ii_cycles']}, "
        f"latency {document['latency_cycles']} cycles (simulated, dataflow model)"
    )
    if args.trace is not None:
        console.print(document["timeline"], highlight=False)
    return 0


def window(args: argparse.Namespace) -> tuple[int, int] | None:
    """Return the cycles that are drawn, or None."""
    return None if args.window is None else (args.window[0], args.window[1])


def _stage_text(stage: Mapping[str, Any]) -> str:
    return (
        f"{stage['name']}: {stage['busy_cycles']} cycles busy, {stage['starved_cycles']} starved, "
        f"{stage['blocked_cycles']} blocked"
    )
