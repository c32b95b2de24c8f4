"""``rbonn simulate --level functional``: every integer of a test set, without cycles."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rbonn_hw.cli.figures import give
from rbonn_hw.cli.terminal import terminal

if TYPE_CHECKING:
    from rbonn_hw.api.simulating import FrameProgress


def run(args: argparse.Namespace, progress: "FrameProgress") -> int:
    """Run the functional level; exit code 0 when all implementations agree, else 1."""
    from rbonn_hw import api
    from rbonn_hw.api.functional import QONNX_FRAMES

    document = api.simulate_functional(
        args.build_dir,
        data=args.data,
        random=args.random,
        frames=args.frames,
        qonnx_frames=QONNX_FRAMES if args.qonnx_frames is None else args.qonnx_frames,
        threads=args.threads,
        seed=args.seed,
        allow_mismatch=True,
        progress=progress,
    ).document
    give(args, document)
    console = terminal()
    for pair, verdict in document["verdicts"].items():
        console.print(f"{pair}: {verdict_text(verdict)}", highlight=False)
    for name, share in document.get("accuracy", {}).items():
        console.print(f"top-1, {name}: {share:.2%} of {document['frames']} (executed)", highlight=False)
    console.print(
        f"{document['frames']} frames, {document['frames_per_second']:,.0f} frames/s "
        f"with {document['instructions']} (measured)",
        highlight=False,
    )
    return 1 if document["mismatches"] else 0


def verdict_text(verdict: Mapping[str, Any]) -> str:
    """Return a pair's verdict as a sentence."""
    text = f"{verdict['frames']} of {verdict['compared']} frames differ"
    if verdict["integers"]:
        text += f", {verdict['integers']} integers"
    if verdict["classes"]:
        text += f"; {verdict['classes']} classes, {verdict['ties']} of them ties"
    if verdict["rounded"]:
        text += f"; {verdict['rounded']} more where the rounding of a float32 sum decides a step"
    if verdict["largest"]:
        text += f"; floats by {verdict['largest']:.2g} at most"
    return text
